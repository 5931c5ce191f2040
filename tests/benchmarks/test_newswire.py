"""The corpora of the bundled model are split as the tokenizer splits text."""

import importlib.util
from pathlib import Path

import pytest

from window_ner.data.corpus import Sentence

_SCRIPT = Path(__file__).parents[2] / "benchmarks" / "newswire.py"
_spec = importlib.util.spec_from_file_location("newswire", _SCRIPT)
newswire = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(newswire)


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        ("U/B-LOC ./I-LOC S/I-LOC ./I-LOC officials/O", "U.S./B-LOC officials/O"),
        ("Al/B-PER -/I-PER Fadhli/I-PER said/O", "Al-Fadhli/B-PER said/O"),
        ("a/O 28/O -/O year/O -/O old/O man/O", "a/O 28-year-old/O man/O"),
        ("Kenya/B-LOC -/O based/O", "Kenya/B-LOC -/O based/O"),
        ("Ghana/B-LOC ’/O s/O north/O", "Ghana/B-LOC ’s/O north/O"),
        ("Balaji/B-PER S/I-PER ./I-PER Srinivasan/I-PER", "Balaji/B-PER S./I-PER Srinivasan/I-PER"),
        ("Plan/O A/O", "Plan/O A/O"),
        ("they/O -/O -/O all/O -/O left/O -/O", "they/O -/O -/O all-left/O -/O"),
        ("Oslo/B-LOC -/B-MISC X/I-MISC", "Oslo/B-LOC -/B-MISC X/I-MISC"),
    ],
)
def test_pieces_of_one_name_or_of_none_are_joined(words, joined):
    before, after = ([w.rsplit("/", 1) for w in text.split()] for text in (words, joined))
    tokens, tags = zip(*before, strict=True)
    found = newswire.rejoin(Sentence(tokens, tags))
    assert list(zip(found.tokens, found.tags, strict=True)) == [tuple(pair) for pair in after]
