"""A trained model that tags text: load, save, predict."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from window_ner.data.conll import Sentence
from window_ner.data.encoding import Encoder
from window_ner.data.tag_schemes import Span, tags_of
from window_ner.data.tokenizer import tokenize
from window_ner.data.vocabulary import SPECIAL_WORDS, UNKNOWN, Vocabulary
from window_ner.data.windows import EncodedSentences
from window_ner.errors import InputError
from window_ner.model import WindowNetwork
from window_ner.nn.activations import get_activation
from window_ner.nn.arrays import Floats, Ints
from window_ner.objectives import Objective, make_objective
from window_ner.storage import (
    arrays_from_bytes,
    arrays_to_bytes,
    read_model_folder,
    write_model_folder,
)

_TOKENS_AT_ONCE = 2_000
"""Windows of so many tokens are computed together: few enough to stay in the cache."""


@dataclass(frozen=True)
class Entity:
    """A name in a text: ``text[start:end]``, and the model's probability for just that span."""

    text: str
    label: str
    start: int
    end: int
    score: float

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, in their order."""
        return asdict(self)


@dataclass
class Tagger:
    """A network and all that it needs to read text and to speak of names.

    Attributes
    ----------
    seen
        (V,) booleans: the rows of the vocabulary that occurred in the training data.
    about
        How the model was made: settings, corpus, labels, the fine-tuning decision, dev scores.
    history
        One record an epoch.
    """

    network: WindowNetwork
    objective: Objective
    encoder: Encoder
    seen: Ints
    about: dict[str, Any]
    history: list[dict[str, Any]]

    def scores(self, text: EncodedSentences) -> Floats:
        """Score all windows: (N, K). The batches are cut between sentences."""
        ends = np.cumsum(text.lengths)
        cuts = np.searchsorted(ends, np.arange(_TOKENS_AT_ONCE, len(text), _TOKENS_AT_ONCE))
        chunks = np.split(np.arange(len(text.lengths)), np.unique(cuts))
        parts = [self.network.forward(text.sentences(chunk))[0] for chunk in chunks if len(chunk)]
        return np.concatenate(parts)

    def find(self, sentences: Sequence[Sequence[str]]) -> tuple[list[Span], Floats]:
        """Find the names in tokenised sentences.

        Returns
        -------
        spans
            Over all tokens, counted on from sentence to sentence.
        probabilities
            (S,) of exactly these spans.
        """
        sentences = [tokens for tokens in sentences if tokens]
        if not sentences:
            return [], np.zeros(0, dtype=np.float32)
        text = self.encoder.encode(sentences)
        scores, parameters = self.scores(text), self.network.parameters
        decisions = self.objective.decide(scores, text.lengths, parameters)
        spans = self.objective.spans(decisions, text.lengths)
        if not spans:
            return [], np.zeros(0, dtype=np.float32)
        return spans, self.objective.span_probabilities(scores, text.lengths, spans, parameters)

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Tag tokenised sentences, in IOB2."""
        spans, _ = self.find(sentences)
        tags = tags_of(spans, sum(map(len, sentences)))
        ends = np.cumsum([len(tokens) for tokens in sentences]).tolist()
        return [tags[end - len(tokens) : end] for tokens, end in zip(sentences, ends, strict=True)]

    def entities(self, text: str) -> list[Entity]:
        """Find the names in raw text; ``text[entity.start:entity.end]`` is the mention."""
        tokenized = tokenize(text)
        spans, probabilities = self.find(tokenized.sentences())
        found = []
        for span, probability in zip(spans, probabilities.tolist(), strict=True):
            start, end = tokenized.starts[span.start], tokenized.ends[span.end - 1]
            found.append(Entity(text[start:end], span.label, start, end, probability))
        return found

    def unseen(self, text: EncodedSentences) -> Ints:
        """Tell which words are in the vectors but were not in the training data: (N,) booleans."""
        unseen: Ints = ~self.seen[text.rows["E"]] & (text.rows["E"] != UNKNOWN)
        return unseen

    def gold_spans(self, sentences: Sequence[Sentence]) -> list[Span]:
        """Read the true spans of a corpus as this model could find them, without labels if so."""
        if self.objective.outputs > 1:
            objective = make_objective(
                "softmax", sorted({t[2:] for s in sentences for t in s.tags} - {""})
            )
        else:
            objective = self.objective
        lengths = np.array([len(s) for s in sentences])
        return objective.spans(objective.targets(sentences), lengths)

    def save(self, folder: Path, extra: Mapping[str, bytes] | None = None) -> None:
        """Write the model folder.

        Raises
        ------
        InputError
            If the folder holds something else, or cannot be written.
        """
        history = "".join(json.dumps(record) + "\n" for record in self.history)
        arrays: dict[str, Any] = {**self.network.parameters, "seen": np.packbits(self.seen)}
        write_model_folder(
            folder,
            {
                "weights.safetensors": arrays_to_bytes(arrays),
                "settings.json": json.dumps(self.about, indent=1).encode(),
                "vocabulary.txt": "\n".join(self.encoder.vocabulary.words).encode(),
                "history.jsonl": history.encode(),
                **(extra or {}),
            },
        )


def load_tagger(folder: Path) -> Tagger:
    """Load a model folder; needs numpy and the folder alone.

    Raises
    ------
    InputError
        If it is not a model folder, or a file of it is missing or damaged.
    """
    files = read_model_folder(folder)
    try:
        about = json.loads(files["settings.json"])
        words = files["vocabulary.txt"].decode().split("\n")
        history = [json.loads(line) for line in files["history.jsonl"].splitlines()]
        arrays = arrays_from_bytes(files["weights.safetensors"], f"{folder}/weights.safetensors")
        network = about["settings"]["network"]
        vocabulary = Vocabulary(tuple(words) if words != [""] else ())
        seen = np.unpackbits(arrays.pop("seen").astype(np.uint8), count=len(vocabulary)).astype(
            bool
        )
        objective = make_objective(network["loss"], about["labels"])
        get_activation(network["activation"])
        window = int(network["window"])
        depth = len(network["hidden"])
    except KeyError as error:
        raise InputError(f"{folder}: the model lacks {error}; it was changed") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{folder}: the model is damaged ({error})") from None
    _check_arrays(folder, arrays, len(vocabulary), window, depth, objective)
    return Tagger(
        WindowNetwork(arrays, window, network["activation"]),
        objective,
        Encoder(vocabulary, window),
        seen,
        about,
        history,
    )


def _check_arrays(
    folder: Path,
    arrays: dict[str, Floats],
    words: int,
    window: int,
    depth: int,
    objective: Objective,
) -> None:
    """Hold the arrays against each other: what is loaded must be able to run."""
    layers = [str(i) for i in range(1, depth + 1)] if depth > 1 else [""]
    expected: dict[str, tuple[int, ...]] = {}
    try:
        dimension = arrays["E"].shape[1]
        expected["E"] = (words, dimension)
        inputs = window * dimension
        for layer in layers:
            units = len(arrays["b" + layer])
            expected["W" + layer], expected["b" + layer] = (units, inputs), (units,)
            inputs = units
        expected["U"] = (objective.outputs, inputs)
    except (KeyError, IndexError) as error:
        raise InputError(f"{folder}: the weights lack {error}; the model was changed") from None
    expected.update({name: array.shape for name, array in objective.parameters().items()})
    for name, shape in expected.items():
        if name not in arrays or arrays[name].shape != shape:
            found = arrays[name].shape if name in arrays else "nothing"
            raise InputError(f"{folder}: weights {name}: expected the shape {shape}, found {found}")
        if not np.isfinite(arrays[name]).all():
            raise InputError(f"{folder}: weights {name}: a number is not finite")


__all__ = ["SPECIAL_WORDS", "Entity", "Tagger", "load_tagger"]
