"""JSON lines: one object with a text in each line."""

import json
import math
from typing import Any

from window_ner.errors import InputError

_HINT = "rename the key of the text, or name it: window-ner bulk --column"


def read_object(line: str) -> dict[str, Any]:
    """Read a line with a JSON object.

    Raises
    ------
    InputError
        If it is something else; the message does not say where the line is.
    """
    try:
        found: Any = json.loads(line)
        if "\\u" in line:
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InputError("has half of a surrogate pair, which is no character") from None
    except RecursionError:
        raise InputError("is nested too deeply") from None
    except ValueError as error:
        raise InputError(f"is not JSON ({error}); expected an object a line") from None
    if not isinstance(found, dict):
        raise InputError('is not an object; expected {"text": …}')
    return found


def dump(value: Any, indent: int | None = None) -> str:
    """Write JSON. It has no NaN and no infinity, which Python reads, so they become null."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, indent=indent)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def encoded(json_text: str) -> bytes:
    """Encode JSON in UTF-8; bytes of a file's name that are not UTF-8 become escapes of JSON."""
    return json_text.encode("utf-8", "backslashreplace")


def text_of(record: dict[str, Any], key: str = "text") -> str:
    """Return the text of an object.

    Raises
    ------
    InputError
        If it has none; the message lists its keys, and does not say where the line is.
    """
    if key not in record:
        keys = ", ".join(json.dumps(key, ensure_ascii=False) for key in record)
        raise InputError(f'has no "{key}"' + (f", only {keys}; {_HINT}" if keys else ""))
    text = record[key]
    if not isinstance(text, str):
        raise InputError(f'"{key}" is not a string')
    return text
