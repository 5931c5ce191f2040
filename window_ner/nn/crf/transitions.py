"""The scores of a CRF that do not depend on the words."""

from typing import NamedTuple

from window_ner.nn.arrays import Floats


class Transitions(NamedTuple):
    """The score of each tag after each other tag, of the first tag and of the last tag.

    Gradients with respect to these scores have the same form.

    Attributes
    ----------
    between
        Floats of shape (K, K); ``between[i, j]`` is the score of tag j after tag i.
    start, end
        Floats of shape (K,): the scores of the first and of the last tag of a sentence.
    """

    between: Floats
    start: Floats
    end: Floats
