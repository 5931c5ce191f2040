"""The curves of models of few sentences: what was measured becomes a table. Nothing is trained."""

import pytest

from benchmarks import few_curves
from window_ner.data.conll import parse_conll
from window_ner.data.tag_schemes import Span

RESULTS = {
    ("few", "music", 10): (40.0, 2.0),
    ("few", "ai", 10): (50.0, 2.0),
    ("few", "music", 25): (60.0, 3.0),
    ("spacy", "music", 10): (10.0, 5.0),
    ("spacy", "ai", 10): (20.0, 5.0),
}


def test_a_curve_has_the_sizes_that_all_corpora_have():
    assert few_curves.curves_of(RESULTS, ["music", "ai"]) == {"few": {10: 45}, "spacy": {10: 15}}
    assert few_curves.curves_of(RESULTS, ["music"])["few"] == {10: 40, 25: 60}
    assert few_curves.curves_of(RESULTS, []) == {}


def test_the_table_leaves_out_what_was_not_measured():
    lines = few_curves.table({"few": {10: 45.0, 1000: 80.0}, "spacy": {10: 15.0}}).splitlines()
    assert lines[0] == "| sentences | 10 | 1,000 |"
    assert lines[2] == "| window-ner, on a trained model | 45.0 | 80.0 |"
    assert lines[5] == "| spaCy | 15.0 |  |"


def test_sentences_are_taken_at_even_distances():
    corpus = parse_conll("\n\n".join(f"{n} O" for n in range(10)))
    taken = few_curves.every(corpus, 4)
    assert [s.tokens for s in taken.sentences] == [("0",), ("2",), ("5",), ("7",)]
    assert len(few_curves.every(corpus, 50).sentences) == 10


def test_names_are_numbered_over_all_sentences():
    tags = [["O", "B-A"], ["B-A", "I-A", "O"]]
    assert few_curves.all_spans(tags) == [Span(1, 2, "A"), Span(2, 4, "A")]


def test_labels_are_renamed():
    corpus = few_curves.renamed(parse_conll("Ann B-PER\nLee I-PER\nis O\n"))
    assert corpus.sentences[0].tags == ("B-WHO", "I-WHO", "O")


def test_measuring_again_measures_only_what_is_missing(tmp_path, monkeypatch):
    corpus = parse_conll("\n\n".join(["Ann B-PER"] * 30))
    measured = []

    def measure(system, train, dev, start):
        measured.append((system, len(train.sentences)))
        return 50.0, 1.0

    monkeypatch.setattr(few_curves, "splits", lambda name: (corpus, corpus))
    monkeypatch.setattr(few_curves, "measure", measure)
    options = few_curves.argparse.Namespace(
        results=tmp_path / "few.jsonl",
        sizes=(10, 25, 50),
        corpora=["music"],
        systems=["few", "spacy"],
        start=None,
    )
    few_curves.measure_all(options)
    assert measured == [("few", 10), ("spacy", 10), ("few", 25), ("spacy", 25)]
    few_curves.measure_all(options)
    assert len(measured) == 4
    assert few_curves.read_results(options.results)["few", "music", 25] == pytest.approx((50, 1))
