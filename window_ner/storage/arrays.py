"""Named arrays as safetensors; large tables can be rounded to a byte, or half, for each number."""

import json
import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from window_ner.errors import InputError
from window_ner.nn.arrays import Floats
from window_ner.nn.coded_table import LEVELS, CodedTable, code_rows, has_few_values
from window_ner.nn.tables import RoundedTable, Table, round_rows


def arrays_to_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Serialise named arrays as safetensors."""
    from safetensors.numpy import save  # only needed to write

    # save() ignores strides: a transposed or sliced array must be copied first.
    return bytes(save({name: np.asarray(array, order="C") for name, array in arrays.items()}))


def arrays_from_bytes(data: bytes, name: str) -> dict[str, Floats]:
    """Read named arrays from safetensors.

    The format is eight bytes with the length of a header, the header as JSON, and the numbers. It
    is read here because importing the safetensors library takes longer than tagging a text. If most
    of the file is codes of tables, which are bytes and never change, these are views of ``data``.

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
        found = {key: _array(data, begin, **entry) for key, entry in header.items()}
    except _MISREADINGS as error:
        raise InputError(f"{name}: is not a safetensors file ({error})") from None
    codes = sum(array.nbytes for array in found.values() if array.itemsize == 1)
    views = 2 * codes > len(data)  # else they would keep all the other numbers in memory
    return {
        key: array if views and array.itemsize == 1 else array.copy()
        for key, array in found.items()
    }


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
    return np.frombuffer(data, kind, count, begin + first).reshape(shape)


_LARGE = 65_536
"""A table with fewer numbers is never rounded: that would save little."""

_SCALE, _LEVELS = ".scale", ".levels"
"""Endings of the names of the second array: of a `RoundedTable`, and of a `CodedTable`. No other
array may have a name that ends so."""


def compact(
    arrays: Mapping[str, NDArray[Any] | Table],
    *,
    exactly: bool = False,
    vectors: Collection[str] = (),
) -> dict[str, NDArray[Any]]:
    """Round large tables: each row to integers of a byte times a scale.

    Tables of word vectors, which are named in ``vectors``, are rounded to half a byte for each
    number: `window_ner.nn.coded_table`. ``exactly`` rounds only tables that this does not change,
    because they were rounded before. A `CodedTable` stays as it is. See `restore`.
    """
    compacted: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        table = (
            array
            if isinstance(array, CodedTable)
            else _compacted(np.asarray(array), exactly=exactly, is_vectors=name in vectors)
        )
        if isinstance(table, RoundedTable):
            compacted |= {name: table.integers, name + _SCALE: table.scale}
        elif isinstance(table, CodedTable):
            compacted |= {name: table.codes, name + _LEVELS: table.levels}
        else:
            compacted[name] = np.asarray(array)
    return compacted


def _compacted(array: NDArray[Any], *, exactly: bool, is_vectors: bool) -> Table | None:
    """Round a table; None if it is small, or if it would change and ``exactly`` is set."""
    large = array.ndim == 2 and array.size >= _LARGE
    if not large or not np.issubdtype(array.dtype, np.floating):
        return None
    if not exactly:
        return code_rows(array) if is_vectors else round_rows(array)
    if array.dtype != np.float32:
        return None
    if is_vectors and has_few_values(array):
        return code_rows(array)
    if not _is_exact(round_rows(array[:100]), array[:100]):
        return None  # the first rows show it quickly
    table = round_rows(array)
    return table if _is_exact(table, array) else None


def _is_exact(table: RoundedTable, array: NDArray[Any]) -> bool:
    return np.array_equal(np.asarray(table), array)


def restore(
    arrays: Mapping[str, NDArray[Any]], rounded: Collection[str] = ()
) -> dict[str, NDArray[Any]]:
    """Turn the arrays that `compact` made back into float32 tables.

    Tables named in ``rounded`` become a `Table` instead, in which rows can be looked up.

    Raises
    ------
    ValueError
        If the second array of a table does not match it.
    """
    read = {_SCALE: _rounded, _LEVELS: _coded}
    restored = {name: array for name, array in arrays.items() if not name.endswith(tuple(read))}
    for name in arrays.keys() - restored.keys():
        own, _, ending = name.rpartition(".")
        if own not in restored or restored[own].ndim != 2:
            raise ValueError(f"{name} has no table")
        whole: Any = read["." + ending](own, restored[own], arrays[name])
        restored[own] = whole if own in rounded else np.asarray(whole)
    return restored


def _rounded(name: str, integers: NDArray[Any], scale: NDArray[Any]) -> RoundedTable:
    if integers.dtype != np.int8 or scale.dtype != np.float16:
        raise ValueError(f"{name} was rounded in another way")
    if scale.shape != integers.shape[:1]:
        raise ValueError(f"{name}{_SCALE} does not match the rows of its table")
    return RoundedTable(integers, scale)


def _coded(name: str, codes: NDArray[Any], levels: NDArray[Any]) -> CodedTable:
    if codes.dtype != np.uint8 or levels.dtype != np.float32:
        raise ValueError(f"{name} was rounded in another way")
    columns = 2 * codes.shape[1]
    if levels.shape not in ((columns, LEVELS), (columns - 1, LEVELS)):
        raise ValueError(f"{name}{_LEVELS} does not match the columns of its table")
    return CodedTable(codes, levels)
