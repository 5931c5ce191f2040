"""``window-ner eval``."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from window_ner.cli.options import Model, Verbose, complete_splits
from window_ner.cli.output import print_table, results_console, say, visible
from window_ner.cli.predict.finding import listed_labels
from window_ner.errors import require_extra

if TYPE_CHECKING:
    from rich.table import Table


class Format(StrEnum):
    """Output format of the scores."""

    TABLE = "table"
    JSON = "json"
    CONLLEVAL = "conlleval"


def evaluate(
    split: Annotated[
        str,
        typer.Argument(
            metavar="SPLIT",
            autocompletion=complete_splits,
            help="A file of annotated text, or train, dev or test of the model's corpus.",
        ),
    ],
    model: Model = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="Output format.")
    ] = Format.TABLE,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="LABELS",
            help="Score only these labels, like PER,ORG: those that the split annotates.",
        ),
    ] = None,
    mistakes: Annotated[
        int,
        typer.Option("--errors", metavar="N", min=0, help="List the N most frequent mistakes."),
    ] = 0,
    verbose: Verbose = False,
) -> None:
    """Score a model on annotated text, as conlleval does.

    It also scores seen and unseen words separately, counts the kinds of mistakes, and measures
    how far the probabilities are off. It reads the same formats as train.

    \b
    Examples:
      window-ner eval test --model last
      window-ner eval my-test.conll.gz --model my-model --errors 20
      window-ner eval my-test.jsonl --model my-model
      window-ner eval tweets.conll --labels PER,LOC,ORG
      window-ner eval dev --model last --format json
    """
    from window_ner.api import evaluate as evaluate_tagger
    from window_ner.cli.models import load_model
    from window_ner.data.corpus_checks import notes_on_scoring
    from window_ner.evaluation.evaluate import corpus_to_score

    chosen = None if labels is None else listed_labels(labels)
    tagger = load_model(model, verbose=verbose)
    require_extra("train", "scoring")
    corpus = corpus_to_score(split, tagger.model.about)
    typed = tagger.model.objective.outputs > 1
    for note in (
        *corpus.notes,
        *corpus.annotation_notes,
        *(notes_on_scoring(corpus, tagger.labels, chosen) if typed else ()),
    ):
        say(f"note     {visible(note)}", err=True)
    scores = evaluate_tagger(tagger, corpus, labels=chosen, mistakes=mistakes)
    report = {**scores, "split": split}
    if output_format is Format.JSON:
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    elif output_format is Format.CONLLEVAL:
        typer.echo(_conlleval(report))
    else:
        _print_table(report, typed=typed)


def _print_table(report: dict[str, Any], *, typed: bool) -> None:
    from rich.table import Table

    table = Table()
    for column in ("", "precision", "recall", "F1", "support"):
        table.add_column(column, justify="left" if not column else "right")

    def row(name: str, scores: dict[str, Any]) -> None:
        figures = [f"{100 * scores[key]:.2f}" for key in ("precision", "recall", "f1")]
        support = scores.get("support")
        table.add_row(name, *figures, "" if support is None else f"{support:,}")

    row("tokens", report["token"])
    row("spans", report["span"])
    if typed:
        for label, scores in report["span"]["by_type"].items():
            row(f"  {visible(label)}", scores)
        row("  whatever the type", report["untyped_span"])
    table.add_section()
    for name in ("unseen words", "seen words"):
        scores = report[name.replace(" ", "_")]
        f1 = f"{100 * scores['token_f1']:.2f}"
        table.add_row(f"tokens, {name}", "", "", f1, f"{scores['tokens']:,}")
        row(f"spans, {name}", scores["span"])
    console = results_console()
    print_table(table, f"{visible(report['split'])}: {report['tokens']:,} tokens", console)
    console.print(_in_words(report), soft_wrap=True)
    if typed:
        print_table(_confusion_table(report["confusion"]), "same words, which type", console)
    if report.get("mistakes"):
        print_table(_mistakes_table(report["mistakes"]), "most frequent mistakes", console)


def _in_words(report: dict[str, Any]) -> str:
    """Describe the kinds of mistakes, and the calibration error of the probabilities."""
    errors, calibration = report["errors"], report["calibration"]
    return (
        f"wrong: {errors['type']:,} by type, {errors['boundary']:,} by boundary, "
        f"{errors['boundary_and_type']:,} by both; {errors['spurious']:,} where there is no name; "
        f"{errors['missed']:,} names missed\n"
        f"probabilities are off by {100 * calibration['ece']:.2f} points on average (expected "
        f"calibration error; {100 * calibration['ece_by_chance']:.2f} by chance alone); "
        f"{100 * calibration['cross_fitted']['ece']:.2f} if the temperature is fitted on the other "
        "half of this text"
    )


def _confusion_table(confusion: dict[str, dict[str, int]]) -> "Table":
    from rich.table import Table

    table = Table("true, predicted:")
    for label in confusion:
        table.add_column(visible(label), justify="right")
    for label, counts in confusion.items():
        table.add_row(visible(label), *(f"{count:,}" if count else "" for count in counts.values()))
    return table


def _mistakes_table(mistakes: list[dict[str, Any]]) -> "Table":
    from rich.table import Table

    table = Table("mention", "true", "predicted")
    table.add_column("count", justify="right")
    for mistake in mistakes:
        words = [visible(mistake[key]) for key in ("text", "gold", "predicted")]
        table.add_row(*words, f"{mistake['count']:,}")
    return table


def _conlleval(report: dict[str, Any]) -> str:
    """Write the scores in the format of conlleval, the script of the CoNLL shared task."""
    span = report["span"]
    lines = [
        f"processed {report['tokens']} tokens with {span['support']} phrases; "
        f"found: {span['predicted']} phrases; correct: {span['correct']}.",
        f"accuracy: {100 * report['token']['accuracy']:6.2f}%; " + _conlleval_figures(span),
    ]
    for label, scores in span["by_type"].items():
        lines.append(f"{visible(label):>17}: {_conlleval_figures(scores)}  {scores['predicted']}")
    return "\n".join(lines)


def _conlleval_figures(scores: dict[str, Any]) -> str:
    precision, recall, f1 = (100 * scores[key] for key in ("precision", "recall", "f1"))
    return f"precision: {precision:6.2f}%; recall: {recall:6.2f}%; FB1: {f1:6.2f}"
