"""Named arrays as bytes: safetensors, and large tables rounded to a byte a number."""

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
    from safetensors.numpy import save  # only who writes needs it

    # It would write the memory of a transposed array or a part of one as it lies there.
    return bytes(save({name: np.asarray(array, order="C") for name, array in arrays.items()}))


def arrays_from_bytes(data: bytes, name: str) -> dict[str, Floats]:
    """Read named arrays from safetensors.

    The format is eight bytes with the length of a header, the header as JSON, and the numbers. The
    library that writes it takes longer to import than a text takes to tag.

    Raises
    ------
    InputError
        If the bytes are not safetensors, or the numbers of a kind that no model has.
    """
    try:
        begin = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:begin])
        header.pop("__metadata__", None)
        places = [entry["data_offsets"] for entry in header.values()]
        length = max((end for _, end in places), default=0)
        if not length == sum(end - first for first, end in places) == len(data) - begin:
            raise ValueError("its length is not what its header says")
        return {key: _array(data, begin, **entry) for key, entry in header.items()}
    except _MISREADINGS as error:
        raise InputError(f"{name}: is not a safetensors file ({error})") from None


_MISREADINGS = ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError
"""What can come of taking other bytes for a header."""


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
        raise ValueError(f"{shape} is no shape")
    if not 0 <= first <= end <= len(data) - begin or count * kind.itemsize != end - first:
        raise ValueError(f"{dtype} numbers of shape {shape} do not fill bytes {first} to {end}")
    return np.frombuffer(data, kind, count, begin + first).reshape(shape).copy()


_LARGE = 65_536


_SCALE = ".scale"


def compact(
    arrays: Mapping[str, NDArray[Any]], *, exactly: bool = False
) -> dict[str, NDArray[Any]]:
    """Round large tables to a byte a number: each row is a row of integers times one scale.

    A number is off by half a 127th of the largest of its row at most; ``exactly`` takes only the
    tables of which no number changes, as they were rounded before training. See `restore`.
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
    """Round a table; None if it is small, or would change where it should not."""
    large = array.ndim == 2 and array.size >= _LARGE
    if not large or not np.issubdtype(array.dtype, np.floating):
        return None
    if not exactly:
        return round_rows(array)
    if array.dtype != np.float32 or not _is_exact(round_rows(array[:100]), array[:100]):
        return None  # the first rows tell it in nearly no time
    table = round_rows(array)
    return table if _is_exact(table, array) else None


def _is_exact(table: RoundedTable, array: NDArray[Any]) -> bool:
    return np.array_equal(np.asarray(table), array)


def restore(
    arrays: Mapping[str, NDArray[Any]], rounded: Collection[str] = ()
) -> dict[str, NDArray[Any]]:
    """Make float32 tables again of what `compact` made of them.

    Those named in ``rounded`` stay as they are, each a `RoundedTable`, which can be looked up in.

    Raises
    ------
    ValueError
        If a scale is not for the rows of its table.
    """
    restored = {name: array for name, array in arrays.items() if not name.endswith(_SCALE)}
    for name in arrays.keys() - restored.keys():
        own = name.removesuffix(_SCALE)
        table, scale = restored.get(own), arrays[name]
        if table is None or table.ndim != 2 or scale.shape != table.shape[:1]:
            raise ValueError(f"{name} is not for the rows of its table")
        if table.dtype != np.int8 or scale.dtype != np.float16:
            raise ValueError(f"{own} was rounded in another way")
        whole: Any = RoundedTable(table, scale)
        restored[own] = whole if own in rounded else np.asarray(whole)
    return restored
