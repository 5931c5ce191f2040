"""The sample corpus has the properties that its README lists."""

import re
from collections import Counter
from itertools import combinations

import pytest

from window_ner.data.conll import format_conll, read_conll
from window_ner.data.tag_schemes import spans_of
from window_ner.storage.resources import resource_folder

FOLDER = resource_folder("data/sample")
SPLITS = ("train", "dev", "test")
LABELS = ("PER", "ORG", "LOC", "MISC")


@pytest.fixture(scope="module")
def sample():
    """The splits by name; reading them as IOB2 refuses any other tag, with its line."""
    return {split: read_conll(FOLDER / f"{split}.conll", "IOB2") for split in SPLITS}


def names_of(corpus):
    """The names of a split, each as its tokens and its label."""
    return [
        (s.tokens[start:end], label)
        for s in corpus.sentences
        for start, end, label in spans_of(s.tags)
    ]


def distinct_names(corpus):
    return {tokens for tokens, _ in names_of(corpus)}


def runs(document, length):
    """All sequences of this number of words within a sentence, in lower case."""
    for sentence in document.sentences:
        words = [token.lower() for token in sentence.tokens]
        for start in range(len(words) - length + 1):
            yield tuple(words[start : start + length])


def table_row(split, sample):
    """The correct row of a split for the README's table."""
    corpus, names = sample[split], names_of(sample[split])
    count = Counter(label for _, label in names)
    distinct = distinct_names(corpus)
    new = len(distinct - distinct_names(sample["train"])) if split != "train" else "-"
    counts = [len(corpus.documents), len(corpus.sentences), corpus.token_count]
    counts += [*(count[label] for label in LABELS), len(names), len(distinct), new]
    return f"| {split} | {' | '.join(f'{n:,}' if n != '-' else n for n in counts)} |"


def test_the_counts_in_the_readme_are_those_of_the_corpus(sample):
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    written = [line for line in readme.splitlines() if re.match(rf"\| ({'|'.join(SPLITS)}) ", line)]
    assert "\n".join(written) == "\n".join(table_row(split, sample) for split in SPLITS)


def test_it_is_large_enough(sample):
    assert sum(len(corpus.documents) for corpus in sample.values()) >= 60
    assert sum(len(corpus.sentences) for corpus in sample.values()) >= 900
    assert sum(corpus.token_count for corpus in sample.values()) >= 16_000


@pytest.mark.parametrize("split", SPLITS)
def test_it_is_written_as_we_write_corpora(sample, split):
    text = (FOLDER / f"{split}.conll").read_text(encoding="utf-8")
    assert format_conll(sample[split].documents).rstrip() == text.rstrip()


@pytest.mark.parametrize("split", SPLITS)
def test_its_tokens_have_no_white_space_and_its_spelling_is_plain(sample, split):
    for sentence in sample[split].sentences:
        for token in sentence.tokens:
            assert not re.search(r"\s", token), token
            assert token.isprintable(), token
            assert not set("“”‘’—–…[]") & set(token), token


def test_punctuation_is_a_separate_token(sample):
    glued = {
        token
        for corpus in sample.values()
        for sentence in corpus.sentences
        for token in sentence.tokens
        if len(token) > 1
        and (re.search(r"[,;:?!\"()]$|^[\"()]", token) or re.search(r"\w('s|n't)$", token))
        and token != "n't"
    }
    assert not glued


def test_no_sentence_occurs_twice(sample):
    sentences = Counter(
        tuple(token.lower() for token in sentence.tokens)
        for corpus in sample.values()
        for sentence in corpus.sentences
    )
    assert [" ".join(tokens) for tokens, count in sentences.items() if count > 1] == []


def test_no_document_is_in_two_splits_or_made_of_another(sample):
    """No two documents share a sequence of six words."""
    documents = [document for corpus in sample.values() for document in corpus.documents]
    shared = Counter(run for document in documents for run in set(runs(document, 6)))
    assert [" ".join(run) for run, count in shared.items() if count > 1] == []


def test_documents_are_whole(sample):
    for corpus in sample.values():
        assert corpus.has_documents
        assert min(len(document.sentences) for document in corpus.documents) >= 10


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_has_all_labels(sample, split):
    assert sample[split].labels == tuple(sorted(LABELS))
    assert min(Counter(label for _, label in names_of(sample[split])).values()) >= 20


@pytest.mark.parametrize("split", ["dev", "test"])
def test_a_third_of_the_names_at_least_never_occurs_in_train(sample, split):
    names = distinct_names(sample[split])
    assert len(names - distinct_names(sample["train"])) >= len(names) / 3


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_has_sentences_without_a_name_and_headlines_in_capitals(sample, split):
    sentences = sample[split].sentences
    assert sum(set(s.tags) == {"O"} for s in sentences) >= len(sentences) / 10
    assert any(s.tags != ("O",) * len(s) and " ".join(s.tokens).isupper() for s in sentences)


def test_the_same_string_has_several_labels_where_the_guide_says_so(sample):
    labels = {}
    for corpus in sample.values():
        for tokens, label in names_of(corpus):
            labels.setdefault(" ".join(tokens), set()).add(label)
    assert labels["Jordan"] == {"LOC", "PER"}
    assert labels["Amazon"] == {"LOC", "ORG"}
    assert labels["Chelsea"] == {"LOC", "ORG", "PER"}
    for name in ("Hurricane Odalys", "Baraka 5", "FTSE 100"):
        assert labels[name] == {"MISC"}
    for name in ("Tamada", "U.S. National Hurricane Center"):
        assert labels[name] == {"ORG"}
    assert labels["Museum Verschueren"] == {"LOC"}
    assert labels["Saskatoon Sally"] == {"PER"}


def test_a_name_of_two_words_has_one_label_except_for_a_company_and_its_founder(sample):
    found = {name for corpus in sample.values() for name in names_of(corpus) if len(name[0]) > 1}
    two = [" ".join(a) for (a, x), (b, y) in combinations(sorted(found), 2) if a == b and x != y]
    assert two == ["Van Loon"]


def test_titles_are_no_part_of_names(sample):
    titles = {"Mr.", "Mrs.", "Ms.", "Dr.", "Prof.", "President", "Sen.", "Gov.", "Judge"}
    people = {
        tokens for corpus in sample.values() for tokens, label in names_of(corpus) if label == "PER"
    }
    assert {tokens for tokens in people if tokens[0] in titles} == set()


def test_names_do_not_begin_or_end_with_punctuation(sample):
    for corpus in sample.values():
        for tokens in distinct_names(corpus):
            assert {tokens[0], tokens[-1]}.isdisjoint([",", ".", '"', "(", ")", ":", "-"])
