"""Settings of the inputs of a network: the word vector of a token, and its features."""

from window_ner.records import record
from window_ner.settings.checks import require, require_at_least, require_known

FLAGS = (
    "sentence-start",
    "sentence-capitals",
    "document-lower",
    "document-capitalised",
    "document-capitals",
)
"""Flags of a token, true or false: it is the first of its sentence; its whole sentence is in
capitals; its word also occurs in the document in lower case, capitalised inside a sentence, or in
capitals."""

CONTEXTS = ("sentence", "headline", "document")
"""The texts whose mean word vector can be an input; the headline is the first sentence."""


@record()
class VectorSettings:
    """Word vectors: names or files, concatenated; the number of words that a model keeps (0: all).

    ``random-50d`` starts with 50 random numbers for each word of the training data.

    ``rounded`` rounds each vector to one byte per number before training. A model with frozen
    vectors then takes a quarter of the disk space, and saving it loses nothing.
    """

    sets: tuple[str, ...] = ("glove-6b-50d",)
    most_frequent: int = 0
    rounded: bool = False

    def __post_init__(self) -> None:
        require(len(self.sets) > 0, "sets", self.sets, "at least one set of word vectors")
        require(self.most_frequent >= 0, "most_frequent", self.most_frequent, "0 (all) or more")


@record()
class FeatureSettings:
    """Features of a token in addition to its word vector; see `window_ner.data.features`.

    The number after a feature's name is the dimension of its vectors; 0 leaves the feature out. A
    form that occurs less often than ``min_count`` in the training data is unknown.
    """

    capitals: int = 0
    shape: int = 0
    shape_min_count: int = 3
    affixes: int = 0
    affixes_min_count: int = 4
    affixes_lengths: tuple[int, ...] = (1, 2, 3, 4)
    gazetteers: int = 0
    gazetteers_files: tuple[str, ...] = ()
    clusters: int = 0
    casing: int = 0
    columns: int = 0
    columns_numbers: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
    context: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        dimensions = "capitals", "shape", "affixes", "gazetteers", "clusters", "casing", "columns"
        require_at_least(0, self, dimensions, "a dimension, or 0")
        for name, given in (
            ("gazetteers_files", self.gazetteers_files),
            ("columns_numbers", self.columns_numbers),
        ):
            wanted = getattr(self, name.partition("_")[0]) > 0
            expected = "at least one if the dimension is not 0, else none"
            require(wanted == (len(given) > 0), name, list(given), expected)
        for name in ("affixes_lengths", "columns_numbers"):
            least = min(getattr(self, name), default=1)
            require(least >= 1, name, list(getattr(self, name)), "numbers from 1 on")
        for name, known in (("flags", FLAGS), ("context", CONTEXTS)):
            for value in getattr(self, name):
                require_known(name, value, known)
