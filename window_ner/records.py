"""Classes with fields that never change, which are fast to import."""

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field
from typing import Any, TypeVar, dataclass_transform

_Class = TypeVar("_Class", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def record(*, eq: bool = True) -> Callable[[_Class], _Class]:
    """Make a class a frozen dataclass, like ``@dataclass(frozen=True, eq=eq)``.

    For each class, `dataclasses` writes the code of six methods and compiles it, which takes nearly
    a millisecond: for all classes that tagging needs, longer than to load the model. Here all
    classes share the same methods, which look at the fields. `dataclasses.replace`, ``fields`` and
    ``asdict`` work as usual. To make an object takes some microseconds more; so this is for classes
    with few objects.

    Parameters
    ----------
    eq
        Whether objects with equal fields are equal; else each equals only itself.
    """

    def decorate(cls: _Class) -> _Class:
        dataclass(init=False, repr=False, eq=False)(cls)  # finds the fields, compiles nothing
        methods: list[Callable[..., Any]] = [_init, _setattr, _delattr]
        if "__repr__" not in vars(cls):
            methods.append(_repr)
        if eq:
            methods += [_eq, _hash]
        for method in methods:
            setattr(cls, f"_{method.__name__}__", method)
        return cls

    return decorate


def _init(self: Any, *args: Any, **named: Any) -> None:
    fields: dict[str, Field[Any]] = self.__dataclass_fields__
    names = [name for name, of_name in fields.items() if of_name.init]
    values = dict(zip(names, args, strict=False))
    wrong = [name for name in named if name not in names or name in values]
    if wrong or len(args) > len(names):
        what = f"no argument {wrong[0]!r}, or has it twice" if wrong else f"{len(names)} arguments"
        raise TypeError(f"{type(self).__name__}() takes {what}")
    values |= named
    for name, of_name in fields.items():
        if name not in values:
            if of_name.default_factory is not MISSING:
                values[name] = of_name.default_factory()
            elif of_name.default is not MISSING:
                values[name] = of_name.default
            elif of_name.init:
                raise TypeError(f"{type(self).__name__}() lacks the argument {name!r}")
    vars(self).update(values)
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _repr(self: Any) -> str:
    shown = [name for name, of_name in self.__dataclass_fields__.items() if of_name.repr]
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({values})"


def _compared(self: Any) -> tuple[Any, ...]:
    """Return the values of the fields that make two objects equal."""
    fields = self.__dataclass_fields__.items()
    return tuple([getattr(self, name) for name, of_name in fields if of_name.compare])


def _eq(self: Any, other: object) -> bool:
    return _compared(self) == _compared(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _setattr(self: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
