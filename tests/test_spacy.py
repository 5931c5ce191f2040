"""The component of a spaCy pipeline."""

import doctest
import importlib
import json
import subprocess
import sys
import tomllib
import warnings
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import window_ner
from window_ner.errors import InputError
from window_ner.model.entity import Entity

spacy = pytest.importorskip("spacy", reason="spaCy is not installed: pip install '.[spacy]'")
from spacy.lang.en import English  # noqa: E402
from spacy.tokens import Doc, DocBin, Span  # noqa: E402
from spacy.training import Example  # noqa: E402

import window_ner.spacy  # noqa: E402
from window_ner.spacy import FACTORY, WindowNERComponent  # noqa: E402

ROOT = Path(__file__).parents[1]
TEXT = "Angela Merkel met Tim Cook of Apple in Cupertino. John's U.S. visit cost $5."


@pytest.fixture(scope="module")
def tagger(english):
    return english


@cache
def english_tokenizer():
    """The tokenizer of spaCy, whose rules take a third of a second to compile."""
    return spacy.blank("en").tokenizer


def blank():
    """The same as ``spacy.blank("en")``, with a tokenizer that is compiled once for all tests."""
    tokenizer = english_tokenizer()
    return English(tokenizer.vocab, create_tokenizer=lambda _: tokenizer)


def pipeline(tagger=None, **config):
    nlp = blank()
    component = nlp.add_pipe(FACTORY, config=config)
    if tagger is not None:
        component._use(tagger)  # loaded once for all tests
    return nlp


def names(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_the_example_of_the_module_is_true():
    assert doctest.testmod(window_ner.spacy).failed == 0


def test_the_names_are_those_of_the_tagger_with_their_scores(tagger):
    doc = pipeline(tagger)(TEXT)
    found = tagger(TEXT)
    assert names(doc) == [(entity.text, entity.label) for entity in found]
    assert [ent._.score for ent in doc.ents] == [entity.score for entity in found]
    assert list(doc.spans[FACTORY]) == list(doc.ents)
    assert doc.spans[FACTORY].attrs["scores"] == [entity.score for entity in found]
    assert doc[0:1]._.score is None
    assert blank()("Paris")[0:1]._.score is None


def test_add_pipe_finds_the_component_without_an_import(tmp_path):
    """As an installed package declares it, whichever version of it is installed here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    points = project["entry-points"]["spacy_factories"]
    about = tmp_path / "window_ner_declared-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: window-ner-declared\nVersion: 1")
    lines = [f"{name} = {value}\n" for name, value in points.items()]
    (about / "entry_points.txt").write_text("[spacy_factories]\n" + "".join(lines))
    program = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n"
        "import spacy; nlp = spacy.blank('en'); nlp.add_pipe('window_ner')\n"
        "print(nlp('Angela Merkel left.').ents)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.stdout == "(Angela Merkel,)\n", done.stderr


def test_pipe_gives_the_same_in_batches_and_in_several_processes(tagger):
    nlp = pipeline(tagger)
    texts = [TEXT, "", "Paris", "It rains."] * 3
    expected = [(names(nlp(text)), nlp(text).spans[FACTORY].attrs) for text in texts]
    for options in ({"batch_size": 1}, {"batch_size": 5}, {"n_process": 2, "batch_size": 2}):
        found = [(names(doc), doc.spans[FACTORY].attrs) for doc in nlp.pipe(texts, **options)]
        assert found == expected


@cache
def shared_pipeline():
    return pipeline()


@given(
    st.lists(
        st.sampled_from(
            ["Angela Merkel", "Tim Cook's", "U.S.", "Paris", "Rome-based", "in", "'", "(IBM)", "©"]
        ),
        max_size=8,
    ),
    st.sampled_from([" ", "  ", "\n", "-", "/", ""]),
)
def test_no_name_is_lost_where_spacy_splits_a_text_otherwise(words, between):
    text = between.join(words)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        doc = shared_pipeline()(text)
    found = shared_pipeline().get_pipe(FACTORY).tagger(text)
    assert len(doc.spans[FACTORY]) == len(found)
    for span, entity in zip(doc.spans[FACTORY], found, strict=True):
        assert span.start_char <= entity.start < entity.end <= span.end_char
        assert span.label_ == entity.label
    assert doc.spans[FACTORY].attrs["scores"] == [entity.score for entity in found]


def test_a_score_stays_with_its_name_where_tokens_are_merged(tagger):
    scores = {entity.text: entity.score for entity in tagger(TEXT)}
    nlp = pipeline(tagger)
    nlp.add_pipe("merge_entities")
    assert {ent.text: ent._.score for ent in nlp(TEXT).ents} == scores


def test_each_of_two_components_has_its_own_spans_and_scores(tagger):
    nlp = blank()
    for name, label in (("people", "PER"), ("places", "LOC")):
        nlp.add_pipe(FACTORY, name=name, config={"labels": [label]})._use(tagger)
    doc = nlp("Angela Merkel left Paris.")
    assert [str(span) for name in ("people", "places") for span in doc.spans[name]] == [
        "Angela Merkel",
        "Paris",
    ]
    assert all(ent._.score > 0.5 for ent in doc.ents)


def test_a_score_is_none_where_spacy_has_dropped_it(tagger):
    doc = pipeline(tagger)(TEXT)
    joined = Doc.from_docs([doc, doc])
    doc.spans[FACTORY] = list(doc.spans[FACTORY])[:1]
    assert {ent._.score for d in (joined, doc) for ent in d.ents} == {None}


def test_tokens_that_are_blocked_stay_without_a_name(tagger):
    nlp = pipeline(tagger)
    doc = nlp.make_doc("Angela Merkel met Tim Cook in Cupertino.")
    doc.set_ents([], blocked=[doc[3:5]], default="missing")
    assert names(nlp.get_pipe(FACTORY)(doc)) == [("Angela Merkel", "PER"), ("Cupertino", "LOC")]
    assert [token.ent_iob_ for token in doc[3:5]] == ["B", "B"]


class TwoInOneToken:
    """A tagger that finds two names in one token."""

    def __init__(self, first="LOC"):
        self.first, self.labels = first, ("LOC", "PER")

    def entities_of(self, texts):
        first, second = (
            Entity("Rome", self.first, 0, 4, 0.6, 0, 1),
            Entity("Oslo", "LOC", 4, 8, 0.9, 1, 2),
        )
        return [[first, second] for _ in texts]


def test_of_two_names_in_a_token_the_better_is_an_entity_and_a_warning_says_so():
    nlp = pipeline(TwoInOneToken())
    with pytest.warns(UserWarning, match=r"1 of 2 names share a token .* not in doc\.ents"):
        doc = nlp("RomeOslo")
    assert [span._.score for span in doc.spans[FACTORY]] == [0.6, 0.6]  # of equal spans, the first
    assert doc.spans[FACTORY].attrs["scores"] == [0.6, 0.9]
    assert names(doc) == [("RomeOslo", "LOC")]


@pytest.mark.filterwarnings("ignore:1 of 2 names share a token")
def test_of_two_names_in_a_token_each_has_the_score_of_its_label():
    doc = pipeline(TwoInOneToken(first="PER"))("RomeOslo")
    assert [(s.label_, s._.score) for s in doc.spans[FACTORY]] == [("PER", 0.6), ("LOC", 0.9)]
    assert Span(doc, 0, 1, "ORG")._.score is None


@pytest.mark.parametrize("overwrite", [False, True])
def test_earlier_entities_stay_or_give_way_where_a_name_overlaps(tagger, overwrite):
    nlp = pipeline(tagger, overwrite=overwrite)
    doc = nlp.make_doc(TEXT)
    doc.ents = [Span(doc, 0, 1, "FIRST_NAME"), Span(doc, len(doc) - 3, len(doc) - 1, "MONEY")]
    nlp.get_pipe(FACTORY)(doc)
    found = names(doc)
    assert ("$5", "MONEY") in found
    assert (("Angela", "FIRST_NAME") in found) is not overwrite
    assert (("Angela Merkel", "PER") in found) is overwrite
    assert ("Tim Cook", "PER") in found


def test_a_name_does_not_take_the_id_of_an_entity_that_it_replaces(tagger):
    nlp = pipeline(tagger, overwrite=True)
    doc = nlp.make_doc("Angela Merkel met Tim Cook in Cupertino.")
    doc.ents = [Span(doc, 2, 3, "VERB", span_id="meet"), Span(doc, 3, 6, "X", span_id="replaced")]
    nlp.get_pipe(FACTORY)(doc)
    found = {ent.text: ent.ent_id_ for ent in doc.ents}
    assert found == {"Angela Merkel": "", "met": "meet", "Tim Cook": "", "Cupertino": ""}
    assert [token.ent_id_ for token in doc if token.ent_id_] == ["meet"]


def test_labels_and_a_least_score_select_names(tagger):
    places = [e for e in tagger(TEXT) if e.label == "LOC"]
    surest = max(places, key=lambda place: place.score)
    chosen = pipeline(tagger, labels=["LOC"], min_score=surest.score)(TEXT)
    assert (names(chosen), len(places)) == ([(surest.text, "LOC")], 2)
    assert pipeline(tagger, labels=["LOC"]).pipe_labels == {FACTORY: ["LOC"]}
    with pytest.raises(ValueError, match=r"no label DOG; there are LOC, MISC, ORG, PER$"):
        pipeline(labels=["DOG"])(TEXT)
    with pytest.raises(ValueError, match=r"min_score must be from 0 to 1; got 80\.0"):
        pipeline(min_score=80.0)


def test_a_stored_pipeline_brings_its_model(tiny_tagger, tmp_path):
    nlp = pipeline(tiny_tagger, model="a-folder-that-is-gone", labels=["PER"])
    nlp.to_disk(tmp_path / "pipeline")
    loaded = spacy.load(tmp_path / "pipeline")
    assert names(loaded(TEXT)) == names(nlp(TEXT)) != []
    stored = tmp_path / "pipeline" / FACTORY / "model"
    assert names(pipeline(model=str(stored))(TEXT)) == names(pipeline(tiny_tagger)(TEXT))

    from_bytes = pipeline(model="a-folder-that-is-gone", labels=["PER"]).from_bytes(nlp.to_bytes())
    assert names(from_bytes(TEXT)) == names(nlp(TEXT))


def test_a_model_that_is_missing_or_damaged_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such model folder"):
        pipeline(model=str(tmp_path / "gone"))(TEXT)
    with pytest.raises(InputError, match="no such model folder"):
        WindowNERComponent().from_disk(tmp_path)
    for data in (b"", b"\xc1", b"\x01", b"\x81\xa1a\xa1b"):
        with pytest.raises(InputError):
            WindowNERComponent().from_bytes(data)


def test_scores_survive_a_docbin(tagger):
    doc = pipeline(tagger)(TEXT)
    (copy,) = DocBin().from_bytes(DocBin(docs=[doc]).to_bytes()).get_docs(blank().vocab)
    assert names(copy) == names(doc)
    assert [ent._.score for ent in copy.ents] == [ent._.score for ent in doc.ents]


def test_an_error_goes_to_the_handler_of_the_pipeline(tagger):
    nlp = pipeline(tagger)
    seen = []
    nlp.set_error_handler(lambda name, component, docs, error: seen.append((name, len(docs))))
    nlp.get_pipe(FACTORY)._annotate = None
    assert list(nlp.pipe([TEXT, TEXT])) == []
    assert seen == [(FACTORY, 2)]
    assert names(nlp(TEXT)) == []
    assert seen == [(FACTORY, 2), (FACTORY, 1)]


def test_a_pipeline_is_evaluated_as_spacy_does(tagger):
    nlp = pipeline(tagger)
    true = nlp.make_doc("Angela Merkel left Paris")
    true.ents = [Span(true, 0, 2, "PER"), Span(true, 2, 3, "LOC")]
    scores = nlp.evaluate([Example(nlp.make_doc(true.text), true)])
    assert (scores["ents_p"], scores["ents_r"]) == (0.5, 0.5)


@pytest.fixture
def docbin(tmp_path):
    vocab = blank().vocab
    doc = Doc(
        vocab,
        words=["\n", "Angela", "Merkel", "left", ".", "Paris", " ", "London", "slept", "."],
        sent_starts=[True, False, False, False, False, True, False, False, False, False],
        ents=["O", "B-PER", "I-PER", "O", "O", "B-LOC", "O", "B-LOC", "O", "O"],
    )
    path = tmp_path / "corpus.spacy"
    DocBin(docs=[doc, Doc(vocab, words=["Rome"], ents=["B-LOC"])]).to_disk(path)
    return path


def test_eval_reads_a_spacy_file(docbin, tmp_path, call_main):
    conll = tmp_path / "corpus.conll"
    conll.write_text(
        "-DOCSTART- O\n\nAngela B-PER\nMerkel I-PER\nleft O\n. O\n\n"
        "Paris B-LOC\nLondon B-LOC\nslept O\n. O\n\n-DOCSTART- O\n\nRome B-LOC\n"
    )
    reports = []
    for path in (docbin, conll):
        code, out, err = call_main("eval", str(path), "--format", "json")
        assert code == 0
        assert err.startswith("note     no name of the text has the label MISC, ORG")
        reports.append({**json.loads(out), "split": ""})
    assert reports[0] == reports[1]
    assert reports[0]["span"]["support"] == 4


def test_a_spacy_file_can_be_trained_on(docbin):
    tagger = window_ner.train(
        "fast", train=docbin, dev=docbin, vectors="random-5d", settings={"epochs": 1}
    )
    assert tagger.labels == ["LOC", "PER"]


def test_a_name_with_the_end_of_a_sentence_in_it_stays_one_name(tmp_path):
    words, starts = ["Ann", "likes", "Yahoo", "!", "Japan", ".", "Why", "?"], (0, 4, 6)
    ents = ["O", "O", "B-ORG", "I-ORG", "I-ORG", "O", "O", "O"]
    doc = Doc(blank().vocab, words, sent_starts=[i in starts for i in range(8)], ents=ents)
    path = tmp_path / "corpus.spacy"
    DocBin(docs=[doc]).to_disk(path)
    corpus = window_ner.read_corpus(path)
    assert [len(sentence) for sentence in corpus.sentences] == [6, 2]
    assert corpus.sentences[0].tags == tuple(ents[:6])
    assert "the end of a sentence in them" in corpus.notes[0]


def test_what_a_spacy_file_does_not_know_is_not_learnt_as_no_name(tmp_path):
    vocab, path = blank().vocab, tmp_path / "corpus.spacy"
    whole = Doc(vocab, words=["Ann", "left"], ents=["B-PER", "O"])
    unknown = Doc(vocab, words=["Ann", "met", "Bob"])
    unknown.set_ents([Span(unknown, 0, 1, "PER")], default="missing")
    DocBin(docs=[Doc(vocab), unknown, whole]).to_disk(path)
    corpus = window_ner.read_corpus(path)
    assert [d.annotated for d in corpus.documents] == [frozenset(), None]
    assert corpus.documents[0].sentences[0].tags == ("B-PER", "O", "O")
    assert corpus.notes == (
        "documents with tokens whose entity is unknown, which may have more names than are "
        f"annotated: 1 (the first: {path}: document 2)",
    )


def test_a_label_of_a_spacy_file_may_have_spaces(tmp_path):
    doc, path = Doc(blank().vocab, words=["Ann", "left"]), tmp_path / "corpus.spacy"
    doc.ents = [Span(doc, 0, 1, "WORK OF ART")]
    DocBin(docs=[doc]).to_disk(path)
    corpus = window_ner.read_corpus(path)
    assert corpus.labels == ("WORK_OF_ART",)
    assert corpus.notes[0].startswith("labels with a space or a comma, which is read as _: 1")


def test_what_is_wrong_with_a_spacy_file_is_told(tmp_path, call_main):
    path = tmp_path / "x.spacy"
    message = lambda: call_main("eval", str(path))[::2]  # noqa: E731
    assert message() == (2, f"window-ner: {path}: cannot be read (No such file or directory)\n")
    for data in (b"", b"Paris LOC", b"\x78\x9c"):
        path.write_bytes(data)
        assert message() == (2, f"window-ner: {path}: is damaged, or spaCy did not write it\n")
    DocBin().to_disk(path)
    assert message() == (2, f"window-ner: {path}: no document in it\n")
    DocBin(docs=[blank()("Paris")]).to_disk(path)
    assert message() == (2, f"window-ner: {path}: its documents have no entities (doc.ents)\n")


def test_without_spacy_the_messages_say_what_to_install(docbin, monkeypatch, call_main):
    for name in [*sys.modules]:
        if name.startswith("spacy.") or name == "window_ner.spacy":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(ImportError) as error:
        importlib.import_module("window_ner.spacy")
    told_by_eval = call_main("eval", str(docbin))[2]
    for told, what in ((str(error.value), "window_ner.spacy"), (told_by_eval, str(docbin))):
        assert what in told
        assert "needs spaCy: pip install 'window-ner[spacy]'" in told
