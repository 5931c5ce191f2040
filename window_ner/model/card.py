"""A model card: what the model is, what it was trained on, and its scores.

It is the README.md of a model folder. The Hugging Face Hub shows it as the page of the model, and
reads the YAML at its beginning.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from window_ner.model.model import Model

Results = Mapping[str, Mapping[str, float]]
"""Name of a corpus -> its scores by name (precision, recall, f1), fractions."""


def front_matter(
    name: str,
    results: Results,
    *,
    licence: str | None = None,
    language: str | None = None,
    datasets: Sequence[str] = (),
) -> str:
    """Write the YAML at the beginning of a card.

    Parameters
    ----------
    name
        The name of the model.
    results
        Its scores.
    licence, language, datasets
        Identifiers of the Hub, like mit, en and eriktks/conll2003. One that is not given becomes
        a comment to fill in.
    """
    of_models = {key for scores in results.values() for key in scores}
    lines = ["library_name: window-ner", "pipeline_tag: token-classification"]
    lines.append(f"license: {licence}" if licence else "# license: mit")
    lines.append(f"language: {language}" if language else "# language: en")
    listed = json.dumps(list(datasets), ensure_ascii=False)
    lines.append(f"datasets: {listed}" if datasets else "# datasets: [user/corpus]")
    lines.append(f"metrics: [{', '.join(m for m in _METRICS if m in of_models)}]")
    lines.append("tags: [named-entity-recognition, numpy]")
    if results:
        lines += ["model-index:", f"- name: {_quoted(name)}", "  results:"]
    for corpus, scores in results.items():
        lines += [
            "  - task: {type: token-classification, name: Named entity recognition}",
            f"    dataset: {{type: {_identifier(corpus)}, name: {_quoted(corpus)}}}",
            "    metrics:",
            *(f"    - {{type: {key}, value: {value:.4f}}}" for key, value in scores.items()),
        ]
    return "---\n" + "".join(f"{line}\n" for line in lines) + "---\n"


_METRICS = ("precision", "recall", "f1")


def _quoted(text: str) -> str:
    """Quote a string for YAML, which reads strings of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _identifier(corpus: str) -> str:
    return re.sub(r"\W+", "-", corpus.lower(), flags=re.ASCII).strip("-") or "corpus"


def without_front_matter(card: str) -> str:
    """Return a card without the YAML at its beginning."""
    return re.sub(r"\A---\n.*?^---\n\s*", "", card, flags=re.DOTALL | re.MULTILINE)


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
        "fine_tuning": "vectors as they were" if decision is None else str(decision),
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


def _calibration(model: Model) -> str:
    """Say whether the scores of names are calibrated, which is done when a training ends."""
    about, temperature = model.about, model.objective.temperature
    if about.interrupted and temperature == 1:  # it was killed; Ctrl-C leaves time to do it
        return "not calibrated, because its training did not finish"
    how = "as its start" if about.keeps_labels else about.measured_on
    return f"calibrated, {how}, temperature {temperature:.2f}"


def write_card(name: str, model: Model) -> str:
    """Write a short card from the facts about a model."""
    known, measured = facts(model), model.about.measured_on
    best = model.epoch
    results: Results = {}
    if best is not None:
        counted = ", tokens" if best.unit == "token" else ""
        results = {f"{known['corpus'] or 'corpus'}, {measured}{counted}": {"f1": best.dev}}
    labels = ", ".join(known["labels"]) or "none: part of a name or not"
    hidden = " and ".join(map(str, known["hidden"])) or "no"
    lines = [
        f"{front_matter(name, results)}\n# {name}",
        "",
        f"- labels: {labels}",
        f"- trained on: {known['corpus'] or 'unknown'}, {known['training_tokens']:,} tokens, "
        f"config {known['config'] or 'unknown'}, seed {known['seed']}",
        f"- network: window of {known['window']}, {hidden} hidden units, loss {known['loss']}; "
        f"{known['parameters']:,} parameters",
        f"- word vectors: {' + '.join(known['vectors'])}, {known['vocabulary']:,} rows; "
        f"{known['fine_tuning']}",
    ]
    if best is not None:
        unseen = best.dev_unseen_words
        lines += [
            f"- {measured}: {best.unit} F1 {100 * best.dev:.2f}"
            + (f", {100 * unseen:.2f} on words unseen in training" if unseen else "")
            + f" (epoch {best.epoch} of {known['epochs']})",
            f"- scores of names: {_calibration(model)}",
        ]
    lines += [f"- {line}" for line in estimates(model)]
    if known["interrupted"]:
        lines.append("- its training was interrupted")
    return "\n".join(lines) + "\n"
