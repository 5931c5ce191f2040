"""What a model knows of finer labels, for trainings that start from it.

A model with the label ORG need not see what tells a band from a bank. A training that starts from
it for the label BAND would have to learn that from few sentences. So a model can have hidden units
h' and rows of U for many fine labels. They are learned while all other weights stay as they are::

    h = f(W x + b)            the last hidden layer
    h' = f(W' x + b')
    s_fine = U_fine [h; h']   (K,) a score for each tag of the fine labels

Tagging does not use them. A training for new labels begins with them: `window_ner.training.start`.
"""

from collections.abc import Mapping

import numpy as np

from window_ner.data.windows import EncodedSentences
from window_ner.model.array_checks import check_arrays
from window_ner.model.objectives.registry import make_objective
from window_ner.model.scorer import Scorer
from window_ner.nn.arrays import Floats
from window_ner.nn.window_network import WindowNetwork
from window_ner.records import record


@record(eq=False)
class FineLabels:
    """Weights for fine labels, beside the weights of a model.

    Attributes
    ----------
    labels
        The fine labels, such as ``band`` and ``drug``.
    W, b
        (H', in), (H',) the weights of the further units of the last hidden layer.
    U
        (K, H + H') the weights of the tags of the fine labels, in the order of `tags`.
    """

    labels: tuple[str, ...]
    W: Floats
    b: Floats
    U: Floats

    @classmethod
    def of_training(cls, labels: tuple[str, ...], scorer: Scorer, trained: Scorer) -> "FineLabels":
        """Take the weights from a training for the fine labels.

        Parameters
        ----------
        labels
            The fine labels.
        scorer, trained
            The scorer that the training started from, and the one after it.

        Raises
        ------
        ValueError
            If the training changed weights that ``scorer`` had.
        """
        layer, weights = scorer.network.layers[-1], trained.network.parameters
        old = scorer.network.parameters["W" + layer]
        if not np.array_equal(weights["W" + layer][: len(old)], old):
            raise ValueError("the fine labels were learned with other weights")
        W, b = (weights[name + layer][len(old) :].copy() for name in ("W", "b"))
        return cls(labels, W, b, weights["U"].copy())

    @classmethod
    def from_arrays(
        cls, labels: tuple[str, ...], arrays: Mapping[str, Floats], scorer: Scorer
    ) -> "FineLabels":
        """Read what `arrays` returned.

        Raises
        ------
        ValueError
            If an array is missing, or does not match the labels or the network.
        """
        if not scorer.network.layers:
            raise ValueError("fine labels need a hidden layer")
        hidden, inputs = scorer.network.parameters["W" + scorer.network.layers[-1]].shape
        units = arrays["b"].size if "b" in arrays else 0
        tags = make_objective("softmax", labels).outputs
        shapes = {"W": (units, inputs), "b": (units,), "U": (tags, hidden + units)}
        check_arrays(arrays, shapes, "fine labels")
        return cls(labels, **{name: arrays[name] for name in shapes})

    @property
    def arrays(self) -> dict[str, Floats]:
        """The weights by name."""
        return {"W": self.W, "b": self.b, "U": self.U}

    @property
    def tags(self) -> list[str]:
        """The tag of each row of U."""
        return list(make_objective("softmax", self.labels).tags)

    def wider_layer(self, network: WindowNetwork) -> dict[str, Floats]:
        """Return W and b of the last hidden layer of a network with the further units, by name."""
        layer, own = network.layers[-1], network.parameters
        return {n + layer: np.concatenate([own[n + layer], self.arrays[n]]) for n in ("W", "b")}

    def probabilities(self, scorer: Scorer, text: EncodedSentences) -> Floats:
        """Return the probability of each fine tag at each token, each token on its own: (N, K).

        ``scorer`` is that of the model whose fine labels these are.
        """
        network = scorer.network
        weights = {**network.parameters, **self.wider_layer(network), "U": self.U}
        network = network.with_parameters(weights)
        return Scorer(network, make_objective("softmax", self.labels)).scored(text).marginals()
