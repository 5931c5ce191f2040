"""Keeps the answers in a file: each is on disk before the page says so.

The output is a JSONL file with a line for each answer, which ``train`` reads. A later line about
the same sentence replaces an earlier one, so that writing is only appending: a killed server loses
nothing. `train` takes the later line, too. When the server starts and when it stops, replaced lines
are removed.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from window_ner.errors import InputError, reason
from window_ner.storage.atomic import replacing, wait_for_disk, wait_for_folder
from window_ner.storage.locks import locked
from window_ner.storage.places import LOCK, beside
from window_ner.web.annotate.answers import Answer, Example, Item, Mark, Status, tagged

_BEGINNING = b'{"text": "'
"""The first bytes of the line of an answer."""


class _Record(NamedTuple):
    """A line of the file."""

    line: bytes
    text: str
    source: object
    answer: Answer


class ConflictError(Exception):
    """The sentence was answered elsewhere meanwhile, such as in another tab."""


class Store:
    """The sentences and their answers; only one server has the file open."""

    def __init__(self, items: Sequence[Item], labels: Sequence[str], path: Path) -> None:
        self.items = items
        self.labels = tuple(labels)
        self.path = path
        self.answers: dict[int, Answer] = {}
        self._by_text: dict[str, list[int]] = {}
        for item in items:
            self._by_text.setdefault(item.text, []).append(item.number)
        self._others: list[bytes] = []  # lines about sentences that are not in the input

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Read the answers and keep other servers out of the file.

        Raises
        ------
        InputError
            If another server has the file, it cannot be written, or has something else in it.
        """
        with contextlib.ExitStack() as stack:
            try:
                self.path.resolve().parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(beside(self.path, LOCK), wait=False))
                self._read()
                self._tidy()
            except BlockingIOError:
                raise InputError(
                    f"{self.path}: another window-ner annotate has this file open; use its page, "
                    "or another --output"
                ) from None
            except OSError as error:
                raise InputError(f"{self.path}: cannot be written ({reason(error)})") from None
            try:
                yield
            finally:
                with contextlib.suppress(OSError):  # all answers are in the file, tidy or not
                    self._tidy()

    def answer(self, number: int, given: Answer) -> Answer:
        """Store an answer; it is on disk when this returns.

        Parameters
        ----------
        given
            The answer; its version is the one that the person saw.

        Raises
        ------
        ConflictError
            If the sentence has a newer version.
        InputError
            If a name is not made of whole words, overlaps with another, or has another label.
        OSError
            If the answer cannot be written. The file is as it was before.
        """
        if given.version != self.version(number):
            raise ConflictError("this sentence was answered elsewhere meanwhile; it is shown anew")
        marks = self._checked(self.items[number], given.marks)
        picked = self.answers.get(number, given).picked  # a correction keeps the first reason
        stored = replace(given, marks=marks, version=given.version + 1, picked=picked)
        self._append(self._line(number, stored))
        self.answers[number] = stored
        return stored

    def _append(self, line: bytes) -> None:
        is_new = not self.path.exists()
        size = 0 if is_new else self.path.stat().st_size
        try:
            with self.path.open("ab") as file:
                file.write(line)
                wait_for_disk(file)
            if is_new:
                wait_for_folder(self.path.resolve().parent)
        except OSError:  # on a full disk, a part of the line may be in the file
            with contextlib.suppress(OSError):
                os.truncate(self.path, size)
            raise

    def version(self, number: int) -> int:
        """Return how often a sentence was answered."""
        return self.answers[number].version if number in self.answers else 0

    def count(self, status: Status) -> int:
        """Count the answers of a kind."""
        return sum(answer.status == status for answer in self.answers.values())

    def examples(self) -> list[Example]:
        """Return what a model can learn from: all answers but the skipped sentences."""
        return [
            Example(
                number,
                tagged(self.items[number], answer.marks),
                answer.status == "complete",
                answer.picked in ("random", "order"),
            )
            for number, answer in sorted(self.answers.items())
            if answer.status != "skipped"
        ]

    def _checked(self, item: Item, marks: Sequence[Mark]) -> tuple[Mark, ...]:
        ordered = tuple(sorted(marks, key=lambda mark: mark.start))
        starts, ends = set(item.tokenized.starts), set(item.tokenized.ends)
        end = 0
        for mark in ordered:
            if mark.label not in self.labels:
                raise InputError(f"there is no label {mark.label!r:.60}")
            if mark.start not in starts or mark.end not in ends or mark.end <= mark.start:
                raise InputError(f"{mark.start} to {mark.end} are not whole words")
            if mark.start < end:
                raise InputError(f"the name at {mark.start} overlaps with the one before it")
            end = mark.end
        return ordered

    def _line(self, number: int, answer: Answer) -> bytes:
        item = self.items[number]
        text = item.text
        record = {
            "text": text,
            "entities": [
                {"text": text[m.start : m.end], "label": m.label, "start": m.start, "end": m.end}
                for m in answer.marks
            ],
            "answer": "ignore" if answer.status == "skipped" else "accept",
            "complete": answer.status == "complete",
            "picked": answer.picked,
            "version": answer.version,
            "source": item.source,
        }
        return json.dumps(record, ensure_ascii=False).encode() + b"\n"

    def _read(self) -> None:
        """Read the file; its last line may be cut, if the server was killed while it wrote."""
        if not self.path.exists():
            return
        lines = self.path.read_bytes().split(b"\n")
        if _is_cut(lines[-1]):
            lines.pop()
        records = {n: self._parsed(line, n) for n, line in enumerate(lines, 1) if line.strip()}
        numbers = self._numbers_of(list(records.values()))
        for (line_number, record), number in zip(records.items(), numbers, strict=True):
            try:
                self._remember(record, number)
            except InputError as error:
                raise InputError(f"{self.path}:{line_number}: {error}") from None

    def _parsed(self, line: bytes, number: int) -> _Record:
        try:
            return _parsed(line)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            raise InputError(
                f"{self.path}:{number}: is no answer of window-ner annotate; choose another "
                "--output"
            ) from None

    def _remember(self, record: _Record, number: int | None) -> None:
        if number is None:
            self._others.append(record.line)
            return
        answer = record.answer
        if others := {mark.label for mark in answer.marks} - set(self.labels):
            advice = "add it to --labels, or choose another --output"
            raise InputError(f"has the label {min(others)}; {advice}")
        try:
            checked = self._checked(self.items[number], answer.marks)
        except InputError:  # not of whole words; kept as it is
            self._others.append(record.line)
            return
        self.answers[number] = replace(answer, marks=checked)

    def _numbers_of(self, records: Sequence[_Record]) -> list[int | None]:
        """Find the sentence of each line of the file: by its source, else by its text.

        The source is another if the input has another path now. A sentence that the text has twice
        then gets both answers.
        """
        numbers = [self._with_source(record) for record in records]
        taken = set(numbers)
        moved: dict[tuple[str, str], int | None] = {}  # text and source in the file -> number now
        for i, record in enumerate(records):
            if numbers[i] is None:
                key = record.text, json.dumps(record.source, sort_keys=True)
                if key not in moved:
                    free = (n for n in self._by_text.get(record.text, ()) if n not in taken)
                    moved[key] = next(free, None)
                    taken.add(moved[key])
                numbers[i] = moved[key]
        return numbers

    def _with_source(self, record: _Record) -> int | None:
        numbers = self._by_text.get(record.text, ())
        return next((n for n in numbers if self.items[n].source == record.source), None)

    def _tidy(self) -> None:
        """Write the file anew without replaced answers; a reader sees the old or the new file."""
        if not self.path.exists():
            return
        others = [line + b"\n" for line in self._others]
        mine = [self._line(number, answer) for number, answer in self.answers.items()]
        content = b"".join([*others, *mine])
        if self.path.read_bytes() == content:
            return
        with replacing(self.path, durable=True) as file:
            file.write(content)


def _parsed(line: bytes) -> _Record:
    """Read a line; one of another tool may lack what only `Store` writes."""
    record = json.loads(line)
    is_skipped = record.get("answer", "accept") != "accept"
    is_complete = record.get("complete", True)
    status: Status = "skipped" if is_skipped else "complete" if is_complete else "partial"
    marks = [Mark(int(e["start"]), int(e["end"]), str(e["label"])) for e in record["entities"]]
    version, picked = int(record.get("version", 1)), str(record.get("picked", "order"))
    answer = Answer(status, tuple(marks), version, picked)
    return _Record(line, str(record["text"]), record.get("source"), answer)


def _is_cut(line: bytes) -> bool:
    """Whether the line is the beginning of an answer; a file of something else has another one."""
    if not line or line[: len(_BEGINNING)] != _BEGINNING[: len(line)]:
        return False
    try:
        json.loads(line)
    except ValueError:
        return True
    return False
