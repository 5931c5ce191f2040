"""Mutated corpora and word vectors: each is refused in one line, or read correctly.

WINDOW_NER_FUZZ says how many, WINDOW_NER_SEED repeats a run.
"""

import gzip
import os
import random
import time
from collections import Counter, defaultdict

import numpy as np
import pytest

from window_ner.data.conll import format_conll, parse_conll, read_conll
from window_ner.data.formats.reading import read_corpus as read_any_corpus
from window_ner.data.gazetteers import read_gazetteer
from window_ner.data.tag_schemes import SCHEMES
from window_ner.data.word_vectors import load_word_vectors
from window_ner.errors import InputError

COUNT = int(os.environ.get("WINDOW_NER_FUZZ", "200"))
SEED = int(os.environ.get("WINDOW_NER_SEED", "0"))
SECONDS = 10

CORPUS = """-DOCSTART- -X- -X- O

EU NNP I-NP B-ORG
rejects VBZ I-VP O
German JJ I-NP B-MISC

Peter NNP I-NP B-PER
Blackburn NNP I-NP I-PER

-DOCSTART- -X- -X- O

# a comment
# NNP I-NP O
Müller NNP I-NP S-PER
"""
CORPORA = [
    CORPUS.encode(),
    CORPUS.replace(" ", "\t").replace("\n", "\r\n").encode("utf-8-sig"),
    gzip.compress(CORPUS.encode()),
    b"Oslo B-LOC\nLee\tB-PER\n\nBob U-PER\nsaw O\n",
]
ANNOTATED = [
    b'{"text": "In Oslo.", "entities": [{"start": 3, "end": 7, "label": "LOC", "text": "Oslo"}]}\n'
    b'{"text": "\xf0\x9f\x98\x80 Lee", "label": [[2, 5, "PER"]], "annotated": ["PER"]}\n',
    b'[["In Oslo.", {"entities": [[3, 7, "LOC"]]}],\n{"text": "", "spans": []}]',
    b'[{"data": {"text": "In Oslo."}, "annotations": [{"result": [{"value":\n'
    b'{"start": 3, "end": 7, "text": "Oslo", "labels": ["LOC"]}}]}]}]\n',
    b"In [Oslo | LOC].\r\n\nIt [Lee|PER] 0.9 [Bob Lee | PER 0.93]\n",
    b'text,name,label\n"In Oslo, again.",Oslo,LOC\nAnn Lee,Lee,PER\n,Ann,PER\n',
    b"id;text\n1;In [Oslo | LOC]\n",
    *CORPORA,
]
ENDINGS = ["", ".jsonl", ".json", ".csv", ".tsv", ".txt", ".conll"]
VECTORS = [
    b"the 0.1 -0.2 3e-2\nof 1 2 3\n\xc3\xa9t\xc3\xa9 -1 .5 0\n",
    b"3 2\nthe 0.1 -0.2\nof 1 2\nOslo 0 1\n",
    gzip.compress(b"the 0.1 -0.2\nof 1 2\n"),
    b"2 2\nthe " + np.array([1, 2], np.float32).tobytes() + b"of " + bytes(8),
]
NASTY = [
    *[
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\r",
        b"\x0b",
        b"\x85",
        b"\xc2\x85",
        b"\t",
    ],
    *[b" ", "\u200b".encode(), "\u2028".encode(), "\u3000".encode(), "\u202e".encode()],
    *[
        b"#",
        b"# ",
        b"-DOCSTART-",
        b"B-",
        b"-PER",
        b"I-PER",
        b"X-PER",
        b"B-PER-X",
        b"O ",
        b" O",
        b"o",
    ],
    *[
        b"nan",
        b"inf",
        b"-inf",
        b"1e999",
        b"1e-999",
        b"1_0",
        b"0x1",
        b"1,5",
        b"99999999999",
        b"-1 4",
    ],
    *[b"a" * 100_000, b" " * 1000, b"\n" * 1000, b"x O\n" * 1000, b"\x1f\x8b", b"\x80\x04\x95"],
]


def mutate(rng, data):
    """Change bytes, fields and lines."""
    kind, place = rng.randrange(9), rng.randrange(len(data) + 1)
    length = min(rng.randrange(1, 30), len(data))
    if kind == 0:
        return data[:place]
    if kind == 1 and place < len(data):
        return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]
    if kind == 2:
        return data[:place] + data[place + length :]
    if kind == 3:
        return data[:place] + rng.randbytes(length) + data[place:]
    if kind <= 5:
        return data[:place] + rng.choice(NASTY) + data[place:]
    lines = data.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    if kind == 6:
        lines[one], lines[other] = lines[other], lines[one]
    elif kind == 7:
        lines[one:one] = [lines[other]] * rng.choice([1, 2, 500])
    else:
        fields = lines[one].split(b" ")
        fields[rng.randrange(len(fields))] = rng.choice([*NASTY, *lines[other].split(b" ")])
        lines[one] = b" ".join(fields)
    return b"\n".join(lines)


def read_corpus(path, rng):
    """Read a corpus in a given or detected scheme; check that it can be written and read back."""
    scheme = rng.choice([None] * 8 + list(SCHEMES))
    corpus = read_conll(path, scheme)
    assert corpus.token_count > 0
    for sentence in corpus.sentences:
        assert len(sentence.tokens) == len(sentence.tags) > 0
        assert all(token.strip() for token in sentence.tokens)
    try:
        written = format_conll(corpus.documents, mark_documents=corpus.has_documents)
    except ValueError:
        return  # such as a column with a lone carriage return in it
    again = parse_conll(written)
    assert [s.tokens for s in again.sentences] == [s.tokens for s in corpus.sentences]
    assert [s.tags for s in again.sentences] == [s.tags for s in corpus.sentences]


def read_any(path, rng):
    """Read a file with any ending; check that there is a tag for each token."""
    named = path.rename(path.with_suffix(rng.choice(ENDINGS)))
    corpus = read_any_corpus(named)
    assert corpus.token_count > 0
    for sentence in corpus.sentences:
        assert len(sentence.tokens) == len(sentence.tags) > 0
        assert all(token.strip() for token in sentence.tokens)


def read_vectors(path, rng):
    """Read word vectors twice: by gensim, and from the cache."""
    for _ in range(2):
        vectors = load_word_vectors(str(path))
        assert vectors.table.shape == (len(vectors.words), vectors.dimension)
        assert vectors.table.dtype == np.float32
        assert np.isfinite(vectors.table).all()


def read_names(path, rng):
    assert all(read_gazetteer(path).values())


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINDOW_NER_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.mark.parametrize(
    ("read", "originals", "share"),
    [
        (read_corpus, CORPORA, 1),
        (read_any, ANNOTATED, 1),
        (read_names, [b"Oslo\nBob Lee # who\n\n"], 5),
        (read_vectors, VECTORS, 5),
    ],
)
def test_a_mutated_file_is_refused_in_one_line_or_read(read, originals, share, tmp_path):
    print(f"WINDOW_NER_SEED={SEED}")
    outcomes, failures = Counter(), defaultdict(list)
    for number in range(COUNT // share):
        rng = random.Random(f"{SEED} {number}")
        original = rng.choice(originals)
        mutated = original
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            mutated = mutate(rng, mutated)
        path = tmp_path / ("file.gz" if original[:2] == b"\x1f\x8b" else "file")
        path.write_bytes(mutated)
        started = time.process_time()
        try:
            read(path, rng)
        except InputError as error:
            if "\n" in str(error):
                failures[repr(error)].append(mutated)
            outcomes["refused"] += 1
        except Exception as error:
            failures[f"{error!r:.200}"].append(mutated)
        else:
            outcomes["read"] += 1
        if time.process_time() - started > SECONDS:
            failures["takes too long"].append(mutated)
    print(f"{COUNT // share} mutated files, {read.__name__}: {dict(outcomes)}")
    assert not failures, "\n".join(f"{len(w)}: {e}, {w[0]!r:.400}" for e, w in failures.items())
    assert min(outcomes.values()) > COUNT // share // 20
