"""What a job is: its options, files and parts; stored in ``_job.json`` of the output folder."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from functools import cached_property
from typing import Any

from window_ner.bulk.formats import InputFormat, OutputFormat
from window_ner.bulk.inputs import InputFile
from window_ner.bulk.options import Options
from window_ner.bulk.parts import Part
from window_ner.bulk.places import Place
from window_ner.data.json_records import encoded
from window_ner.errors import InputError, reason

JOB = "_job.json"
_FORMAT = 1
_NAMED_AT_MOST = 3


@dataclass(frozen=True)
class Job:
    """Everything that determines the bytes of the output.

    Attributes
    ----------
    version
        The version of window-ner.
    options
        The options.
    files
        The files to read.
    columns
        The columns of the files, for Parquet and CSV.
    parts
        The parts, in order.
    """

    version: str
    options: Options
    files: Sequence[InputFile]
    columns: Sequence[str] = ()
    parts: Sequence[Part] = ()

    def as_bytes(self) -> bytes:
        """Return the content of ``_job.json``."""
        numbers = {file.name: number for number, file in enumerate(self.files)}
        stored = {
            "format": _FORMAT,
            "window-ner": self.version,
            "options": asdict(self.options),
            "columns": list(self.columns),
            "inputs": [asdict(file) for file in self.files],
            "parts": [[numbers[part.file], *astuple(part)[2:]] for part in self.parts],
        }
        lines = (f"{json.dumps(key)}: {_dump(value)}" for key, value in stored.items())
        return encoded("{\n" + ",\n".join(lines) + "\n}\n")

    @cached_property
    def key(self) -> str:
        """A hash of the job: two different jobs have different keys."""
        return hashlib.sha256(self.as_bytes()).hexdigest()

    @cached_property
    def _by_name(self) -> dict[str, InputFile]:
        return {file.name: file for file in self.files}

    def input_of(self, part: Part) -> InputFile:
        """Return the file that a part is read from."""
        return self._by_name[part.file]

    def file_of(self, part: Part) -> str:
        """Return the name of a part's file in the output folder."""
        return f"part-{part.number:06}.{self.options.to}"


def _dump(value: Any) -> str:
    """Return JSON with one line for each item of a long list."""
    if isinstance(value, list) and value and not isinstance(value[0], str):
        rows = ",\n  ".join(json.dumps(item, ensure_ascii=False) for item in value)
        return f"[\n  {rows}\n]"
    return json.dumps(value, ensure_ascii=False)


def read_job(output: Place) -> Job | None:
    """Read the job of an output folder; None if it has none.

    Raises
    ------
    InputError
        If its file is damaged, or of a newer version.
    """
    file = output / JOB
    try:
        data = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{file.name}: cannot be read ({reason(error)})") from None
    try:
        stored = json.loads(data)
        if stored["format"] > _FORMAT:
            raise InputError(f"{file.name}: was written by a newer window-ner; upgrade")
        files = [InputFile(**each) for each in stored["inputs"]]
        parts = [
            Part(number, files[of_file].name, *where)
            for number, (of_file, *where) in enumerate(stored["parts"])
        ]
        options = _options(stored["options"])
        return Job(stored["window-ner"], options, files, stored["columns"], parts)
    except InputError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError):
        raise InputError(
            f"{file.name}: is damaged; choose another --output, or replace it with --overwrite"
        ) from None


def _options(stored: dict[str, Any]) -> Options:
    lists = {key: tuple(value) for key, value in stored.items() if isinstance(value, list)}
    kinds = {"kind": InputFormat(stored["kind"]), "to": OutputFormat(stored["to"])}
    return Options(**{**stored, **lists, **kinds})


def differences(old: Job, new: Job) -> list[str]:
    """Return the differences between the job of the output folder and that of the command."""
    return [*_in_version(old, new), *_in_options(old.options, new.options), *_in_files(old, new)]


def _in_version(old: Job, new: Job) -> Iterator[str]:
    if old.version != new.version:
        yield f"window-ner was {old.version} and is {new.version}"


_WORDS = {"kind": "the format of the input", "model": "the model", "names": "the list of --names"}


def _in_options(old: Options, new: Options) -> Iterator[str]:
    for field in fields(Options):
        before, now = getattr(old, field.name), getattr(new, field.name)
        if before == now:
            continue
        if field.name in ("model", "names"):
            yield f"{_WORDS[field.name]} is another"
        else:
            word = _WORDS.get(field.name, "--" + field.name.replace("_", "-"))
            yield f"{word} was {_shown(before)} and is {_shown(now)}"


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return "not given" if value in (None, "") else str(value)


def _in_files(old: Job, new: Job) -> Iterator[str]:
    before = {file.name: file for file in old.files}
    now = {file.name: file for file in new.files}
    yield from _some([name for name in now if name not in before], "is a new input")
    yield from _some([name for name in before if name not in now], "is no longer an input")
    changed = [name for name in now if before.get(name, now[name]) != now[name]]
    yield from _some(changed, "has changed")
    if before == now and list(old.files) != list(new.files):
        yield "the order of the inputs is another"


def _some(names: Sequence[str], what: str) -> Iterator[str]:
    for name in names[:_NAMED_AT_MOST]:
        yield f"{name} {what}"
    if len(names) > _NAMED_AT_MOST:
        yield f"and so {len(names) - _NAMED_AT_MOST:,} more"
