"""The sections of a report, except the mistakes: each function writes one as HTML."""

from collections.abc import Mapping
from html import escape

from window_ner.analysis.movement import project, stretch
from window_ner.analysis.report import RunReport
from window_ner.cli.report import plots
from window_ner.cli.report.markup import (
    UNDEFINED,
    no_name,
    note,
    percent,
    side_by_side,
    table,
    wide,
)
from window_ner.cli.report.mistakes import kinds_of_mistake
from window_ner.cli.train.display import unseen_score
from window_ner.evaluation.mistakes import NONE


def curves(run: RunReport) -> str:
    """Show the loss and the dev scores of each epoch."""
    if not run.history or run.epoch is None:
        return note("The model has no history of its training.")
    validated = run.facts["cross_validated"] is not None
    measured = f"{'cross-validated' if validated else 'dev'} {run.epoch.unit} F1"
    how = (
        "The score of each epoch is cross-validated: networks that were trained on a part of the "
        "data are scored on the rest. It chose the number of epochs. "
        if validated
        else "The score on dev after each epoch; it chose the epoch of the model. "
    )
    rows = [
        [
            str(epoch.epoch),
            f"{epoch.loss:.4f}",
            percent(epoch.dev),
            unseen_score(epoch),
            f"{epoch.seconds:.1f}",
        ]
        for epoch in run.history
    ]
    head = ["epoch", "loss", measured, "unseen words", "seconds"]
    return (
        note(f"{how}Unseen words are in the word vectors, but not in the training data.")
        + side_by_side(
            plots.draw_loss(run.history),
            plots.draw_dev_scores(run.history, measured, run.epoch),
        )
        + f"<details><summary>All epochs</summary>{table(head, rows)}</details>\n"
    )


def scores(run: RunReport) -> str:
    """Show precision, recall and F1: of all names, of each type, of seen and unseen words."""
    scores = run.scores
    spans = {"all names": scores["span"]}
    if run.typed:
        spans |= scores["span"]["by_type"]
        spans["whatever the type"] = scores["untyped_span"]
    spans["of unseen words"] = scores["unseen_words"]["span"]
    spans["of seen words"] = scores["seen_words"]["span"]
    head = ["", "precision", "recall", "F1", "true", "found", "right"]

    def row(name: str, of: Mapping[str, float]) -> list[str]:
        fractions = [
            percent(of[kind]) if _is_scored(of) else UNDEFINED
            for kind in ("precision", "recall", "f1")
        ]
        return [name, *fractions, *(f"{of[n]:,}" for n in ("support", "predicted", "correct"))]

    rows = [row(name, of) for name, of in spans.items()]
    said = "" if run.typed else note("The model has no types: it only finds names.")
    return (
        said
        + wide(plots.draw_scores({name: of for name, of in spans.items() if _is_scored(of)}))
        + table(head, [*rows, row("tokens", scores["token"])])
        + note(
            "A name is right if all its words and its type are right. It is a name of unseen words "
            "if all its words are unseen."
        )
    )


def _is_scored(of: Mapping[str, float]) -> bool:
    """Whether there is a name to score, a true or a found one."""
    return bool(of["support"] or of["predicted"])


def confusion(run: RunReport) -> str:
    """Count the errors of each kind, and which type was taken for which."""
    errors = run.scores["errors"]
    counts = [["right", f"{errors['right']:,}"]]
    counts += [[said, f"{errors[kind]:,}"] for kind, said in kinds_of_mistake(run).items()]
    kinds = table(["names", "number"], counts)
    if not run.typed:
        return note("Without types, only the words of a name can be wrong.") + kinds
    confusion = run.scores["confusion"]
    names = [no_name(label) for label in confusion]
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    lines = []
    for name, (label, row) in zip(names, confusion.items(), strict=True):
        total = sum(row.values())
        tinted = "".join(_tinted(n, n / total if total else 0, label == k) for k, n in row.items())
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{tinted}</tr>')
    return (
        note("Names with exactly the same words: rows are the true types, columns the found ones.")
        + '<div class="pictures"><div class="wide"><table class="confusion">'
        "<caption>The stronger the colour, the more of the row. “no name”: no name of just these "
        f"words.</caption><thead><tr><th>true, found:</th>{cells}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>\n{kinds}</div>\n"
    )


def _tinted(number: int, share: float, right: bool) -> str:
    if not number:
        return "<td></td>"
    tint = 0.55 * share**0.5  # the root makes small counts visible too
    shown = f"<strong>{number:,}</strong>" if right else f"{number:,}"
    return f'<td style="background: rgba(var(--tint), {tint:.2f})">{shown}</td>'


def calibration(run: RunReport) -> str:
    """Show how often names are right, by their score."""
    calibration = run.scores["calibration"]
    crossed = calibration["cross_fitted"]
    if not calibration["bins"]:
        return note("The model found no name, so its scores cannot be checked.")
    return note(
        "Of the names with a score near 0.8, four in five should be right: the bar should reach "
        "the dashed line. A dot marks the mean score of a bar, the number above it its share of "
        "the names. The expected calibration error is the mean distance from the line: "
        f"{percent(calibration['ece'])} points with the model's temperature of "
        f"{calibration['temperature']:.2f}; {percent(crossed['ece'])} if a temperature is "
        "fitted on the other half of this text. If all scores were right, chance alone would "
        f"cause {percent(calibration['ece_by_chance'])} points with this number of names."
    ) + wide(plots.draw_reliability(calibration))


def vectors(run: RunReport) -> str:
    """Show how far fine-tuning moved the word vectors, and the words that moved farthest."""
    moved, words = run.movement, run.moved_words
    said = note(run.vectors)
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
            *([f"{word.count:,}", no_name(label)] if known else []),
        ]
        for word, label in zip(words, labels, strict=True)
    ]
    head = ["word", "moved", "nearest before", "nearest after"]
    head += ["times in training", "mostly"] if known else []
    return (
        said
        + "<h3>The words that moved farthest</h3>\n"
        + wide(plots.draw_arrows([word.word for word in words], labels, before, after))
        + note(
            "An arrow goes from the vector of a word before training to the one after it"
            + ("; its colour is the word's most frequent label in training. " if known else ". ")
            + (f"It is drawn {times} times as long as it is. " if times > 1 else "")
            + "The plane is that "
            f"of the two principal components of these vectors, and shows {100 * share:.0f}% of "
            "their variance: words can be farther apart than they look."
        )
        + table(head, rows, text=(2, 3, 5))
        + "<h3>How far all of them moved</h3>\n"
        + wide(plots.draw_distances(moved.distances))
    )
