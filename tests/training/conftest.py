"""What several tests of training share."""

import numpy as np
import pytest

from window_ner.data.word_vectors import WordVectors


@pytest.fixture(scope="session")
def vectors():
    """Random vectors of six numbers for the words of sentences like "Ann speaks Danish today"."""
    words = ["ann", "bob", "eva", "tom", "speaks", "danish", "today"]
    table = np.random.default_rng(0).normal(size=(len(words), 6)).astype(np.float32)
    return [WordVectors("tiny", words, table)]
