"""A training run as one self-contained page."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any, TextIO

from window_ner.analysis.movement import project, stretch
from window_ner.analysis.report import RunReport
from window_ner.cli.report import plots
from window_ner.evaluation.mistakes import NONE

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
  :root { --ink: #222; --paper: #fff; --faint: #8a8f98; --line: #dfe2e7; --tile: #f4f6f8;
          --series-0: #0b6fb8; --series-1: #c8500c; --series-2: #21865a; --series-3: #a63d91;
          --series-4: #806300; --series-5: #4f5bb5; --tint: 11, 111, 184; --wrong: #f6d9c8;
          --link: #0b5c99; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #dcdee2; --paper: #18191c; --faint: #878d97; --line: #34373d; --tile: #23252a;
            --series-0: #58aef0; --series-1: #f08a4b; --series-2: #58c495; --series-3: #dd86cb;
            --series-4: #d1ad3c; --series-5: #9aa5f2; --tint: 88, 174, 240; --wrong: #69371c;
            --link: #7cc0f5; }
  }
  body { font: 16px/1.55 system-ui, sans-serif; max-width: 64rem; margin: 0 auto;
         padding: 1.5rem 1rem 4rem; color: var(--ink); background: var(--paper); }
  h1 { font-size: 1.7rem; margin: .5rem 0 0; overflow-wrap: anywhere; }
  h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; padding-top: .5rem;
       border-top: 1px solid var(--line); }
  h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
  a { color: var(--link); }
  nav a { margin-right: 1rem; white-space: nowrap; }
  .note { color: var(--faint); color: color-mix(in srgb, var(--ink) 72%, var(--paper));
          max-width: 46rem; }
  dl.tiles { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1.2rem 0; }
  dl.tiles div { background: var(--tile); border-radius: 8px; padding: .5rem .9rem; }
  dl.tiles dt { font-size: .8rem; } dl.tiles dd { margin: 0; font-size: 1.5rem; }
  dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
  dl.facts dt { font-weight: 600; } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
  .pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
              gap: 1rem 2rem; align-items: start; }
  figure { margin: .5rem 0; }
  .wide { overflow-x: auto; }
  svg { width: 100%; max-width: calc(1.25 * var(--width)); height: auto; display: block; }
  .wide svg { min-width: min(var(--width), 34rem); }
  svg text { font-family: system-ui, sans-serif !important; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid var(--line); }
  th { font-weight: 600; } th:first-child, td:first-child, .text { text-align: left; }
  td.text { overflow-wrap: break-word; min-width: 6rem; }
  caption { caption-side: bottom; text-align: left; font-size: .9rem; padding-top: .4rem; }
  ol.errors { list-style: none; padding: 0; max-width: 50rem; }
  ol.errors li { padding: .45rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
  .judged { font-size: .85rem; }
  .found { background: var(--wrong); border-radius: 3px; padding: 1px 0; }
  .true { text-decoration: underline 2px var(--series-2); text-underline-offset: 4px; }
  summary { cursor: pointer; font-weight: 600; margin-top: .8rem; }
</style>
"""

_SECTIONS = {
    "curves": "Learning curves",
    "scores": "Scores",
    "confusion": "Confusion",
    "calibration": "Calibration",
    "vectors": "Word vectors",
    "errors": "Errors",
}

_KINDS = {
    "type": "right words, wrong type",
    "boundary": "right type, wrong words",
    "boundary_and_type": "wrong words and type",
    "spurious": "no name there",
    "missed": "missed",
}

_MOST_TOKENS = 40
"""A longer sentence is cut to so many around the mistake."""


def write_report(stream: TextIO, name: str, run: RunReport) -> None:
    """Write a page on a run; nothing of names, words and labels is taken for markup.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    plots.require_matplotlib()
    write_section = {
        "curves": _curves,
        "scores": _scores,
        "confusion": _confusion,
        "calibration": _calibration,
        "vectors": _vectors,
        "errors": _errors,
    }
    stream.write(_HEAD.replace("{title}", escape(f"{name}: a training run of window-ner")))
    stream.write(f"<main>\n<h1>{escape(name)}</h1>\n{_summary(run)}")
    links = (f'<a href="#{key}">{title}</a>' for key, title in _SECTIONS.items())
    stream.write(f"<nav>{' '.join(links)}</nav>\n")
    with plots.drawing():
        for key, title in _SECTIONS.items():
            stream.write(f'<section id="{key}">\n<h2>{title}</h2>\n{write_section[key](run)}')
            stream.write("</section>\n")
    stream.write("</main>\n</html>\n")


def _summary(run: RunReport) -> str:
    scores, known = run.scores, run.facts
    figures = {
        "span F1": _percent(scores["span"]["f1"]),
        "precision": _percent(scores["span"]["precision"]),
        "recall": _percent(scores["span"]["recall"]),
        "token F1": _percent(scores["token"]["f1"]),
        "token F1, unseen words": _percent(scores["unseen_words"]["token_f1"]),
        "calibration error": _percent(scores["calibration"]["ece"]),
    }
    tiles = "".join(f"<div><dt>{k}</dt><dd>{v}</dd></div>" for k, v in figures.items())
    hidden = " and ".join(map(str, known["hidden"]))
    said = {
        "trained on": f"{known['corpus'] or 'unknown'}, {known['training_tokens']:,} tokens, "
        f"config {known['config'] or 'unknown'}, seed {known['seed']}",
        "labels": ", ".join(known["labels"]) or "none: part of a name or not",
        "network": f"window of {known['window']}, {hidden} hidden units, loss {known['loss']}; "
        f"{known['parameters']:,} parameters",
        "word vectors": f"{' + '.join(known['vectors'])}, {known['vocabulary']:,} rows; "
        f"{known['fine_tuning']}",
        "scored on": f"{run.split}: {run.sentences:,} sentences, {run.tokens:,} tokens",
    }
    facts = "".join(f"<dt>{k}</dt><dd>{escape(v)}</dd>" for k, v in said.items())
    note = "<p>Its training was interrupted.</p>\n" if known["interrupted"] else ""
    return f'<dl class="tiles">{tiles}</dl>\n<dl class="facts">{facts}</dl>\n{note}'


def _curves(run: RunReport) -> str:
    if not run.history:
        return _note("The model has no history of its training.")
    unit = "token" if run.history[0].score == "token_f1" else "span"
    rows = [
        [
            str(epoch.epoch),
            f"{epoch.loss:.4f}",
            _percent(epoch.dev),
            _percent(epoch.dev_unseen_words),
            f"{epoch.seconds:.1f}",
        ]
        for epoch in run.history
    ]
    head = ["epoch", "loss", f"dev {unit} F1", "unseen words", "seconds"]
    return (
        _note(
            "What dev is scored by after each epoch; the best epoch is the model. Unseen words are "
            "in the word vectors, but not in the training data."
        )
        + _pictures(plots.draw_loss(run.history), plots.draw_dev_scores(run.history, unit))
        + f"<details><summary>All epochs</summary>{_table(head, rows)}</details>\n"
    )


def _scores(run: RunReport) -> str:
    scores = run.scores
    spans = {"all names": scores["span"]}
    if run.typed:
        spans |= scores["span"]["by_type"]
        spans["whatever the type"] = scores["untyped_span"]
    spans["of unseen words"] = scores["unseen_words"]["span"]
    spans["of seen words"] = scores["seen_words"]["span"]
    head = ["", "precision", "recall", "F1", "true", "found", "right"]

    def row(name: str, of: Mapping[str, float]) -> list[str]:
        fractions = [_percent(of[kind]) for kind in ("precision", "recall", "f1")]
        return [name, *fractions, *(f"{of[n]:,}" for n in ("support", "predicted", "correct"))]

    rows = [row(name, of) for name, of in spans.items()]
    said = "" if run.typed else _note("The model knows no types: a name is a name.")
    return (
        said
        + _wide(plots.draw_scores(spans))
        + _table(head, [*rows, row("tokens", scores["token"])])
        + _note(
            "Names are right if all their words and the type are. A name is of unseen words if all "
            "of its words are."
        )
    )


def _confusion(run: RunReport) -> str:
    errors = run.scores["errors"]
    counts = [["right", f"{errors['right']:,}"]]
    counts += [[said, f"{errors[kind]:,}"] for kind, said in _kinds(run).items()]
    kinds = _table(["names", "number"], counts)
    if not run.typed:
        return _note("Without types, only the words of a name can be wrong.") + kinds
    confusion = run.scores["confusion"]
    names = [_no_name(label) for label in confusion]
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    lines = []
    for name, (label, row) in zip(names, confusion.items(), strict=True):
        total = sum(row.values())
        tinted = "".join(_tinted(n, n / total if total else 0, label == k) for k, n in row.items())
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{tinted}</tr>')
    return (
        _note("Names of exactly the same words: a row is what they are, a column what was found.")
        + '<div class="pictures"><div class="wide"><table class="confusion">'
        "<caption>The stronger the colour, the more of the row. “no name”: no name of just these "
        f"words.</caption><thead><tr><th>true, found:</th>{cells}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>\n{kinds}</div>\n"
    )


def _tinted(number: int, share: float, right: bool) -> str:
    if not number:
        return "<td></td>"
    tint = 0.55 * share**0.5  # so that the few, which one looks for, are seen too
    shown = f"<strong>{number:,}</strong>" if right else f"{number:,}"
    return f'<td style="background: rgba(var(--tint), {tint:.2f})">{shown}</td>'


def _calibration(run: RunReport) -> str:
    calibration = run.scores["calibration"]
    crossed = calibration["cross_fitted"]
    if not calibration["bins"]:
        return _note("The model found no name, so there is nothing to hold its scores against.")
    return _note(
        "Of the names with a score near 0.8, four in five should be right: bars on the dashed "
        "line. A dot is the mean score of its bar, and above it is how many of the names are in "
        "it. The expected calibration error is the mean distance from the line: "
        f"{_percent(calibration['ece'])} points with the model's temperature of "
        f"{calibration['temperature']:.2f}; {_percent(crossed['ece'])} if a temperature is "
        "fitted on the other half of this text."
    ) + _wide(plots.draw_reliability(calibration))


def _vectors(run: RunReport) -> str:
    moved, words = run.movement, run.moved_words
    said = _note(run.vectors)
    if moved is None or not words:
        return said
    before, after, share = project(moved.before[: len(words)], moved.after[: len(words)])
    times = stretch(before, after)
    after = before + times * (after - before)
    labels = [word.label or NONE for word in words]
    known = words[0].label is not None
    rows = [
        [
            word.word,
            f"{100 * word.distance:.0f}%",
            ", ".join(word.nearest_before),
            ", ".join(word.nearest_after),
            *([f"{word.count:,}", _no_name(label)] if known else []),
        ]
        for word, label in zip(words, labels, strict=True)
    ]
    head = ["word", "moved", "nearest before", "nearest after"]
    head += ["times in training", "mostly"] if known else []
    return (
        said
        + "<h3>The words that moved farthest</h3>\n"
        + _wide(plots.draw_arrows([word.word for word in words], labels, before, after))
        + _note(
            "An arrow goes from where training found a word to where it left it"
            + ("; its colour is what the word mostly is there. " if known else ". ")
            + (f"It is drawn {times} times as long as it is. " if times > 1 else "")
            + "The plane is that "
            f"of the two principal components of these vectors, and shows {100 * share:.0f}% of "
            "their variance: words can be farther apart than they look."
        )
        + _table(head, rows, text=(2, 3, 5))
        + "<h3>How far all of them moved</h3>\n"
        + _wide(plots.draw_distances(moved.distances))
    )


def _errors(run: RunReport) -> str:
    frequent = [
        [
            mistake["text"],
            _no_name(mistake["gold"]),
            _no_name(mistake["predicted"]),
            f"{mistake['count']:,}",
        ]
        for mistake in run.scores["mistakes"]
    ]
    if not frequent:
        return _note("None: every name was found, and nothing else.")
    head = ["mention", "true", "found", "times"]
    parts = [
        _note(
            "In a sentence, what was found is shaded and what is true is underlined. Those that "
            "the model was surest of come first: where it is sure and wrong, look whether the "
            "corpus is right."
        )
    ]
    for kind, said in _kinds(run).items():
        if examples := run.scores["examples"][kind]:
            number = run.scores["errors"][kind]
            items = "\n".join(map(_example, examples))
            shown = f"{len(examples)} of {number:,}"
            parts.append(
                f"<details open><summary>{said} ({shown})</summary>\n"
                f'<ol class="errors">\n{items}\n</ol></details>\n'
            )
    parts.append("<h3>The most frequent</h3>\n")
    parts.append(_table(head, frequent, text=(1, 2)))
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
    return (
        f"<li>{cut[0]}{' '.join(shown)}{cut[1]}"
        f'<div class="judged">{", ".join(judged)}; {_percent(mistake["sureness"])}% sure</div></li>'
    )


def _kinds(run: RunReport) -> dict[str, str]:
    """Name the kinds of error that the model can make."""
    untyped = {**_KINDS, "boundary": "wrong words"}
    return _KINDS if run.typed else {k: v for k, v in untyped.items() if "type" not in k}


def _no_name(label: str) -> str:
    return "no name" if label == NONE else label


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}"


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>\n'


def _wide(picture: str) -> str:
    return f'<figure class="wide">{picture}</figure>\n'


def _pictures(*pictures: str) -> str:
    return f'<div class="pictures">{"".join(map(_wide, pictures))}</div>\n'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, text: Sequence[int] = ()) -> str:
    """Write a table; the columns ``text``, and the first, are words."""

    def classes(i: int) -> str:
        return ' class="text"' if i in text or not i else ""

    titles = "".join(f'<th scope="col"{classes(i)}>{title}</th>' for i, title in enumerate(head))
    lines = []
    for row in rows:
        tds = "".join(f"<td{classes(i)}>{escape(cell)}</td>" for i, cell in enumerate(row))
        lines.append(f"<tr>{tds}</tr>\n")
    return (
        f'<div class="wide"><table><thead><tr>{titles}</tr></thead>\n'
        f"<tbody>{''.join(lines)}</tbody></table></div>\n"
    )
