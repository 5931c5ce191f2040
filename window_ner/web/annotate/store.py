"""Keeps the answers in a file: each is on disk before the page says so.

The output is a JSONL file with a line for each answer, which ``train`` reads. A later line about
the same sentence replaces an earlier one, so that writing is only appending: a killed server loses
nothing. `train` takes the later line, too. When the server starts and when it stops, replaced lines
are removed; all other lines keep their bytes.
"""

import contextlib
import json
import logging
import os
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from window_ner.errors import InputError, reason
from window_ner.storage.atomic import wait_for_disk, wait_for_folder, write_bytes
from window_ner.storage.locks import locked
from window_ner.storage.places import LOCK, beside, real_path
from window_ner.web.annotate.answers import Answer, Example, Item, Mark, Status, tagged
from window_ner.web.annotate.lines import Record, is_cut, line_of, parsed

_LOG = logging.getLogger("window_ner.web")


class _FileState(NamedTuple):
    """What tells whether another program has written to a file."""

    inode: int
    size: int
    changed: int


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
        self._lines: dict[int, bytes] = {}  # the line of each sentence, the last answered last
        self._unmatched_lines: list[bytes] = []  # about sentences that are not in the input
        self._left: _FileState | None = None  # the file as this server left it

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
                if self.path.exists() and not self.path.is_file():  # to read a pipe would wait
                    raise InputError(f"{self.path}: is no regular file; choose another --output")
                real_path(self.path).parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(beside(self.path, LOCK), wait=False))
                self._read()
                self._tidy()
                self._left = self._file_state()
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
                    self._tidy_at_end()

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
        line = line_of(self.items[number], stored, self.labels)
        self._append(line + b"\n")
        self.answers[number] = stored
        self._keep_line(number, line)
        return stored

    def _append(self, line: bytes) -> None:
        before = self._file_state()
        if is_changed := before != self._left:
            line = b"\n" + line  # the other program may have ended the file within a line
        try:
            with self.path.open("ab") as file:
                file.write(line)
                wait_for_disk(file)
            if before is None:
                wait_for_folder(real_path(self.path).parent)
        except OSError:  # on a full disk, a part of the line may be in the file
            with contextlib.suppress(OSError):
                os.truncate(self.path, before.size if before else 0)
            raise
        finally:
            if not is_changed:
                self._left = self._file_state()

    def _file_state(self) -> _FileState | None:
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return None
        return _FileState(stat.st_ino, stat.st_size, stat.st_mtime_ns)

    def version(self, number: int) -> int:
        """Return how often a sentence was answered."""
        return self.answers[number].version if number in self.answers else 0

    def count(self, status: Status) -> int:
        """Count the answers of a kind."""
        return sum(answer.status == status for answer in self.answers.values())

    def last_answered(self, count: int) -> list[Item]:
        """Return the sentences that were answered last, the last one last."""
        numbers = [number for number in self._lines if number in self.answers]
        return [self.items[number] for number in numbers[-count:]]

    def examples(self) -> list[Example]:
        """Return what a model can learn from: all answers but the skipped sentences."""
        return [
            Example(
                number,
                tagged(self.items[number], answer.marks),
                answer.status == "complete",
                answer.picked in ("random", "order"),
                answer.annotated,
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

    def _read(self) -> None:
        """Read the file; its last line may be cut, if the server was killed while it wrote."""
        if not self.path.exists():
            return
        # A BOM, which some editors write, would be in the way when its line moves down.
        lines = self.path.read_bytes().removeprefix(BOM_UTF8).split(b"\n")
        if is_cut(lines[-1]):
            lines.pop()
        records = {n: self._parsed(line, n) for n, line in enumerate(lines, 1) if line.strip()}
        numbers = self._numbers_of(list(records.values()))
        for (line_number, record), number in zip(records.items(), numbers, strict=True):
            try:
                self._remember(record, number)
            except InputError as error:
                raise InputError(f"{self.path}:{line_number}: {error}") from None

    def _parsed(self, line: bytes, number: int) -> Record:
        try:
            return parsed(line, self.labels)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            raise InputError(
                f"{self.path}:{number}: is no answer of window-ner annotate; correct this line, or "
                "choose another --output"
            ) from None

    def _remember(self, record: Record, number: int | None) -> None:
        if number is None:
            self._unmatched_lines.append(record.line)
            return
        self._keep_line(number, record.line)
        answer = record.answer
        if others := {mark.label for mark in answer.marks} - set(self.labels):
            advice = "add it to --labels, or choose another --output"
            raise InputError(f"has the label {min(others)}; {advice}")
        with contextlib.suppress(InputError):  # its names are not whole words
            if record.has_right_offsets:
                marks = self._checked(self.items[number], answer.marks)
                self.answers[number] = replace(answer, marks=marks)
                return
        self.answers.pop(number, None)  # the line stays until the person answers anew

    def _keep_line(self, number: int, line: bytes) -> None:
        self._lines.pop(number, None)
        self._lines[number] = line

    def _numbers_of(self, records: Sequence[Record]) -> list[int | None]:
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

    def _with_source(self, record: Record) -> int | None:
        numbers = self._by_text.get(record.text, ())
        return next((n for n in numbers if self.items[n].source == record.source), None)

    def _tidy(self) -> None:
        """Write the file anew without replaced answers; a reader sees the old or the new file."""
        if not self.path.exists():
            return
        lines = [*self._unmatched_lines, *self._lines.values()]
        content = b"".join(line + b"\n" for line in lines)
        if self.path.read_bytes() != content:
            write_bytes(self.path, content, durable=True)

    def _tidy_at_end(self) -> None:
        if self._file_state() == self._left:
            self._tidy()
        else:
            _LOG.warning(
                "%s: another program has changed this file; it has those changes and the answers "
                "that you gave after them; of two answers to a sentence the later one counts",
                self.path,
            )
