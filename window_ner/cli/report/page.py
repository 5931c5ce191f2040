"""A training run as one self-contained page."""

from html import escape
from importlib.resources import files
from typing import TextIO

from window_ner.analysis.report import RunReport
from window_ner.cli.report import canvas, sections
from window_ner.cli.report.markup import UNDEFINED, percent
from window_ner.cli.report.mistakes import mistakes

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
"""

_SECTIONS = {
    "curves": ("Learning curves", sections.curves),
    "scores": ("Scores", sections.scores),
    "confusion": ("Confusion", sections.confusion),
    "calibration": ("Calibration", sections.calibration),
    "vectors": ("Word vectors", sections.vectors),
    "errors": ("Errors", mistakes),
}


def write_report(stream: TextIO, name: str, run: RunReport) -> None:
    """Write the page of a run; names, words and labels are escaped. It needs matplotlib."""
    title = escape(f"{name}: a training run of window-ner")
    style = files(__package__).joinpath("report.css").read_text("utf-8")
    stream.write(_HEAD.format(title=title, style=style))
    stream.write(f"<main>\n<h1>{escape(name)}</h1>\n{_summary(run)}")
    links = (f'<a href="#{key}">{title}</a>' for key, (title, _) in _SECTIONS.items())
    stream.write(f"<nav>{' '.join(links)}</nav>\n")
    with canvas.drawing():
        for key, (title, write_section) in _SECTIONS.items():
            stream.write(f'<section id="{key}">\n<h2>{title}</h2>\n{write_section(run)}')
            stream.write("</section>\n")
    stream.write("</main>\n</html>\n")


def _summary(run: RunReport) -> str:
    scores, known = run.scores, run.facts
    unseen, calibration = scores["unseen_words"], scores["calibration"]
    figures = {
        "span F1": percent(scores["span"]["f1"]),
        "precision": percent(scores["span"]["precision"]),
        "recall": percent(scores["span"]["recall"]),
        "token F1": percent(scores["token"]["f1"]),
        "token F1, unseen words": percent(unseen["token_f1"]) if unseen["tokens"] else "none",
        "calibration error": percent(calibration["ece"]) if calibration["bins"] else UNDEFINED,
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
