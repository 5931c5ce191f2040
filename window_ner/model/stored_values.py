"""Checks of the values in the JSON files of a model: right checksums do not make a file right."""

from typing import Any

from window_ner.nn.arrays import LARGEST


def require(condition: bool, what: str) -> None:
    """Refuse a file if a condition does not hold.

    Raises
    ------
    ValueError
        If it does not; ``what`` names the part of the file.
    """
    if not condition:
        raise ValueError(f"its {what} is not what a training writes")


def is_count(value: Any) -> bool:
    """Whether this is a whole number of things."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST


def is_number(value: Any) -> bool:
    """Whether this is a finite number."""
    number = isinstance(value, float | int) and not isinstance(value, bool)
    return number and -LARGEST < value < LARGEST
