"""The table of --min-score: what it counts."""

import importlib.util
from pathlib import Path

from window_ner.data.conll import parse_conll
from window_ner.model.stored_model import load_model
from window_ner.model.tagger import Tagger
from window_ner.storage.resources import model_folder

_SCRIPT = Path(__file__).parents[2] / "benchmarks" / "min_score.py"
_spec = importlib.util.spec_from_file_location("min_score", _SCRIPT)
min_score = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(min_score)


def test_precision_and_recall_are_of_the_names_that_are_kept():
    """Oslo is found and right, Berlin is found and called something else, nobody is missed."""
    corpus = parse_conll("In O\nOslo B-LOC\n. O\n\nIn O\nBerlin B-ORG\n. O\n\nnobody B-PER\n. O\n")
    any_score, *kept = min_score.rows(Tagger(load_model(model_folder())), corpus)
    assert any_score == (1 / 2, 1 / 3)
    assert all(precision in (0, 1 / 2, 1) for precision, _ in kept)
    recalls = [recall for _, recall in kept]
    assert recalls == sorted(recalls, reverse=True)
