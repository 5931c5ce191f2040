"""Receipts: a small file for each finished part, with what was counted and its checksum."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from window_ner.bulk.job import Job
from window_ner.bulk.parts import Part
from window_ner.bulk.places import Place
from window_ner.bulk.streams import BLOCK
from window_ner.data.json_records import encoded

FOLDER = "_parts"


@dataclass(frozen=True)
class Receipt:
    """What is known about a finished part.

    Attributes
    ----------
    job
        The key of its job.
    size, sha256
        Size and checksum of its file.
    rows, tokens, entities
        What is in its file.
    rejected
        The rows that could not be read.
    """

    job: str
    size: int
    sha256: str
    rows: int
    tokens: int
    entities: int
    rejected: tuple[dict[str, Any], ...] = ()

    def as_bytes(self) -> bytes:
        """Return the content of its file."""
        return encoded(json.dumps(asdict(self), ensure_ascii=False) + "\n")


def receipt_place(output: Place, part: Part) -> Place:
    """Return the place of the receipt of a part."""
    return output / FOLDER / f"{part.number:06}.json"


def read_receipt(output: Place, job: Job, part: Part) -> Receipt | None:
    """Read the receipt of a part; None if there is none, it is damaged, or of another job."""
    try:
        stored = json.loads(receipt_place(output, part).read())
        receipt = Receipt(**{**stored, "rejected": tuple(stored["rejected"])})
    except (OSError, ValueError, TypeError, LookupError):
        return None
    return receipt if receipt.job == job.key else None


def finished(output: Place, job: Job, part: Part) -> Receipt | None:
    """Return the receipt of a part if its file is there and has the right bytes, else None."""
    receipt = read_receipt(output, job, part)
    if receipt is None:
        return None
    file = output / job.file_of(part)
    checksum, size = hashlib.sha256(), 0
    try:
        with file.open() as stream:
            while block := stream.read(BLOCK):
                checksum.update(block)
                size += len(block)
    except OSError:
        return None
    return receipt if (size, checksum.hexdigest()) == (receipt.size, receipt.sha256) else None
