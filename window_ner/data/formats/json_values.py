"""The values of a JSON list, or of JSON lines, with the line where each begins."""

import json
from collections.abc import Iterator
from typing import Any

from window_ner.errors import InputError

_SPACES = " \t\r\n"

JsonValue = tuple[str, Any]
"""File and line, and the value."""


def json_values(text: str, name: str) -> Iterator[JsonValue]:
    """Yield the elements of a list, or else values that follow one another, and their places.

    Raises
    ------
    InputError
        If it is not JSON; the message names the line.
    """
    begin = _after_space(text, 0)
    is_list = text.startswith("[", begin)
    position = _after_space(text, begin + is_list)
    line, counted = 1, 0
    while position < len(text) and not (is_list and text[position] == "]"):
        line, counted = line + text.count("\n", counted, position), position
        value, position = _decoded(text, position, name)
        yield f"{name}:{line}", value
        position = _after_space(text, position)
        if is_list:
            if text[position : position + 1] not in (",", "]"):
                raise _broken(text, position, name, "expected , or ] after an element")
            position += text[position] == ","
            position = _after_space(text, position)
    if is_list and position >= len(text):
        raise _broken(text, len(text), name, "the list has no end")
    after = _after_space(text, position + 1)
    if is_list and after < len(text):
        raise _broken(text, after, name, "there is text after the list")


def json_lines(text: str, name: str) -> Iterator[JsonValue]:
    """Yield the value of each line that is not empty, and its place.

    Raises
    ------
    InputError
        If a line is not JSON.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if not (stripped := line.strip(_SPACES)):
            continue
        place = f"{name}:{number}"
        value, end = _decoded(stripped, 0, name, number)
        if end < len(stripped):
            raise InputError(f"{place}: has text after its JSON value; expected an object a line")
        yield place, value


def _after_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACES:
        position += 1
    return position


def _decoded(text: str, position: int, name: str, line: int | None = None) -> tuple[Any, int]:
    """Decode the value at a position; return it and its end."""
    try:
        value, end = _DECODER.raw_decode(text, position)
        if "\\u" in text[position:end]:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        number = line or 1 + text.count("\n", 0, position)
        raise InputError(
            f"{name}:{number}: has half of a surrogate pair, which is no character"
        ) from None
    except RecursionError:
        number = line or 1 + text.count("\n", 0, position)
        raise InputError(f"{name}:{number}: is nested too deeply") from None
    except json.JSONDecodeError as error:
        number = line or error.lineno
        raise InputError(
            f"{name}:{number}: is not JSON ({error.msg} at column {error.colno})"
        ) from None
    except ValueError as error:  # a number with thousands of digits
        number = line or 1 + text.count("\n", 0, position)
        raise InputError(f"{name}:{number}: is not JSON ({error})") from None
    return value, end


_DECODER = json.JSONDecoder()


def _broken(text: str, position: int, name: str, problem: str) -> InputError:
    number = 1 + text.count("\n", 0, position)
    return InputError(f"{name}:{number}: is not JSON ({problem})")
