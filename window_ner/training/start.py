"""The weights that a training begins with if it starts from a trained model.

All layers go on but the last. The last keeps the rows of the tags that both models have. A new
label begins with a weighted mean of rows: those of the labels, old and fine ones
(`window_ner.model.fine_labels`), that the model finds in its names. One that knows organisations
and bands has a good start on orchestras.

New labels need to see in a window what the old ones did not, and few sentences do not change
trained units much. So the last hidden layer gets further units: those of the fine labels, or some
with random weights. They have no effect on the tags that both models have until they are trained:
their columns of U begin with 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from window_ner.data.corpus import Corpus
from window_ner.data.encoder import Encoder
from window_ner.errors import listed
from window_ner.model.fine_labels import FineLabels
from window_ner.model.model import Model
from window_ner.model.objectives.base import Objective
from window_ner.model.scorer import Scorer
from window_ner.nn.arrays import Floats
from window_ner.nn.crf.legality import IMPOSSIBLE
from window_ner.settings.tables import NetworkSettings, StartSettings
from window_ner.training.new_model import draw_scorer
from window_ner.training.resembling_labels import resembling_labels

TAG_AXES = {"U": (0,), "start": (0,), "end": (0,), "transitions": (0, 1)}
"""The axes of the parameters that have an entry for each tag."""


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
        For a new label, the labels or fine labels of the trained model whose weights it begins
        with, and how much of each. A label that is missing here begins with random weights.
    learned
        The labels whose weights are trained if those of the others stay as they are, see
        `window_ner.training.kept_weights`. None if all weights are trained.
    new_units
        The number of units that the last hidden layer gets.
    fine
        The fine labels of the trained model, if new labels begin with them.
    """

    scorer: Scorer
    labels: tuple[str, ...]
    like: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    learned: tuple[str, ...] | None = None
    new_units: int = 0
    fine: FineLabels | None = None

    @classmethod
    def from_model(
        cls,
        base: Model,
        corpus: Corpus,
        labels: Sequence[str],
        *,
        keep_labels: bool = False,
        settings: StartSettings,
    ) -> "Start":
        """Start from a model.

        Parameters
        ----------
        base
            The trained model.
        corpus, labels
            The training data and the labels of the new model.
        keep_labels
            Whether the labels stay that the training data does not annotate.
        settings
            Which weights are trained, and how many units are added.
        """
        new = [label for label in labels if label not in base.about.labels]
        fine, units = base.fine_labels if new else None, 0
        if base.about.settings.network.hidden and (new or keep_labels):
            units = settings.new_units if fine is None else len(fine.b)
        learned = corpus.labels if keep_labels or settings.freeze else None
        like = resembling_labels(base, corpus, labels)
        return cls(base.scorer, tuple(labels), like, learned, units, fine)

    @property
    def grown(self) -> tuple[str, ...]:
        """The parameters that get a row for each new unit: W and b of the last hidden layer."""
        if not self.new_units:
            return ()
        layer = self.scorer.network.layers[-1]
        return "W" + layer, "b" + layer

    @property
    def note(self) -> str:
        """What new labels begin as, in words; empty if the model has no fine labels."""
        if self.fine is None or not self.like:
            return ""
        pairs = [f"{label} as {'/'.join(old)}" for label, old in sorted(self.like.items())]
        return f"new labels begin as labels that the model knows: {listed(pairs)}"

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
        for name, parameter in self._trained_weights().items():
            if name in ("E", "temperature"):
                continue
            trained = np.array(parameter, dtype=np.float32)
            if centre and name == first_layer:
                trained = np.insert(trained, [windows] * centre, 0, axis=1)
            if name in self.grown:
                trained = np.concatenate([trained, weights[name][len(trained) :]])
            if name == "U":
                trained = np.pad(trained, ((0, 0), (0, weights["U"].shape[1] - trained.shape[1])))
                trained = self._rows_of_tags(trained, weights["U"], drawn.objective)
            elif name in TAG_AXES:
                trained = self._of_tags(trained, weights[name], drawn.objective, TAG_AXES[name])
            weights[name] = trained
        return drawn.with_parameters(weights)

    def _trained_weights(self) -> dict[str, Floats]:
        """Return the parameters of the trained scorer; U has the rows of its fine tags below."""
        weights = self.scorer.parameters
        if self.fine is None:
            return weights
        rows = np.pad(weights["U"], ((0, 0), (0, self.new_units)))
        U = np.concatenate([rows, self.fine.U])
        return {**weights, **self.fine.wider_layer(self.scorer.network), "U": U}

    def _rows_of_tags(self, trained: Floats, drawn: Floats, after: Objective) -> Floats:
        """Return U of the new model: the row of an old tag, a mean of rows, or the drawn row."""
        old = {tag: i for i, tag in enumerate(self.scorer.objective.tags)}
        begins = dict(old)
        if self.fine is not None:  # their rows are below those of the old tags
            for i, tag in enumerate(self.fine.tags):
                begins.setdefault(tag, len(old) + i)
        rows = drawn.copy()
        for i, tag in enumerate(after.tags):
            if tag in old:
                rows[i] = trained[old[tag]]
            elif like := self.like.get(tag[2:]):
                numbers = [begins[tag[:2] + label] for label in like]
                rows[i] = np.average(trained[numbers], axis=0, weights=[*like.values()])
        return rows

    def _of_tags(
        self, trained: Floats, drawn: Floats, after: Objective, axes: tuple[int, ...]
    ) -> Floats:
        """Copy the entries of tags, along these axes.

        A new label takes those of the label that is the largest part of it. Fine labels have no
        such entries: where one is the largest part, what was drawn stays.
        """
        number = {tag: i for i, tag in enumerate(self.scorer.objective.tags)}
        pairs = []
        for i, tag in enumerate(after.tags):
            most = next(iter(self.like.get(tag[2:], [tag[2:]])))
            if tag[:2] + most in number:
                pairs.append((i, number[tag[:2] + most]))
        new, old = (np.array(side) for side in zip(*pairs, strict=True))
        merged = drawn.copy()
        merged[np.ix_(*[new] * len(axes))] = trained[np.ix_(*[old] * len(axes))]
        # two labels that begin as the same label: what may not follow may still not follow
        return np.where(drawn <= IMPOSSIBLE / 2, drawn, merged)
