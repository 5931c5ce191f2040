"""Which format a file has; what predict writes is read as it was."""

import gzip
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

import window_ner
from window_ner.cli.predict.documents import Answer, Document, InputFormat
from window_ner.cli.predict.writers import Format, make_writer
from window_ner.data.corpus import Corpus, Sentence
from window_ner.data.corpus import Document as CorpusDocument
from window_ner.data.formats.reading import read_corpus
from window_ner.data.tag_schemes import Span, tags_of
from window_ner.data.tokenizer import tokenize
from window_ner.errors import InputError
from window_ner.model.entity import Entity

MARKED = "In [Oslo | LOC].\n\nIt rains.\r\n"
CONLL = "In O\nOslo B-LOC\n. O\n\nIt O\nrains O\n. O\n"
JSONL = '{"text": "In Oslo.", "label": [[3, 7, "LOC"]]}\n{"text": "It rains.", "label": []}\n'


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (MARKED, "my.txt"),
        (MARKED, "my.md"),
        (MARKED, "my"),
        ("\ufeff" + MARKED, "my.txt"),
        (gzip.compress(MARKED.encode(), mtime=0), "my.txt.gz"),
        (JSONL, "my.jsonl"),
        (JSONL, "my.NDJSON"),
        (JSONL, "my.json"),
        (JSONL, "my"),
        (JSONL, "my.txt"),
        (gzip.compress(JSONL.encode(), mtime=0), "my.jsonl.gz"),
        (CONLL, "my.conll"),
        (CONLL, "my.txt"),
        ("# text = of a treebank\n" * 9 + CONLL, "my.txt"),
        (CONLL.replace(" ", "\t"), "my.tsv"),
        ("{ O\n" + CONLL.replace("In O\n", ""), "my.iob"),
        ("text\n" + MARKED, "my.csv"),
    ],
)
def test_the_ending_or_the_content_tells_the_format(read, content, name):
    corpus = read(content, name)
    assert [sentence.tags for sentence in corpus.sentences] == [("O", "B-LOC", "O"), ("O",) * 3]


@pytest.mark.parametrize("name", ["my.txt", "notes.md"])
def test_plain_text_without_a_name_is_an_error_that_shows_what_to_write(read, name):
    with pytest.raises(InputError, match=r"has neither a name in brackets, like \[Paris \| LOC\]"):
        read("Museums in Paris are amazing.\n", name)


def test_another_file_that_is_no_corpus_is_read_as_conll(read):
    with pytest.raises(InputError, match=r"my\.conll:1: 'amazing\.' is not a tag"):
        read("Museums are amazing.\n", "my.conll")


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.xlsx", "CSV UTF-8"), ("a.PDF", "plain text in UTF-8"), ("a.ann", "JSON lines with")],
)
def test_a_spreadsheet_or_a_pdf_is_an_error_that_says_what_to_save_it_as(name, form):
    with pytest.raises(InputError, match=f"is not read; save it as {form}"):
        read_corpus(name)


def test_a_file_that_does_not_exist_is_an_error():
    with pytest.raises(InputError, match=r"nothing\.jsonl: no such file"):
        window_ner.read_corpus("nothing.jsonl")


# Round trips

LETTERS = st.sampled_from("aBc1.!?- \n'’,\N{GRINNING FACE}é中")


@st.composite
def answers(draw):
    """A text with tokens and names, as predict has them before it writes."""
    text = draw(st.text(LETTERS, min_size=1, max_size=30).filter(lambda text: text.strip()))
    tokenized = tokenize(text)
    entities, first = [], 0
    for length in tokenized.sentence_lengths:
        cuts = sorted(draw(st.sets(st.integers(first, first + length), max_size=4)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False):
            at, to = tokenized.starts[start], tokenized.ends[end - 1]
            label = draw(st.sampled_from(["PER", "B-x", "DRUG"]))
            entities.append(Entity(text[at:to], label, at, to, 0.5, start, end))
        first += length
    return Answer(Document(text, InputFormat.JSONL), tokenized, entities)


def corpus_of(found):
    documents = []
    for _, tokenized, entities in found:
        spans = [Span(e.start_token, e.end_token, e.label) for e in entities]
        tags = iter(tags_of(spans, len(tokenized.tokens)))
        documents.append(
            CorpusDocument(
                tuple(
                    Sentence(tuple(tokens), tuple(next(tags) for _ in tokens))
                    for tokens in tokenized.sentences
                )
            )
        )
    return Corpus(tuple(documents))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("written")


@pytest.mark.parametrize("form", [Format.JSONL, Format.JSON, Format.CONLL])
@given(found=st.lists(answers(), min_size=1, max_size=4))
def test_what_predict_writes_is_read_as_the_same_corpus(folder, form, found):
    writer = make_writer(form, StringIO(), [])
    path = folder / f"written.{form}"
    path.write_text(writer.head() + writer.body(found) + writer.foot(), "utf-8", newline="")
    corpus = read_corpus(path)
    assert corpus.documents == corpus_of(found).documents
    assert corpus.notes == ()


@given(found=st.lists(answers(), min_size=1, max_size=4))
def test_names_in_brackets_are_read_as_the_same_corpus(folder, found):
    one_line = [a for a in found if "\n" not in a.document.text]
    if not any(answer.entities for answer in one_line):
        return
    writer = make_writer(Format.PRETTY, StringIO(), [])
    path = folder / "written.txt"
    path.write_text(writer.body(one_line), "utf-8", newline="")
    assert read_corpus(path).documents == corpus_of(one_line).documents


@given(found=st.lists(answers(), min_size=1, max_size=4))
def test_a_prediction_that_is_accepted_in_label_studio_is_read_as_the_same_corpus(folder, found):
    writer = make_writer(Format.LABEL_STUDIO, StringIO(), [])
    written = writer.head() + writer.body(found) + writer.foot()
    path = folder / "written.json"
    path.write_text(written.replace('"predictions":', '"annotations":'), "utf-8", newline="")
    corpus = read_corpus(path)
    assert corpus.documents == corpus_of(found).documents
    assert corpus.notes == ()
