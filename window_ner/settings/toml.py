"""Read configs (configs/*.toml) into settings, and check names and types.

A config is a few tables of settings. A setting that is left out has its default from
`window_ner.settings.tables`. ``--set`` changes one setting by its name, or by table and name if the
name alone is ambiguous.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import numpy as np

from window_ner.errors import InputError
from window_ner.settings.tables import Settings
from window_ner.storage.resources import resource_folder
from window_ner.storage.text import read_text


def config_names() -> list[str]:
    """Return the names of the bundled configs."""
    return sorted(path.stem for path in resource_folder("configs").glob("*.toml"))


Changes = Iterable[str] | Mapping[str, Any]
"""Changes of settings, like ``epochs=20`` or ``{"epochs": 20}``."""


def load_config(name_or_path: str, changes: Changes = ()) -> Settings:
    """Read a config by name or from a file, and apply changes like ``epochs=20``.

    Raises
    ------
    InputError
        If there is no such config, or a setting is invalid or unknown. For an unknown setting, the
        message suggests a similar one.
    """
    import tomllib  # not needed to tag

    path = Path(name_or_path)
    if path.suffix != ".toml":
        if name_or_path not in config_names():
            known = ", ".join(config_names())
            raise InputError(f"no config {name_or_path!r}; known: {known}, or the path of a .toml")
        path = resource_folder("configs") / f"{name_or_path}.toml"
    try:
        tables = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not TOML: {error}") from None
    return change_settings(settings_from(tables, where=str(path)), changes)


def settings_from(tables: Mapping[str, Any], where: str) -> Settings:
    """Validate tables of settings.

    Raises
    ------
    InputError
        See `load_config`.
    """
    settings = Settings()
    for table, values in tables.items():
        if table not in _TABLES:
            near = _nearest(table, _TABLES) or _nearest_setting(table)
            raise InputError(f"{where}: unknown table [{table}]{near}")
        if not isinstance(values, Mapping):
            raise InputError(f"{where}: {table} must be a table: write [{table}]")
        settings = _replace(settings, table, _converted(table, values, where), where)
    return settings


def _types(table: type) -> dict[str, Any]:
    """Return the type of each setting of a table; no annotation there is a string."""
    return {field.name: field.type for field in fields(table)}


_TABLES: dict[str, type] = _types(Settings)


def _converted(table: str, values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Check values against the names and types of a table's settings, and convert them."""
    types = _types(_TABLES[table])
    for key in values:
        if key not in types:
            near = _nearest_setting(key, table)
            raise InputError(f"{where}: unknown setting {table}.{key}{near}")
    return {
        key: _convert(value, types[key], f"{where}: {table}.{key}") for key, value in values.items()
    }


def _replace(settings: Settings, table: str, values: Mapping[str, Any], where: str) -> Settings:
    """Change settings of one table together, because one may depend on another."""
    try:
        changed = replace(getattr(settings, table), **values)
    except ValueError as error:
        raise InputError(f"{where}: {table}.{error}") from None
    return replace(settings, **{table: changed})


_LARGEST = 2**31 - 1
"""No number of anything is larger; arrays of NumPy cannot have every size that Python can write."""

_IN_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def _convert(value: Any, kind: Any, where: str) -> Any:
    """Check a TOML value against the setting's type, and convert it; a list becomes a tuple."""
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        values = value if isinstance(value, list) else [value]
        return tuple(_convert(v, item, where) for v in values)
    if get_origin(kind) is Mapping:
        if not isinstance(value, Mapping):
            raise InputError(f"{where} must be a table, like {{name = 0.9}}; got {value!r}")
        item = get_args(kind)[1]
        return {str(key): _convert(v, item, f"{where}.{key}") for key, v in value.items()}
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise InputError(f"{where} must be one of {', '.join(get_args(kind))}; got {value!r}")
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise InputError(f"{where} must be {_IN_WORDS[kind]}; got {value!r}")
    if kind is int and abs(value) > _LARGEST:
        raise InputError(f"{where} must be at most {_LARGEST:,}; got {value!r}")
    if kind is float and not math.isfinite(value):
        raise InputError(f"{where} must be a finite number; got {value!r}")
    return value


def change_settings(settings: Settings, changes: Changes) -> Settings:
    """Apply changes, as text like ``epochs=20`` or by name; raise InputError as `load_config` does.

    A name that is ambiguous needs its table in front, such as ``fine_tuning.mode``.
    """
    if isinstance(changes, str):
        changes = [changes]
    if isinstance(changes, Mapping):
        given = [(f"{key}={value!r}", str(key), _plain(value)) for key, value in changes.items()]
    else:
        given = [(f"--set {change}", *_parse_change(change)) for change in changes]
    values: dict[str, dict[str, Any]] = {}
    said: dict[str, list[str]] = {}
    for where, key, value in given:
        table, name = _find_setting(key, where)
        values.setdefault(table, {}).update(_converted(table, {name: value}, where))
        said.setdefault(table, []).append(where)
    for table, together in values.items():
        settings = _replace(settings, table, together, " ".join(said[table]))
    return settings


def _plain(value: Any) -> Any:
    """Convert tuples and NumPy arrays to lists, and NumPy numbers to Python numbers, inside too."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _parse_change(change: str) -> tuple[str, Any]:
    """Split ``epochs=20`` into the setting's name and its value."""
    import tomllib

    key, equals, text = change.partition("=")
    if not equals:
        raise InputError(f"--set {change}: expected key=value")
    try:
        (value,) = tomllib.loads(f"value = {text}").values()
    except ValueError:
        value = text.strip()  # a word without quotes; or it has two lines, and is refused
    return key, value


def _find_setting(key: str, where: str) -> tuple[str, str]:
    """Return the table and the name of a setting."""
    table, _, name = key.strip().rpartition(".")
    if not table:
        tables = [t for t, kind in _TABLES.items() if name in _types(kind)]
        if not tables:
            everywhere = [f.name for kind in _TABLES.values() for f in fields(kind)]
            raise InputError(f"{where}: unknown setting {name!r}{_nearest(name, everywhere)}")
        if len(tables) > 1:
            full_names = " or ".join(f"{table}.{name}" for table in tables)
            raise InputError(f"{where}: {name!r} is a setting of two tables; write {full_names}")
        table = tables[0]
    elif table not in _TABLES:
        raise InputError(f"{where}: unknown table {table!r}{_nearest(table, _TABLES)}")
    return table, name


def _nearest_setting(name: str, table: str = "") -> str:
    """Suggest the setting with this name in another table, else one with a similar name."""
    import difflib  # only for errors

    homes = {f.name: f"{t}.{f.name}" for t, kind in _TABLES.items() for f in fields(kind)}
    if name not in homes and table and (near := _nearest(name, _types(_TABLES[table]))):
        return near
    match = difflib.get_close_matches(name, homes, n=1)
    return f"; did you mean {homes[match[0]]}?" if match else ""


def _nearest(word: str, known: Iterable[str]) -> str:
    import difflib

    match = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {match[0]}?" if match else ""
