"""Classes with fields that never change, which are fast to import."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field
from typing import Any, NamedTuple, TypeVar, dataclass_transform

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
        cls.__record_arguments__ = _Arguments.of(cls.__dataclass_fields__)  # type: ignore[attr-defined]
        methods: list[Callable[..., Any]] = [_init, _setattr, _delattr]
        if "__repr__" not in vars(cls):
            methods.append(_repr)
        if eq:
            methods += [_eq, _hash]
        for method in methods:
            setattr(cls, f"_{method.__name__}__", method)
        return cls

    return decorate


class _Arguments(NamedTuple):
    """What `_init` needs to know of a class.

    Attributes
    ----------
    names
        The fields that are arguments.
    defaults, factories
        The default values of fields, and the functions that make one.
    total
        The number of fields that get a value.
    """

    names: dict[str, None]
    defaults: dict[str, Any]
    factories: dict[str, Callable[[], Any]]
    total: int

    @classmethod
    def of(cls, fields: Mapping[str, Field[Any]]) -> "_Arguments":
        """Collect them from the fields of a dataclass."""
        names = dict.fromkeys(name for name, field in fields.items() if field.init)
        defaults = {n: field.default for n, field in fields.items() if field.default is not MISSING}
        factories = {
            name: field.default_factory
            for name, field in fields.items()
            if field.default_factory is not MISSING
        }
        return cls(names, defaults, factories, len({*names, *defaults, *factories}))


def _init(self: Any, *args: Any, **named: Any) -> None:
    names, defaults, factories, total = self.__record_arguments__
    given = dict(zip(names, args, strict=False))
    given.update(named)
    if len(given) < len(args) + len(named) or not given.keys() <= names.keys():
        expected = ", ".join(names)
        raise TypeError(f"{type(self).__name__}() takes each of these arguments once: {expected}")
    values = vars(self)
    values.update(defaults)
    values.update(given)
    for name, make in factories.items():
        if name not in given:
            values[name] = make()
    if len(values) < total:
        missing = ", ".join(name for name in names if name not in values)
        raise TypeError(f"{type(self).__name__}() lacks the arguments {missing}")
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
