"""Names in the texts of Arrow tables, for engines that pass data as Arrow, such as Spark and Ray.

>>> import pyarrow as pa
>>> from window_ner.arrow import tag_table
>>> table = tag_table(pa.table({"text": ["Ann Lee left Oslo.", None]}))
>>> [[entity["text"] for entity in row] if row else row for row in table["entities"].to_pylist()]
[['Ann Lee', 'Oslo'], None]
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar

import numpy as np

try:
    import pyarrow as pa
except ModuleNotFoundError as error:
    raise ImportError("window_ner.arrow needs pyarrow: pip install 'window-ner[bulk]'") from error

import window_ner
from window_ner.data.name_list import NameList, refuse_no_list
from window_ner.errors import InputError
from window_ner.model.entity import Entity, check_labels, check_min_score
from window_ner.model.stream import batches
from window_ner.model.tagger import Tagger

_ROWS_AT_ONCE = 256
"""The most texts to tag together: as many as `Tagger.pipe` takes."""

_ROWS_OF_A_CHUNK = 4096
"""Rows that become Python strings together."""

_Table = TypeVar("_Table", pa.Table, pa.RecordBatch)


@dataclass(frozen=True)
class TextFinder:
    """Finds the names in many texts, each a document of its own.

    Attributes
    ----------
    tagger
        The tagger.
    names
        A list of names that are found exactly; see `Tagger.__call__`.
    labels
        Keep only entities with these labels; None keeps all.
    min_score
        Leave out entities whose score, rounded to four decimals, is lower.
    """

    tagger: Tagger
    names: NameList | None = None
    labels: Collection[str] | None = None
    min_score: float = 0.0

    @property
    def with_source(self) -> bool:
        """Whether entities say if the model or the list found them."""
        return self.names is not None

    def find(self, texts: Sequence[str | None]) -> "Found":
        """Find the names in texts; memory is bounded unless one text is very long."""
        found: list[list[Entity]] = []
        tokens = 0
        for _, batch in batches((t for t in texts if t is not None), _ROWS_AT_ONCE):
            entities, count = self.tagger.counted_entities_of(batch, names=self.names)
            found += map(self._kept, entities)
            tokens += count
        of_text = iter(found)
        return Found([t if t is None else next(of_text) for t in texts], tokens, self.with_source)

    def _kept(self, entities: list[Entity]) -> list[Entity]:
        return [
            entity
            for entity in entities
            if (self.labels is None or entity.label in self.labels)
            and (self.min_score <= 0 or round(entity.score, 4) >= self.min_score)
        ]


@dataclass(frozen=True)
class Found:
    """The entities of texts.

    Attributes
    ----------
    entities
        The entities of each text, from left to right; None for a text that is null.
    tokens
        The number of tokens of all texts.
    with_source
        Whether `array` says if the model or the list found an entity.
    """

    entities: Sequence[list[Entity] | None]
    tokens: int
    with_source: bool = False

    def array(self) -> pa.ListArray:
        """Return the entities as an Arrow array of `entities_type`, one list a text.

        It is built from one array for each field and the offsets of the texts in them.
        """
        all_entities = list(chain.from_iterable(filter(None, self.entities)))
        kind = entities_type(with_source=self.with_source)
        columns = dict(zip(Entity._fields, zip(*all_entities, strict=True), strict=False))
        fields = [pa.array(columns.get(field.name, ()), field.type) for field in kind.value_type]
        counts = [len(of_one) if of_one else 0 for of_one in self.entities]
        offsets = np.zeros(len(counts) + 1, np.int32)
        np.cumsum(counts, out=offsets[1:])
        is_null = np.array([of_one is None for of_one in self.entities], bool)
        return pa.ListArray.from_arrays(
            pa.array(offsets),
            pa.StructArray.from_arrays(fields, fields=list(kind.value_type)),
            type=kind,
            mask=pa.array(is_null),
        )


def entities_type(*, with_source: bool = False) -> pa.ListType:
    """Return the type of a column of entities.

    ``start`` and ``end`` count characters (Unicode code points) of the text, from 0. With
    ``with_source``, the field ``source`` is "model" or "list".
    """
    fields = [
        ("text", pa.string()),
        ("label", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("score", pa.float64()),
    ]
    return pa.list_(pa.struct([*fields, *([("source", pa.string())] if with_source else [])]))


def tag_table(
    table: _Table,
    column: str = "text",
    *,
    tagger: Tagger | None = None,
    names: NameList | None = None,
    labels: Collection[str] | None = None,
    min_score: float = 0.0,
    output: str = "entities",
) -> _Table:
    """Append a column with the names in each text.

    Each text is a document of its own, so the entities do not depend on the other rows or on how
    the table is sliced; they are those of `Tagger.pipe`.

    Parameters
    ----------
    table
        A table, or a record batch. The column of texts may be string, large_string, string_view,
        or a dictionary of these.
    column
        The column of texts.
    tagger
        The tagger; None loads the bundled model, once in a process.
    names
        A list of names that are found exactly. Entities then have the field ``source``.
    labels
        Keep only entities with these labels.
    min_score
        Leave out entities with a lower score, rounded to four decimals.
    output
        The new column.

    Returns
    -------
    The table with a column of `entities_type`. It is null where the text is null.

    Raises
    ------
    InputError
        If there is no such column, it is not text, the new column exists already, a text is not
        UTF-8, or another argument is wrong.
    """
    if isinstance(labels, str):
        raise InputError(f"labels is the string {labels!r}; give a list, like [{labels!r}]")
    if not isinstance(table, pa.Table | pa.RecordBatch):
        raise InputError(
            f"expected a pyarrow table, got {type(table).__name__}; for a data frame of pandas or "
            "Polars, give pyarrow.table(frame)"
        )
    check_min_score(min_score)
    if names is not None:
        refuse_no_list(names)
    check_text_column(table.schema, column)
    if output in table.schema.names:
        raise InputError(f"the table already has a column {output!r}; choose another output")
    chosen: Tagger = tagger or _bundled()
    kept = None if labels is None else frozenset(labels)
    check_labels(sorted(kept or ()), [*chosen.labels, *(names.labels if names else ())])
    finder = TextFinder(chosen, names, kept, min_score)
    kind = entities_type(with_source=finder.with_source)
    arrays = [finder.find(strings(part)).array() for part in _parts(table[column])]
    if isinstance(table, pa.RecordBatch):
        return table.append_column(
            output, pa.concat_arrays(arrays) if arrays else pa.array([], kind)
        )
    return table.append_column(pa.field(output, kind), pa.chunked_array(arrays, kind))


@lru_cache(1)
def _bundled() -> Tagger:
    return window_ner.load()


def check_text_column(schema: pa.Schema, column: str) -> None:
    """Check that a table has a column of texts.

    Raises
    ------
    InputError
        If there is no such column, two, or it is not text; the message lists the columns.
    """
    count = schema.names.count(column)
    if count != 1:
        problem = "is no column" if count == 0 else f"are {count} columns"
        listed = ", ".join(map(repr, schema.names)) or "none"
        raise InputError(f"there {problem} {column!r}; the columns are: {listed}")
    kind = schema.field(column).type
    if not is_text(kind):
        raise InputError(f"column {column!r} is {kind}, not text; cast it to string")


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type has texts, or nothing but nulls."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return any(
        test(kind)
        for test in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_string_view,
            pa.types.is_null,
        )
    )


def strings(texts: pa.Array) -> list[str | None]:
    """Return a text column, or a part of it, as Python strings; null is None.

    Raises
    ------
    InputError
        If a text is not UTF-8.
    """
    if pa.types.is_dictionary(texts.type):
        texts = texts.dictionary_decode()
    try:
        found: list[str | None] = texts.to_pylist()
    except UnicodeDecodeError as error:
        raise InputError(f"a text is not UTF-8 ({error})") from None
    return found


def _parts(column: Any) -> Iterator[pa.Array]:
    """Cut a column into arrays of a few thousand rows, without copying."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    for chunk in chunks:
        for start in range(0, len(chunk), _ROWS_OF_A_CHUNK):
            yield chunk.slice(start, _ROWS_OF_A_CHUNK)
