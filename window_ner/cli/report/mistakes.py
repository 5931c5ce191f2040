"""The section of a report on the names that were wrong, missed or made up."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from window_ner.analysis.report import RunReport
from window_ner.cli.report.markup import no_name, note, percent, table

_KINDS = {
    "type": "right words, wrong type",
    "boundary": "right type, wrong words",
    "boundary_and_type": "wrong words and type",
    "spurious": "not a name",
    "missed": "missed",
}

_MOST_TOKENS = 40
"""A longer sentence is cut to about this many tokens around the mistake."""


def mistakes(run: RunReport) -> str:
    """Show mistakes of each kind in their sentences, and count the most frequent ones."""
    frequent = [
        [
            mistake["text"],
            no_name(mistake["gold"]),
            no_name(mistake["predicted"]),
            f"{mistake['count']:,}",
        ]
        for mistake in run.scores["mistakes"]
    ]
    if not frequent:
        return note("There are none: every name was found, and nothing else.")
    head = ["mention", "true", "found", "times"]
    parts = [
        note(
            "In a sentence, found names are shaded and true names are underlined. Mistakes that "
            "the model was most sure of come first: where it is sure and wrong, the corpus itself "
            "may be wrong."
        )
    ]
    for kind, said in kinds_of_mistake(run).items():
        if examples := run.scores["examples"][kind]:
            number = run.scores["errors"][kind]
            items = "\n".join(map(_example, examples))
            shown = f"{len(examples)} of {number:,}"
            parts.append(
                f"<details open><summary>{said} ({shown})</summary>\n"
                f'<ol class="errors">\n{items}\n</ol></details>\n'
            )
    parts.append("<h3>The most frequent</h3>\n")
    parts.append(table(head, frequent, text=(1, 2)))
    return "".join(parts)


def _example(mistake: Mapping[str, Any]) -> str:
    """Show a mistake in its sentence."""
    tokens, found, true = mistake["tokens"], mistake["found"], mistake["true"]

    def said(how: str, span: Sequence[Any]) -> str:
        words = " ".join(tokens[span[0] : span[1]])
        return f"{how} <b>{escape(span[2])}</b> “{escape(words)}”"

    judged = [said("found", found)] if found else ["not found"]
    judged += [said("true", span) for span in true] or ["no name"]
    spans = [*([found] if found else []), *true]
    first = max(0, min(s[0] for s in spans) - _MOST_TOKENS // 2)
    last = min(len(tokens), max(s[1] for s in spans) + _MOST_TOKENS // 2)

    def classes(i: int) -> str:
        is_found = found is not None and found[0] <= i < found[1]
        is_true = any(s[0] <= i < s[1] for s in true)
        return " ".join(["found"] * is_found + ["true"] * is_true)

    shown = []
    for kind, places in groupby(range(first, last), classes):
        words = escape(" ".join(tokens[i] for i in places))
        shown.append(f'<span class="{kind}">{words}</span>' if kind else words)
    cut = ("… " if first else "", " …" if last < len(tokens) else "")
    sure = percent(mistake["confidence"])
    return (
        f"<li>{cut[0]}{' '.join(shown)}{cut[1]}"
        f'<div class="judged">{", ".join(judged)}; {sure}% sure</div></li>'
    )


def kinds_of_mistake(run: RunReport) -> dict[str, str]:
    """Name the kinds of mistake that the model can make, by their keys in the evaluation."""
    untyped = {**_KINDS, "boundary": "wrong words"}
    return _KINDS if run.typed else {k: v for k, v in untyped.items() if "type" not in k}
