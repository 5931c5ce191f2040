"""The sentences with fine labels are as their page says."""

import re
from collections import Counter

import pytest

from benchmarks.pretrained.corpora import COARSE_LABEL, FINE_FILES, read_coarse

README = FINE_FILES[0].with_name("README.md").read_text("utf-8")
LABELS = dict(re.findall(r"^\| ([a-z-]+) \| ([\d,]+) \|", README, re.MULTILINE))
NAME = re.compile(r"\[([^][|\n]+)\|([^][|\n]+)\]")


@pytest.fixture(scope="module")
def names():
    """Name of a file -> for each sentence of each document its names: words and label."""
    documents = {file.name: file.read_text("utf-8").strip().split("\n\n") for file in FINE_FILES}
    return {
        name: [[NAME.findall(line) for line in text.split("\n")] for text in texts]
        for name, texts in documents.items()
    }


def test_every_bracket_belongs_to_a_name():
    for file in FINE_FILES:
        rest = NAME.sub("", file.read_text("utf-8"))
        found = re.search(r"[][|]", rest)
        assert not found, f"{file.name}, line {1 + rest[: found.start()].count(chr(10))}"


def test_the_counts_of_the_page_are_those_of_the_files(names):
    for file, documents in names.items():
        sentences = [sentence for document in documents for sentence in document]
        every = [name for sentence in sentences for name in sentence]
        bare = sum(not sentence for sentence in sentences)
        words = {word for word, _ in every}
        row = [len(documents), len(sentences), len(every), len(words), bare]
        assert f"| {file} | {' | '.join(f'{count:,}' for count in row)} |" in README


def test_other_pages_have_the_same_counts(names):
    train, dev = (sum(map(len, names[file.name])) for file in FINE_FILES)
    root = FINE_FILES[0].parents[2]
    assert f"[{train:,} sentences]" in (root / "docs/teach.md").read_text("utf-8")
    assert f"has {train + dev:,} sentences" in (root / "CHANGELOG.md").read_text("utf-8")


def test_the_page_lists_all_labels_with_their_counts(names):
    counts = Counter(
        label for file in names.values() for document in file for s in document for _, label in s
    )
    assert {label: f"{count:,}" for label, count in counts.items()} == LABELS


def test_all_kinds_before_genre_but_star_have_one_of_the_four_labels():
    kinds = list(LABELS)
    assert set(COARSE_LABEL) == set(kinds[: kinds.index("genre")]) - {"star"}


def test_as_a_corpus_of_four_labels_the_other_kinds_are_no_names(tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("[Ann Lee|musician] plays [jazz|genre] in [Oslo|city].\n\nNone.\n", "utf-8")
    first, second = read_coarse(file).sentences
    assert first.tags == ("B-PER", "I-PER", "O", "O", "O", "B-LOC", "O")
    assert second.tags == ("O", "O")
