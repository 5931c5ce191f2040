import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from window_ner.data.windows import PADDING, EncodedSentences, pad_sentences, window_positions
from window_ner.nn.window_network import WindowBatch

odd_sizes = st.sampled_from([1, 3, 5, 7, 9])
sentence_lengths = st.lists(st.integers(0, 6), max_size=6)


def slow_windows(sentences, size, padding):
    """The windows of each token, one token after another."""
    edge = size // 2
    return [
        [
            sentence[place] if 0 <= place < len(sentence) else padding
            for place in range(centre - edge, centre + edge + 1)
        ]
        for sentence in sentences
        for centre in range(len(sentence))
    ]


@st.composite
def encoded(draw):
    """Sentences of tokens that are all different, with all kinds of inputs."""
    lengths = np.array(draw(sentence_lengths), dtype=np.int64)
    n = int(lengths.sum())
    return EncodedSentences(
        rows={
            "E": np.arange(1, n + 1, dtype=np.int32),
            "affixes": np.arange(1, 2 * n + 1, dtype=np.int32).reshape(n, 2),
        },
        lengths=lengths,
        size=draw(odd_sizes),
        flags=np.arange(1, 3 * n + 1, dtype=np.float32).reshape(n, 3),
        centre=np.arange(2 * n, dtype=np.float32).reshape(n, 2),
        context=np.arange(len(lengths), dtype=np.float32)[:, None] + 100,
    )


def split(text, values):
    """Split the values of all tokens into lists, one for each sentence."""
    ends = np.cumsum(text.lengths)
    return [values[end - n : end].tolist() for end, n in zip(ends, text.lengths, strict=True)]


@given(lengths=sentence_lengths, size=odd_sizes)
def test_the_gather_finds_the_windows_that_a_loop_over_the_tokens_finds(lengths, size):
    ids = np.arange(1, sum(lengths) + 1, dtype=np.int32)
    positions, padded_length = window_positions(np.array(lengths, dtype=np.int64), size)
    row = pad_sentences(ids, positions, padded_length)
    ends = np.cumsum(lengths, dtype=int)
    sentences = [ids[end - n : end].tolist() for end, n in zip(ends, lengths, strict=True)]
    assert row[positions].tolist() == slow_windows(sentences, size, PADDING)
    assert len(row) == padded_length
    assert row.dtype == ids.dtype


def test_a_window_of_five_is_the_example_of_the_lecture():
    sentence = ["museums", "in", "Paris", "are", "amazing"]
    positions, length = window_positions(np.array([5]), 5)
    row = pad_sentences(np.arange(1, 6), positions, length)
    words = ["<padding>", *sentence]
    assert [words[i] for i in row[positions[2]]] == sentence
    assert [words[i] for i in row[positions[0]]] == ["<padding>", "<padding>", *sentence[:3]]


def test_a_window_of_one_is_its_centre():
    positions, length = window_positions(np.array([2, 1]), 1)
    assert_array_equal(positions, [[0], [1], [2]])
    assert length == 3


@pytest.mark.parametrize("size", [0, 2, 4, -1, -3])
def test_a_window_without_a_centre_is_refused(size):
    with pytest.raises(ValueError, match=f"its size must be odd; got {size}"):
        window_positions(np.array([3]), size)


def test_a_sentence_may_be_very_long():
    n = 100_000
    positions, length = window_positions(np.array([n]), 5)
    row = pad_sentences(np.arange(1, n + 1), positions, length)
    assert_array_equal(row[positions[-1]], [n - 2, n - 1, n, PADDING, PADDING])


def assert_batch(batch, text, tokens, places_of):
    """Compare a batch with the windows of these tokens from the slow loop."""
    for table, rows in text.rows.items():
        padding = PADDING if rows.ndim == 1 else [PADDING] * rows.shape[1]
        slow = slow_windows(split(text, rows), text.size, padding)
        assert places_of(batch.rows[table]).tolist() == [slow[t] for t in tokens]
        assert batch.rows[table].dtype == rows.dtype
    slow = slow_windows(split(text, text.flags), text.size, [0.0] * 3)
    assert places_of(batch.flags).tolist() == [slow[t] for t in tokens]
    sentence = np.repeat(np.arange(len(text.lengths)), text.lengths)
    assert batch.centre.tolist() == [[*text.centre[t], *text.context[sentence[t]]] for t in tokens]


@given(text=encoded(), data=st.data())
def test_the_windows_of_any_tokens_are_taken(text, data):
    n = len(text)
    tokens = np.array(data.draw(st.lists(st.integers(0, n - 1))) if n else [], dtype=np.int64)
    batch = text.windows(tokens)
    assert batch.windows is None

    def places_of(values):
        return values.reshape(len(tokens), text.size, *values.shape[1:])

    assert_batch(batch, text, tokens, places_of)


@given(text=encoded(), data=st.data())
def test_the_windows_of_any_sentences_are_taken(text, data):
    count = len(text.lengths)
    chosen = data.draw(st.lists(st.integers(0, count - 1))) if count else []
    which = np.array(chosen, dtype=np.int64)
    tokens = [t for s in which for t in range(text.starts[s], text.starts[s] + text.lengths[s])]
    assert text.tokens(which).tolist() == tokens
    batch = text.sentences(which)
    assert batch.windows.shape == (len(tokens), text.size)
    assert_batch(batch, text, tokens, lambda values: values[batch.windows])


def test_the_windows_of_a_sentence_share_their_places():
    text = EncodedSentences({"E": np.arange(1, 101)}, np.array([100]), 5)
    assert len(text.sentences(np.array([0])).rows["E"]) == 104
    assert len(text.windows(np.arange(100)).rows["E"]) == 500


def test_inputs_that_are_missing_are_left_out():
    text = EncodedSentences({"E": np.array([3, 4])}, np.array([2]), 3)
    for batch in (text.windows(np.array([1])), text.sentences(np.array([0]))):
        assert isinstance(batch, WindowBatch)
        assert batch.flags is None
        assert batch.centre is None
    assert len(text) == 2
