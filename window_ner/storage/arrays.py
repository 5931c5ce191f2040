"""Named arrays as safetensors; large tables can be rounded to one byte a number."""

import json
import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from window_ner.errors import InputError
from window_ner.nn.arrays import Floats
from window_ner.nn.tables import RoundedTable, round_rows


def arrays_to_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Serialise named arrays as safetensors."""
    from safetensors.numpy import save  # only needed to write

    # save() ignores strides: a transposed or sliced array must be copied first.
    return bytes(save({name: np.asarray(array, order="C") for name, array in arrays.items()}))


def arrays_from_bytes(data: bytes, name: str) -> dict[str, Floats]:
    """Read named arrays from safetensors.

    The format is eight bytes with the length of a header, the header as JSON, and the numbers. It
    is read here because importing the safetensors library takes longer than tagging a text.

    Raises
    ------
    InputError
        If the bytes are not safetensors, or a model cannot have numbers of this type.
    """
    try:
        begin = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:begin])
        header.pop("__metadata__", None)
        places = [entry["data_offsets"] for entry in header.values()]
        length = max((end for _, end in places), default=0)
        if not length == sum(end - first for first, end in places) == len(data) - begin:
            raise ValueError("its length does not match its header")
        return {key: _array(data, begin, **entry) for key, entry in header.items()}
    except _MISREADINGS as error:
        raise InputError(f"{name}: is not a safetensors file ({error})") from None


_MISREADINGS = ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError
"""Errors raised when other bytes are read as a header."""


_DTYPES = {
    **{f"F{8 * size}": f"<f{size}" for size in (2, 4, 8)},
    **{f"I{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"U{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
    "BOOL": "?",
}


def _array(
    data: bytes, begin: int, dtype: str, shape: list[int], data_offsets: list[int]
) -> Floats:
    kind = np.dtype(_DTYPES[dtype])
    first, end = data_offsets
    count = math.prod(shape)
    if min(shape, default=0) < 0:
        raise ValueError(f"{shape} is not a shape")
    if not 0 <= first <= end <= len(data) - begin or count * kind.itemsize != end - first:
        raise ValueError(f"{dtype} numbers of shape {shape} do not fill bytes {first} to {end}")
    return np.frombuffer(data, kind, count, begin + first).reshape(shape).copy()


_LARGE = 65_536


_SCALE = ".scale"


def compact(
    arrays: Mapping[str, NDArray[Any]], *, exactly: bool = False
) -> dict[str, NDArray[Any]]:
    """Round large tables to one byte a number: each row is a row of integers times a scale.

    The error of a number is at most half a 127th of the largest number of its row. ``exactly``
    rounds only tables that do not change, because they were rounded before training. See `restore`.
    """
    compacted: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        table = _compacted(array, exactly=exactly)
        if table is None:
            compacted[name] = array
        else:
            compacted |= {name: table.integers, name + _SCALE: table.scale}
    return compacted


def _compacted(array: NDArray[Any], *, exactly: bool) -> RoundedTable | None:
    """Round a table; None if it is small, or if it would change and ``exactly`` is set."""
    large = array.ndim == 2 and array.size >= _LARGE
    if not large or not np.issubdtype(array.dtype, np.floating):
        return None
    if not exactly:
        return round_rows(array)
    if array.dtype != np.float32 or not _is_exact(round_rows(array[:100]), array[:100]):
        return None  # the first rows show it quickly
    table = round_rows(array)
    return table if _is_exact(table, array) else None


def _is_exact(table: RoundedTable, array: NDArray[Any]) -> bool:
    return np.array_equal(np.asarray(table), array)


def restore(
    arrays: Mapping[str, NDArray[Any]], rounded: Collection[str] = ()
) -> dict[str, NDArray[Any]]:
    """Turn the arrays that `compact` made back into float32 tables.

    Tables named in ``rounded`` become a `RoundedTable` instead, in which rows can be looked up.

    Raises
    ------
    ValueError
        If a scale does not match the rows of its table.
    """
    restored = {name: array for name, array in arrays.items() if not name.endswith(_SCALE)}
    for name in arrays.keys() - restored.keys():
        own = name.removesuffix(_SCALE)
        table, scale = restored.get(own), arrays[name]
        if table is None or table.ndim != 2 or scale.shape != table.shape[:1]:
            raise ValueError(f"{name} does not match the rows of its table")
        if table.dtype != np.int8 or scale.dtype != np.float16:
            raise ValueError(f"{own} was rounded in another way")
        whole: Any = RoundedTable(table, scale)
        restored[own] = whole if own in rounded else np.asarray(whole)
    return restored
