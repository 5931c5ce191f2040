"""Checks of settings."""

from collections.abc import Iterable
from typing import Any


def require(condition: bool, name: str, value: Any, expected: str) -> None:
    """Raise a ValueError that names the setting, what it must be and what it is."""
    if not condition:
        raise ValueError(f"{name} must be {expected}; got {value!r}")


def require_at_least(least: int, settings: Any, names: Iterable[str], expected: str) -> None:
    """Require that some settings of a table are not too small."""
    for name in names:
        value = getattr(settings, name)
        require(value >= least, name, value, expected)


def require_known(name: str, value: str, known: Iterable[str]) -> None:
    """Require that a setting is one of the known names."""
    if value not in known:
        raise ValueError(f"{name}: unknown {value!r}; known: {', '.join(known)}")
