"""A model card: what the model is, what it was trained on, and its scores."""

import math
from typing import Any

from window_ner.model.model import Model

CARD = "card.md"
"""File of a model folder with a card that a person wrote; without it, `write_card` writes one."""


def facts(model: Model) -> dict[str, Any]:
    """Return the main facts about a model."""
    about, settings = model.about, model.about.settings
    parameters = model.scorer.parameters
    best, validated = model.epoch, about.cross_validated
    decision = about.fine_tuning
    return {
        "labels": list(about.labels) if model.objective.outputs > 1 else [],
        "config": about.config,
        "corpus": about.corpus.name,
        "training_tokens": about.windows,
        "fine_tuning": "vectors as they were" if decision is None else decision.reason,
        "seed": about.seed,
        "epochs": len(model.history),
        "interrupted": about.interrupted,
        "best": None if best is None else best.as_dict(),
        "cross_validated": None if validated is None else validated.as_dict(),
        "loss": settings.network.loss,
        "window": settings.network.window,
        "hidden": list(settings.network.hidden),
        "vectors": list(settings.vectors.sets),
        "vocabulary": len(model.encoder.vocabulary),
        "parameters": sum(math.prod(p.shape) for p in parameters.values()),
        "temperature": model.objective.temperature,
    }


def estimates(model: Model) -> list[str]:
    """Say what cross-validation found: how good the model is, and whether more data would help.

    An interrupted training has not reached the epoch that was measured.
    """
    validated = model.about.cross_validated
    if validated is None or model.about.interrupted:
        return []
    return [str(line) for line in (validated, validated.curve) if line is not None]


def write_card(name: str, model: Model) -> str:
    """Write a short card, in Markdown, from the facts about a model."""
    known = facts(model)
    labels = ", ".join(known["labels"]) or "none: part of a name or not"
    hidden = " and ".join(map(str, known["hidden"])) or "no"
    lines = [
        f"# {name}",
        "",
        f"- labels: {labels}",
        f"- trained on: {known['corpus'] or 'unknown'}, {known['training_tokens']:,} tokens, "
        f"config {known['config'] or 'unknown'}, seed {known['seed']}",
        f"- network: window of {known['window']}, {hidden} hidden units, loss {known['loss']}; "
        f"{known['parameters']:,} parameters",
        f"- word vectors: {' + '.join(known['vectors'])}, {known['vocabulary']:,} rows; "
        f"{known['fine_tuning']}",
    ]
    if (best := known["best"]) is not None:
        unit = "token" if best["score"] == "token_f1" else "span"
        measured = model.about.measured_on
        lines += [
            f"- {measured}: {unit} F1 {100 * best['dev']:.2f}, "
            f"{100 * best['dev_unseen_words']:.2f} on words unseen in training "
            f"(epoch {best['epoch']} of {known['epochs']})",
            f"- scores of names: calibrated, {measured}, temperature {known['temperature']:.2f}",
        ]
    lines += [f"- {line}" for line in estimates(model)]
    if known["interrupted"]:
        lines.append("- its training was interrupted")
    return "\n".join(lines) + "\n"
