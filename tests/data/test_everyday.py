"""The everyday sentences have the properties that their README lists."""

import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.everyday import (
    CONLL,
    HELD,
    LABELS,
    MARKED,
    as_conll,
    mistakes,
    read_passages,
    report,
    tag,
    without_marks,
)
from window_ner.data.conll import read_conll
from window_ner.data.tag_schemes import spans_of
from window_ner.data.tokenizer import tokenize
from window_ner.storage.resources import resource_folder

README = Path(__file__).parent / "README.md"
ISSUE = (  # names that a model of ours got wrong, in sentences that people tried
    ("Elon", "Musk"),
    ("British", "Airways"),
    ("London", "School", "of", "Economics"),
    ("taylor", "swift"),
    ("IL",),
)


@pytest.fixture(scope="module")
def corpus():
    """The sentences; reading them as IOB2 refuses any other tag, with its line."""
    return read_conll(CONLL, "IOB2")


@pytest.fixture(scope="module")
def passages():
    return read_passages(MARKED.read_text("utf-8"))


@pytest.fixture(scope="module")
def halves(corpus):
    return corpus.sentences[:150], corpus.sentences[150:]


def names_of(sentences):
    return [(s.tokens[a:b], label) for s in sentences for a, b, label in spans_of(s.tags)]


def label_counts(sentences):
    return Counter(label for _, label in names_of(sentences))


def table_row(name, sentences, documents):
    """The correct row of a half for the README's table."""
    counts = label_counts(sentences)
    numbers = [len(documents), len(sentences), sum(map(len, sentences))]
    numbers += [*(counts[label] for label in LABELS), counts.total()]
    numbers += [len({tokens for tokens, _ in names_of(sentences)})]
    numbers += [sum(set(s.tags) == {"O"} for s in sentences)]
    return f"| {name} | {' | '.join(f'{n:,}' for n in numbers)} |"


def test_there_are_300_sentences_and_the_held_half_starts_at_a_document(corpus):
    text = CONLL.read_text("utf-8")
    assert len(corpus.sentences) == 300
    assert text.count(f"\n\n{HELD}\n\n-DOCSTART- O\n\n") == 1
    before, _ = text.split(HELD)
    assert before.count("\n\n") - before.count("-DOCSTART-") == 150


def test_the_file_is_made_from_the_marked_text(passages):
    assert CONLL.read_text("utf-8") == as_conll(passages)


def test_the_tokens_are_those_of_our_tokenizer(corpus):
    lines = MARKED.read_text("utf-8").splitlines()
    texts = [without_marks(line) for line in lines if line and line[:2] not in ("# ", "==")]
    assert [tokenize(text).sentences for text in texts] == [
        [list(sentence.tokens)] for sentence in corpus.sentences
    ]


def test_the_counts_in_the_readme_are_those_of_the_file(passages):
    rows = []
    for name, held in (("shown", False), ("held", True)):
        documents = [p.document for p in passages if p.held == held]
        rows.append(table_row(name, [s for d in documents for s in d.sentences], documents))
    written = re.findall(r"^\| (?:shown|held) .*$", README.read_text("utf-8"), re.MULTILINE)
    assert written == rows


def test_no_sentence_occurs_twice_or_in_the_sample_corpus(corpus):
    sample = [read_conll(path) for path in sorted(resource_folder("data/sample").glob("*.conll"))]
    sentences = Counter(
        tuple(token.lower() for token in sentence.tokens)
        for one in (corpus, *sample)
        for sentence in one.sentences
    )
    here = {tuple(token.lower() for token in s.tokens) for s in corpus.sentences}
    assert len(here) == 300
    assert [" ".join(tokens) for tokens in here if sentences[tokens] > 1] == []


def test_both_halves_have_the_same_mix_of_domains(passages):
    mixes = [Counter(), Counter()]
    for passage in passages:
        mixes[passage.held][passage.domain] += len(passage.document.sentences)
    assert mixes[0] == mixes[1]
    assert len(mixes[0]) == 18
    assert min(mixes[0].values()) >= 8


def test_domains_take_turns(passages):
    """Each half begins with one document of every domain."""
    for held in (False, True):
        domains = [p.domain for p in passages if p.held == held]
        assert len(set(domains[:18])) == 18


def test_both_halves_have_the_same_mix_of_labels_and_of_writing(halves):
    for label in LABELS:
        shown, held = (label_counts(half)[label] for half in halves)
        assert min(shown, held) >= 40
        assert abs(shown - held) <= 5
    for kind in (
        lambda s: set(s.tags) == {"O"},
        lambda s: " ".join(s.tokens).isupper(),
        lambda s: " ".join(s.tokens).islower(),
    ):
        shown, held = (sum(map(kind, half)) for half in halves)
        assert min(shown, held) >= 3
        assert abs(shown - held) <= 5


def test_a_quarter_of_the_sentences_has_no_name(corpus):
    without = sum(set(s.tags) == {"O"} for s in corpus.sentences)
    assert 65 <= without <= 85


def test_most_names_of_the_held_half_do_not_occur_in_the_shown_half(halves):
    shown, held = ({tokens for tokens, _ in names_of(half)} for half in halves)
    assert len(held - shown) >= 0.9 * len(held)


def test_documents_have_one_to_three_sentences(passages):
    assert {len(p.document.sentences) for p in passages} == {1, 2, 3}


@pytest.mark.parametrize("name", ISSUE, ids=" ".join)
def test_what_people_tried_is_in_the_shown_half(halves, name):
    assert name in {tokens for tokens, _ in names_of(halves[0])}


def test_names_do_not_start_or_end_with_punctuation(corpus):
    for tokens, _ in names_of(corpus.sentences):
        assert {tokens[0], tokens[-1]}.isdisjoint([",", ".", '"', "(", ")", ":", "-", "@", "#"])


def test_titles_are_no_part_of_names(corpus):
    titles = {"Mr.", "Mrs.", "Ms.", "Dr.", "Prof.", "President", "Judge", "Senator", "Cllr"}
    people = {tokens for tokens, label in names_of(corpus.sentences) if label == "PER"}
    assert {tokens for tokens in people if tokens[0] in titles} == set()


def test_a_name_that_cuts_a_token_is_refused():
    with pytest.raises(ValueError):
        read_passages("# mail\nShe is in [Par|LOC]is.")
    with pytest.raises(ValueError, match="not one sentence"):
        read_passages("# mail\nShe is in [Paris|CITY].")
    with pytest.raises(ValueError, match="not one sentence"):
        read_passages("# mail\nShe is in [Paris|LOC]. He is not.")


class Blind:
    """A tagger that finds no name."""

    def tag_batch(self, sentences):
        return [["O"] * len(tokens) for tokens in sentences]


def test_the_report_scores_both_halves_and_mistakes_show_only_one():
    shown, held = "# mail\n[Ann|PER] is here.", "# chat\n[Bob|PER] is not."
    tagged = tag(Blind(), read_passages(f"{shown}\n\n==== held\n\n{held}"))
    assert "| all | 0.0 (1) | 0.0 (1) | 0.0 (2) |" in report(tagged)
    assert "| chat | 0.0 (0) | 0.0 (1) | 0.0 (1) |" in report(tagged)
    assert len(mistakes(tagged)) == 1
    assert "not found: Ann (PER)" in mistakes(tagged)[0]
