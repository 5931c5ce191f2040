"""Runs forward-backward over any number of sentences, a few thousand tokens at a time."""

from collections.abc import Iterator

from window_ner.nn.arrays import Floats, Ints
from window_ner.nn.crf.arithmetic import LOGARITHMS, NUMBERS, NUMBERS_ROW_BY_ROW, Arithmetic
from window_ner.nn.crf.forward_backward import ForwardBackward, forward_backward
from window_ner.nn.crf.legality import find_legality
from window_ner.nn.crf.packing import SENTENCES, TOKENS, packings
from window_ner.nn.crf.restricted import Booleans, restricted_forward_backward
from window_ner.nn.crf.transitions import Transitions


def lattices(
    emissions: Floats,
    first: Ints,
    lengths: Ints,
    transitions: Transitions,
    exact: bool = False,
    numbers: Arithmetic = NUMBERS,
    allowed: Booleans | None = None,
) -> Iterator[ForwardBackward]:
    """Run forward-backward over the given sentences, a few thousand tokens at a time.

    With `allowed`, booleans of shape (N, K), only over the paths of these tags.
    """
    for packing in packings(first, lengths, SENTENCES, TOKENS):
        if allowed is None:
            yield forward_backward(emissions, packing, transitions, exact, numbers)
        else:
            yield restricted_forward_backward(emissions, allowed, packing, transitions)


def independent_lattices(
    emissions: Floats,
    first: Ints,
    lengths: Ints,
    transitions: Transitions,
    exact: bool = False,
) -> Iterator[ForwardBackward]:
    """Run forward-backward so that no number of a sentence depends on the other sentences.

    If one sentence needs logarithms, the others do not get them with it.
    """
    how = transitions, exact, NUMBERS_ROW_BY_ROW
    for lattice in lattices(emissions, first, lengths, *how):
        sentences = lattice.packing.sentences
        if (
            lattice.arithmetic is not LOGARITHMS
            or exact
            or find_legality(transitions).steps is None  # logarithms for every sentence
        ):
            yield lattice
            continue
        for one in sentences.tolist():
            which = slice(one, one + 1)
            for alone in lattices(emissions, first[which], lengths[which], *how):
                packing = alone.packing._replace(sentences=sentences[sentences == one])
                yield alone._replace(packing=packing)
