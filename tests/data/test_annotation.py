from dataclasses import replace

import numpy as np
import pytest

from window_ner.data.annotation import AnnotatedLabels, find_annotated
from window_ner.data.augmentation import augment
from window_ner.data.conll import parse_conll
from window_ner.data.corpus import Corpus, Document, join_corpora
from window_ner.data.sources import hold_out_dev, read_split
from window_ner.data.tag_schemes import Span
from window_ner.errors import InputError
from window_ner.settings.tables import AugmentationSettings
from window_ner.training.folds import folds_of, joined


def corpus(*labels, name="my.conll", first_line=""):
    return parse_conll(first_line + "".join(f"Ann B-{x}\nleft O\n\n" for x in labels), name=name)


def annotated(found):
    return [{d.annotated for d in each.documents} for each in found]


def test_a_label_that_never_occurs_in_a_file_but_in_another_is_not_annotated_there():
    news, tweets = corpus("PER", "MISC"), corpus("PER", "PER", name="data/btc.conll")
    found = find_annotated([news, tweets])
    assert annotated(found) == [{None}, {frozenset({"PER"})}]
    assert found[0].annotation_notes == ()
    assert found[1].annotation_notes == ("btc.conll does not annotate MISC: O may be MISC there",)


def test_one_file_annotates_what_it_has():
    assert find_annotated([corpus("PER")]) == [corpus("PER")]


def test_the_labels_of_the_model_count_too():
    (found,) = find_annotated([corpus("DRUG")], ["PER", "LOC"])
    assert annotated([found]) == [{frozenset({"DRUG"})}]
    assert found.annotation_notes == (
        "my.conll does not annotate LOC, PER: O may be one of them there",
    )


def test_a_note_does_not_list_dozens_of_labels():
    (found,) = find_annotated([corpus("DRUG")], [f"L{i}" for i in range(10, 40)])
    (note,) = found.annotation_notes
    assert f"{', '.join(f'L{i}' for i in range(10, 30))} and 10 more" in note


@pytest.mark.parametrize(
    ("first_line", "labels"),
    [
        ("# annotates: PER LOC\n", {"PER", "LOC"}),
        ("#annotates:PER\r\n", {"PER"}),
        ("# annotates: LOC, PER\n", {"PER", "LOC"}),
        ("# annotates:\n", set()),
        ("# annotates: PER DRUG\n-DOCSTART- O\n\n", {"PER", "DRUG"}),
    ],
)
def test_a_file_says_in_its_first_line_what_it_annotates(first_line, labels):
    declared = corpus("PER", first_line=first_line)
    assert len(declared.sentences) == 1
    assert annotated([declared]) == [{frozenset(labels)}]
    assert annotated(find_annotated([declared, corpus("MISC")]))[0] == {frozenset(labels)}


def test_a_name_whose_label_the_first_line_does_not_have_is_refused():
    with pytest.raises(InputError, match=r"my\.conll:2: the label PER is not in the first line"):
        corpus("PER", first_line="# annotates: LOC DRUG\n")


def test_a_corpus_that_is_said_to_annotate_a_label_is_believed_though_it_never_occurs():
    quiet = corpus("PER", first_line="# annotates: PER MISC\n")
    found = find_annotated([quiet, corpus("PER", "MISC")])
    assert found[0].annotation_notes == ()


def test_a_file_without_names_of_which_the_others_have_some_may_have_any_there():
    plain = parse_conll("Ann O\nleft O\n", name="plain.conll")
    found = find_annotated([plain, corpus("PER")])
    assert annotated(found)[0] == {frozenset()}
    assert found[0].annotation_notes == ("plain.conll does not annotate PER: O may be PER there",)


def test_files_that_are_read_together_keep_what_each_annotates(tmp_path):
    for name, labels in (("a.conll", ["PER", "MISC"]), ("b.conll", ["PER"])):
        (tmp_path / name).write_text("".join(f"Ann B-{x}\nleft O\n\n" for x in labels))
    both = read_split([tmp_path / "a.conll", tmp_path / "b.conll"])
    assert [d.annotated for d in both.documents] == [None, None, frozenset({"PER"})]
    assert both.annotation_notes == ("b.conll does not annotate MISC: O may be MISC there",)


def test_copies_folds_parts_and_joined_corpora_annotate_the_same():
    """Each label is annotated as if it were the name of its document."""
    documents = tuple(
        Document(corpus(*[f"L{i}"] * (1 + i % 3)).sentences, frozenset({f"L{i}"}))
        for i in range(25)
    )
    whole = Corpus(documents)
    everything = AugmentationSettings(
        lower_case=1.0, upper_case=1.0, title_case=1.0, loose_sentences=1.0
    )
    copies = augment(whole, everything, np.random.default_rng(0))
    assert copies.token_count == 5 * whole.token_count
    unmarked = Corpus(documents, has_documents=False)
    wide = parse_conll("Ann NNP B-PER\n").annotating(["PER"])
    for made in (
        copies,
        joined(folds_of(whole, 3)),
        joined(folds_of(unmarked, 3)),
        join_corpora([whole, unmarked, wide]),
        *hold_out_dev(whole),
        *hold_out_dev(Corpus(documents[:8])),
    ):
        for document in made.documents:
            assert document.annotated == {tag[2:] for s in document.sentences for tag in s.tags} - {
                ""
            }


def test_spans_of_labels_that_their_document_does_not_annotate_are_not_scored():
    both = join_corpora([corpus("PER", "MISC"), corpus("PER").annotating(["PER"])])
    spans = [Span(0, 1, "PER"), Span(2, 3, "MISC"), Span(4, 5, "PER"), Span(5, 6, "MISC")]
    assert AnnotatedLabels.of(both).among(spans) == spans[:3]
    assert AnnotatedLabels.of(both.annotating(None)).among(spans) == spans
    assert AnnotatedLabels.of(both.annotating(["MISC"])).among(spans) == spans[1::2]
    assert AnnotatedLabels.of(both.annotating([])).among([]) == []


def test_a_note_says_that_only_some_documents_do_not_annotate_a_label():
    corpus = parse_conll("-DOCSTART- O\n\nAnn B-PER\n\n-DOCSTART- O\n\nBob B-PER\n", name="mixed")
    documents = corpus.documents
    mixed = replace(corpus, documents=(documents[0], replace(documents[1], annotated=frozenset())))
    (found,) = find_annotated([mixed])
    assert found.annotation_notes == ("mixed does not annotate PER everywhere: O may be PER there",)
