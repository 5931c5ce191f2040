import json

import pytest

from window_ner.data.formats.reading import read_corpus
from window_ner.data.tag_schemes import spans_of


@pytest.fixture
def read(tmp_path):
    """Write a file and read it as a corpus; records are written as a JSON object a line."""

    def write_and_read(content, name="my.jsonl"):
        path = tmp_path / name
        if isinstance(content, list):
            content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_corpus(path)

    return write_and_read


@pytest.fixture
def names():
    """List the names of each document: tokens joined by spaces, and the label."""

    def names_of(corpus):
        return [
            [
                f"{' '.join(sentence.tokens[start:end])}/{label}"
                for sentence in document.sentences
                for start, end, label in spans_of(sentence.tags)
            ]
            for document in corpus.documents
        ]

    return names_of
