"""The weights that a training begins with if it starts from a trained model.

All layers go on but the last. The last keeps the rows of the tags that both models have. A new
label begins with the rows of the old label that the model finds most in its names: a model that
knows persons has a good start on politicians.

New labels need to see in a window what the old ones did not, and few sentences do not change
trained units much. So the last hidden layer gets further units with random weights. They have no
effect on the tags that both models have until they are trained: their columns of U begin with 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from window_ner.data.corpus import Corpus, Document
from window_ner.data.encoder import Encoder
from window_ner.model.model import Model
from window_ner.model.objectives.base import Objective
from window_ner.model.scorer import Scorer
from window_ner.nn.arrays import Floats
from window_ner.nn.crf.legality import IMPOSSIBLE
from window_ner.settings.tables import NetworkSettings
from window_ner.training.new_model import draw_scorer

TAG_AXES = {"U": (0,), "start": (0,), "end": (0,), "transitions": (0, 1)}
"""The axes of the parameters that have an entry for each tag."""

_SENTENCES = 2_000
"""Sentences with names in which a model looks for labels that resemble the new ones."""


@dataclass(frozen=True)
class Start:
    """The trained scorer that a training starts from.

    Attributes
    ----------
    scorer
        The scorer of the trained model.
    labels
        The labels of the new model.
    like
        For a new label, the label of the trained model whose weights it begins with. A label that
        is missing here begins with random weights.
    learned
        The labels whose weights are trained if those of the others stay as they are, see
        `window_ner.training.kept_weights`. None if all weights are trained.
    new_units
        The number of units that the last hidden layer gets.
    """

    scorer: Scorer
    labels: tuple[str, ...]
    like: Mapping[str, str] = field(default_factory=dict)
    learned: tuple[str, ...] | None = None
    new_units: int = 0

    @classmethod
    def from_model(
        cls,
        base: Model,
        corpus: Corpus,
        labels: Sequence[str],
        *,
        keep_labels: bool = False,
        new_units: int = 0,
    ) -> "Start":
        """Start from a model.

        A label that stays keeps its weights to itself: a new one that began with the same would
        take its names.

        Parameters
        ----------
        base
            The trained model.
        corpus, labels
            The training data and the labels of the new model.
        keep_labels
            Whether the labels stay that the training data does not annotate.
        new_units
            The units to add if there are new labels, or old ones to keep.
        """
        new = [label for label in labels if label not in base.about.labels]
        like = resembling_labels(base, corpus, new)
        free = {label: old for label, old in like.items() if old not in labels}
        has_layer = bool(base.about.settings.network.hidden)
        units = new_units if has_layer and (new or keep_labels) else 0
        learned = corpus.labels if keep_labels else None
        return cls(base.scorer, tuple(labels), free, learned, units)

    @property
    def grown(self) -> tuple[str, ...]:
        """The parameters that get a row for each new unit: W and b of the last hidden layer."""
        if not self.new_units:
            return ()
        layer = self.scorer.network.layers[-1]
        return "W" + layer, "b" + layer

    @property
    def trained_units(self) -> int:
        """The number of units that the last hidden layer of the trained network has."""
        return int(self.scorer.network.parameters["U"].shape[1])

    def with_new_units(self, settings: NetworkSettings) -> NetworkSettings:
        """Return the settings of the network that `draw` draws."""
        if not self.new_units:
            return settings
        hidden = (*settings.hidden[:-1], self.trained_units + self.new_units)
        return replace(settings, hidden=hidden)

    def draw(
        self,
        settings: NetworkSettings,
        table: Floats,
        encoder: Encoder,
        rng: np.random.Generator,
        centre: int = 0,
    ) -> Scorer:
        """Draw a scorer as `draw_scorer` does, then copy the trained weights into it.

        The ``centre`` inputs from a first pass, which the trained scorer does not have, get weights
        of zero, so that the training begins with what the trained scorer does.
        """
        drawn = draw_scorer(settings, table, encoder, self.labels, rng, centre)
        windows = encoder.window * (table.shape[1] + encoder.features.dimension)
        first_layer = next((n for n in ("W", "W1") if n in self.scorer.parameters), "U")
        weights = dict(drawn.parameters)
        for name, parameter in self.scorer.parameters.items():
            if name in ("E", "temperature"):
                continue
            trained = np.array(parameter, dtype=np.float32)
            if centre and name == first_layer:
                trained = np.insert(trained, [windows] * centre, 0, axis=1)
            if name == "U":
                trained = np.pad(trained, ((0, 0), (0, self.new_units)))
            if name in self.grown:
                trained = np.concatenate([trained, weights[name][len(trained) :]])
            if name in TAG_AXES:
                trained = self._of_tags(trained, weights[name], drawn.objective, TAG_AXES[name])
            weights[name] = trained
        return drawn.with_parameters(weights)

    def _of_tags(
        self, trained: Floats, drawn: Floats, after: Objective, axes: tuple[int, ...]
    ) -> Floats:
        """Copy the entries of tags, along these axes, to the tags that they are for."""
        number = {tag: i for i, tag in enumerate(self.scorer.objective.tags)}
        pairs = [(i, number.get(self._old_tag(tag), -1)) for i, tag in enumerate(after.tags)]
        new, old = (np.array(side) for side in zip(*(p for p in pairs if p[1] >= 0), strict=True))
        merged = drawn.copy()
        merged[np.ix_(*[new] * len(axes))] = trained[np.ix_(*[old] * len(axes))]
        # two labels that begin as the same label: what may not follow may still not follow
        return np.where(drawn <= IMPOSSIBLE / 2, drawn, merged)

    def _old_tag(self, tag: str) -> str:
        """Return the tag of the trained model for a tag of the new one."""
        return tag[:2] + self.like.get(tag[2:], tag[2:])


def resembling_labels(base: Model, corpus: Corpus, labels: Sequence[str]) -> dict[str, str]:
    """Find the label of a model that is most probable in the names of each new label.

    The result lacks the labels in whose names the model finds nothing.
    """
    if not labels or not base.about.labels:
        return {}
    sentences = [s for s in corpus.sentences if any(tag != "O" for tag in s.tags)]
    few = replace(corpus, documents=(Document(tuple(sentences[:_SENTENCES])),), has_documents=False)
    marginals = base.scored(base.encode_corpus(few)).marginals()
    old = sorted(base.about.labels)
    of_label = np.array([[tag[2:] == label for label in old] for tag in base.objective.tags])
    found = marginals @ of_label  # (N, L) the probability of each old label
    true = np.array([tag[2:] for s in few.sentences for tag in s.tags])
    sums = {label: found[true == label].sum(axis=0) for label in labels}
    return {label: old[int(mass.argmax())] for label, mass in sums.items() if mass.any()}
