import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.tag_schemes import (
    SCHEMES,
    Span,
    detect_scheme,
    first_misfit,
    fits,
    spans_of,
    split_tag,
    tags_of,
)

LABELS = ["PER", "LOC", "ORG-GOV"]


@st.composite
def sentences(draw):
    """Spans that do not overlap, often next to each other, and the length of their sentence."""
    spans, end = [], 0
    for gap, length, label in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.sampled_from(LABELS)))
    ):
        spans.append(Span(end + gap, end + gap + length, label))
        end += gap + length
    return spans, end + draw(st.integers(0, 2))


def tag_lists(prefixes, labels=("PER", "LOC")):
    tags = ["O", *(f"{prefix}-{label}" for prefix in prefixes for label in labels)]
    return st.lists(st.sampled_from(tags), max_size=10)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(sentence=sentences())
def test_spans_written_as_tags_are_read_back(scheme, sentence):
    spans, length = sentence
    tags = tags_of(spans, length, scheme)
    assert len(tags) == length
    assert spans_of(tags) == spans
    assert fits(tags, scheme)


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("IOB1", "I-PER I-PER O I-LOC B-LOC I-LOC I-ORG"),
        ("IOB2", "B-PER I-PER O B-LOC B-LOC I-LOC B-ORG"),
        ("BIOES", "B-PER E-PER O S-LOC B-LOC E-LOC S-ORG"),
        ("BILOU", "B-PER L-PER O U-LOC B-LOC L-LOC U-ORG"),
    ],
)
def test_each_scheme_writes_its_own_prefixes(scheme, tags):
    spans = [Span(0, 2, "PER"), Span(3, 4, "LOC"), Span(4, 6, "LOC"), Span(6, 7, "ORG")]
    assert tags_of(spans, 7, scheme) == tags.split()
    assert spans_of(tags.split()) == spans


def test_spans_may_be_given_in_any_order():
    spans = [Span(2, 3, "PER"), Span(0, 2, "PER")]
    assert tags_of(spans, 3, "IOB1") == ["I-PER", "I-PER", "B-PER"]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("I-PER I-PER", [(0, 2, "PER")]),
        ("O I-PER", [(1, 2, "PER")]),
        ("B-PER I-LOC", [(0, 1, "PER"), (1, 2, "LOC")]),
        ("B-PER E-LOC", [(0, 1, "PER"), (1, 2, "LOC")]),
        ("S-PER I-PER", [(0, 1, "PER"), (1, 2, "PER")]),
        ("E-PER E-PER", [(0, 1, "PER"), (1, 2, "PER")]),
        ("B-PER I-PER O", [(0, 2, "PER")]),
        ("U-PER L-PER B-PER", [(0, 1, "PER"), (1, 2, "PER"), (2, 3, "PER")]),
    ],
)
def test_tags_that_break_their_scheme_are_read_as_conlleval_reads_them(tags, spans):
    assert spans_of(tags.split()) == spans


@given(tags=tag_lists("BIES", ["PER", "ORG-GOV"]))
def test_any_tags_are_read_as_seqeval_reads_them(tags):
    labeling = pytest.importorskip("seqeval.metrics.sequence_labeling")
    theirs = [Span(start, last + 1, label) for label, start, last in labeling.get_entities(tags)]
    assert spans_of(tags) == theirs


@pytest.mark.parametrize(("scheme", "name"), [("IOB1", "IOB"), ("IOB2", "BIO")])
@given(tags=tag_lists("BI"))
def test_any_iob_tags_are_read_as_seqscore_repairs_them_for_conlleval(scheme, name, tags):
    seqscore = pytest.importorskip("seqscore.encoding")
    encoding = seqscore.get_encoding(name)
    mentions = encoding.decode_labels(encoding.repair_labels(tags, "conlleval"))
    theirs = [Span(m.span.start, m.span.end, m.type) for m in mentions]
    assert spans_of(tags) == theirs


SEQSCORE_NAMES = {"IOB1": "IOB", "IOB2": "BIO", "BIOES": "BIOES", "BILOU": "BILOU"}


@pytest.mark.parametrize("scheme", SCHEMES)
@given(sentence=sentences())
def test_seqscore_reads_what_we_write(scheme, sentence):
    seqscore = pytest.importorskip("seqscore.encoding")
    spans, length = sentence
    mentions = seqscore.get_encoding(SEQSCORE_NAMES[scheme]).decode_labels(
        tags_of(spans, length, scheme)
    )
    assert [Span(m.span.start, m.span.end, m.type) for m in mentions] == spans


@pytest.mark.parametrize("scheme", SCHEMES)
@given(tags=st.one_of(tag_lists("BI"), tag_lists("BIES"), tag_lists("BILU")))
def test_seqscore_agrees_on_which_tags_follow_a_scheme(scheme, tags):
    seqscore = pytest.importorskip("seqscore.encoding")
    validation = pytest.importorskip("seqscore.validation")
    encoding = seqscore.get_encoding(SEQSCORE_NAMES[scheme])
    assert fits(tags, scheme) == validation.validate_labels(tags, encoding).is_valid()


@pytest.mark.parametrize(
    ("scheme", "tags", "place"),
    [
        ("IOB1", "O B-PER", 1),
        ("IOB1", "I-PER B-LOC", 1),
        ("IOB2", "B-PER O I-PER", 2),
        ("IOB2", "B-PER I-LOC", 1),
        ("IOB2", "B-PER E-PER", 1),
        ("BIOES", "S-PER B-PER O", 1),
        ("BIOES", "B-PER L-PER", 1),
        ("BILOU", "U-PER B-LOC E-LOC", 2),
    ],
)
def test_the_first_tag_that_breaks_the_scheme_is_found(scheme, tags, place):
    assert first_misfit(tags.split(), scheme) == place


def test_tags_that_follow_the_scheme_have_no_misfit():
    assert first_misfit(["B-PER", "I-PER", "O", "B-PER"], "IOB2") is None
    assert first_misfit([], "BILOU") is None


@pytest.mark.parametrize(("tag", "parts"), [("O", ("O", "")), ("B-ORG-GOV", ("B", "ORG-GOV"))])
def test_a_tag_is_split_at_its_first_hyphen(tag, parts):
    assert split_tag(tag) == parts


@pytest.mark.parametrize("tag", ["", "o", "B", "B-", "-PER", "PER", "X-PER", "O-PER", "b-PER"])
def test_an_invalid_tag_is_refused(tag):
    with pytest.raises(ValueError, match=f"{tag!r} is not a tag of IOB1, IOB2, BIOES or BILOU"):
        split_tag(tag)


@pytest.mark.parametrize("label", ["PER\r", " PER", "A B", "\x0b", "PER\x85", "\u3000"])
def test_a_label_is_one_word(label):
    with pytest.raises(ValueError, match="is not a tag of"):
        split_tag(f"B-{label}")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_scheme_is_detected(scheme):
    spans = [Span(0, 1, "PER"), Span(1, 4, "PER"), Span(5, 6, "LOC")]
    without_names = ["O", "O"]
    assert detect_scheme([without_names, tags_of(spans, 6, scheme)]) == (scheme, 0)


def test_a_corpus_with_one_mistake_has_the_scheme_of_the_other_sentences():
    right = ["I-PER", "I-PER", "O"]
    assert detect_scheme([right, ["B-LOC", "O"], right]) == ("IOB1", 1)


@pytest.mark.parametrize("tags", [[], ["O"], ["B-PER", "O"], ["B-PER", "I-PER"]])
def test_tags_that_fit_several_schemes_are_iob2(tags):
    assert detect_scheme([tags]) == ("IOB2", 0)


def test_tags_that_are_inside_only_are_iob1():
    assert detect_scheme([["I-PER", "O", "I-LOC", "I-LOC"]]) == ("IOB1", 0)


def test_the_first_tag_of_another_scheme_is_the_misfit_not_the_o_before_it():
    assert first_misfit(["O", "O", "E-PER"], "IOB2") == 2


@given(st.lists(st.one_of(tag_lists("BI"), tag_lists("BIES"), tag_lists("BILU")), max_size=4))
def test_the_sentences_that_break_the_scheme_are_counted(corpus):
    scheme, count = detect_scheme(corpus)
    assert count == sum(not fits(tags, scheme) for tags in corpus)
    assert count == min(sum(not fits(tags, each) for tags in corpus) for each in SCHEMES)
