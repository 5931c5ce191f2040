"""Checks the names of a text: their offsets, their labels, and whether they overlap."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from window_ner.data.formats.notes import RENAMED, SPACES, TWICE, UTF_16, Notes
from window_ner.errors import InputError


class RawMention(NamedTuple):
    """A name as a file gives it; each value can have any type.

    ``text`` is what the file says that the name is, or None.
    """

    start: Any
    end: Any
    label: Any
    text: Any = None


class Mention(NamedTuple):
    """A name: characters ``start`` to ``end - 1`` of a text, which begin and end with no space."""

    start: int
    end: int
    label: str


def checked_mentions(
    text: str, given: Iterable[RawMention], place: str, notes: Notes
) -> tuple[Mention, ...]:
    """Check the names of a text and return them from left to right.

    Spaces at both ends of a name and repetitions are left out; ``notes`` counts them.

    Parameters
    ----------
    place
        The file and the line, for messages.

    Raises
    ------
    InputError
        If an offset is not an integer or not in the text, a name is blank or differs from the text,
        a label is missing, or names overlap.
    """
    given = list(given)
    for mention in given:
        _check_types(mention, place)
    given = _in_characters(text, given, place, notes)
    found: set[Mention] = set()
    for mention in given:
        name = text[mention.start : mention.end]
        start = mention.start + len(name) - len(name.lstrip())
        label = checked_label(mention.label, place, notes)
        clean = Mention(start, start + len(name.strip()), label)
        if len(name.strip()) < len(name):
            notes.add(SPACES, place, name)
        if clean in found:
            notes.add(TWICE, place, name)
        found.add(clean)
    mentions = tuple(sorted(found))
    for one, other in pairwise(mentions):
        if other.start < one.end:
            raise InputError(
                f"{place}: {_shown(text, one)} and {_shown(text, other)} overlap; keep one of them"
            )
    return mentions


def _shown(text: str, mention: Mention) -> str:
    start, end, label = mention
    return f"{text[start:end]!r} ({label}, {start} to {end})"


def _check_types(mention: RawMention, place: str) -> None:
    for offset in (mention.start, mention.end):
        if not isinstance(offset, int) or isinstance(offset, bool):
            raise InputError(f"{place}: {offset!r} is not an offset; expected an integer")
    if mention.text is not None and not isinstance(mention.text, str):
        raise InputError(f"{place}: the text of a name is {mention.text!r}; expected a string")


def checked_label(label: Any, place: str, notes: Notes) -> str:
    """Return a label with _ in place of spaces and commas."""
    if not isinstance(label, str):
        raise InputError(f"{place}: {label!r} is not a label; expected a string like 'PER'")
    written = in_one_word(label)
    if not written:
        raise InputError(f"{place}: a name has an empty label")
    if written != label.strip():
        notes.add(RENAMED, place, label)
    return written


def in_one_word(label: str) -> str:
    """Put _ in place of spaces, which separate columns, and commas, which separate labels."""
    return "_".join(label.replace(",", " ").split())


def _in_characters(
    text: str, given: Sequence[RawMention], place: str, notes: Notes
) -> Sequence[RawMention]:
    """Check that offsets fit the text, and convert offsets that count UTF-16 units.

    JavaScript counts these units: two for an emoji. They are converted only if the file also says
    what each name is, and all names then agree.
    """
    problem = next(filter(None, (offset_problem(text, mention) for mention in given)), None)
    if problem is None:
        return given
    converted = _from_utf_16(text, given)
    if converted is None or any(offset_problem(text, mention) for mention in converted):
        raise InputError(f"{place}: {problem}")
    if all(mention.text is not None for mention in given):
        notes.add(UTF_16, place)
        return converted
    raise InputError(
        f"{place}: {problem}. The offsets would fit if they counted UTF-16 units, as JavaScript "
        "does (an emoji is two); count characters"
    )


def _from_utf_16(text: str, given: Sequence[RawMention]) -> list[RawMention] | None:
    """Convert offsets in UTF-16 units to characters; None if that changes nothing or fails."""
    if not any(character > "\uffff" for character in text):
        return None
    units = list(accumulate((1 + (c > "\uffff") for c in text), initial=0))
    converted = []
    for mention in given:
        start, end = (bisect_left(units, offset) for offset in mention[:2])
        if max(start, end) > len(text) or (units[start], units[end]) != mention[:2]:
            return None
        converted.append(mention._replace(start=start, end=end))
    return converted


def offset_problem(text: str, mention: RawMention) -> str | None:
    """Say what is wrong with the offsets of a name, if anything."""
    start, end, _, given = mention
    what = f"the name from {start} to {end}"
    if not 0 <= start <= end <= len(text):
        return f"{what} is not in the text, which has {len(text)} characters"
    name = text[start:end]
    if not name.strip():
        return f"{what} is {'only white space' if name else 'empty'}"
    # Some tools write the line ends of a name as \n, or as spaces.
    if given is not None and given.replace("\\n", "\n").split() != name.split():
        at = text.find(given)
        hint = f"; {given!r} is at {at} to {at + len(given)}" if at >= 0 and given else ""
        return f"{what} is {name!r}, and not {given!r} as the file says{hint}"
    return None
