"""Text of any kind is tagged or refused, in time and memory in proportion to it."""

import json
import os
import random
import resource
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from window_ner.cli.predict.documents import Answer, Document
from window_ner.cli.predict.writers.html import HtmlWriter
from window_ner.data.tokenizer import TokenizedText, split_at_spaces, tokenize
from window_ner.model.entity import Entity

FUZZ = bool(os.environ.get("WINDOW_NER_FUZZ"))
SCALE = 1 if FUZZ else 200
"""The large texts are so many times smaller than they could be; with WINDOW_NER_FUZZ not."""
EXAMPLES = 1000 if FUZZ else 30

TEXTS = {
    "lone surrogates": "Bob saw \ud800 Ann\udfff in Paris",
    "NUL": "Bob\0 saw \0Ann in Paris\0",
    "bidi controls": "Bob \u202e saw Ann\u2066 in Paris\u2069 \u200f",
    "beyond Unicode": "Bob \uffff saw \U0010ffff Ann \ufeff in\ufeffParis",
    "combining marks": "Bob" + "\u0301" * 100_000 + " saw Ann",
    "no space": "x" * (10_000_000 // SCALE),
    "digits": "1," * (5_000_000 // SCALE),
    "hyphens": "a-" * (5_000_000 // SCALE),
    "abbreviations": "U.S." * (2_000_000 // SCALE),
    "address": "http://" + "a.b" * (3_000_000 // SCALE),
    "line ends": "\n" * 1_000_000 + "Bob",
    "white space of all kinds": "\t\x0b\x0c\x85\u3000\u2028\x1c" * (1_000_000 // SCALE) + "Bob",
    "one sentence": "Ann saw Bob " * (400_000 // SCALE),
    "one letter a line": "a\n" * (500_000 // SCALE),
    "paragraphs": "Ann\n\n" * (500_000 // SCALE),
    "quotes": "\"'" * (500_000 // SCALE),
    "full stops": ". " * (500_000 // SCALE),
    "ends of sentences": ".) " * (500_000 // SCALE),
    "opening": "( " * (500_000 // SCALE),
    "clitics": "'s" * (500_000 // SCALE),
    "emoji": "\U0001f469\u200d\U0001f467\U0001f3fb" * (200_000 // SCALE),
    "a word each": " ".join(f"w{i}" for i in range(200_000 // SCALE)),
    "noise": "".join(map(chr, random.Random(1).choices(range(1, 0x11000), k=200_000 // SCALE))),
}
PER_CHARACTER = 2_500
"""Bytes of memory a character of text may take, beside what any text takes."""


@pytest.fixture(scope="module")
def tagger(english):
    return english


@pytest.fixture
def bounded():
    """Give no more address space than a text of that length may need."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()

    def bound(characters):
        limit = used + (400 << 20) + PER_CHARACTER * characters
        resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))

    yield bound
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_of_any_kind_is_tagged(tagger, bounded, kind):
    text = TEXTS[kind]
    bounded(len(text))
    for entity in tagger(text):
        assert entity.text == text[entity.start : entity.end] != ""
        assert np.isfinite(entity.score)


@given(st.text(max_size=60), st.booleans())
@settings(max_examples=EXAMPLES)
def test_any_text_at_all_is_tagged(tagger, text, pretokenized):
    for entity in tagger(text, pretokenized=pretokenized):
        assert entity.text == text[entity.start : entity.end] != ""
    tokenized = split_at_spaces(text) if pretokenized else tokenize(text)
    tags = tagger.tag_batch(tokenized.sentences)
    assert list(map(len, tags)) == tokenized.sentence_lengths
    assert len(tagger.tag([text])) == 1


# The command


@pytest.fixture
def predict(tagger, tmp_path, monkeypatch, capfdbinary, exit_code):
    """Run predict on the bytes of a file, or of stdin; return exit code, stdout and stderr.

    The model is loaded once for all calls.
    """
    monkeypatch.setattr("window_ner.cli.models.load_model", lambda *_, **__: tagger)

    def run(data, *arguments, stdin=False):
        path = tmp_path / "input"
        path.write_bytes(data)
        source = "-" if stdin else str(path)
        command = ["window-ner", "predict", "--input", source]
        monkeypatch.setattr(sys, "argv", [*command, *arguments])
        with path.open(encoding="utf-8") as file:
            monkeypatch.setattr(sys, "stdin", file)
            return exit_code(), *capfdbinary.readouterr()

    return run


FORMATS = ("pretty", "json", "jsonl", "conll", "html")
NOT_UTF8 = [b"\xff", b"Bob\nAnn \xed\xa0\x80\n", b"caf\xe9", b"\xf8\x88\x80\x80\x80", b"Bob \xc3"]


@pytest.mark.parametrize("output_format", FORMATS)
def test_predict_takes_text_of_any_kind(predict, output_format):
    lines = [text.replace("\n", " ")[:2000] for text in TEXTS.values()]
    data = "\n".join(lines).encode("utf-8", "ignore")  # no file in UTF-8 has lone surrogates
    code, out, err = predict(data, "--format", output_format)
    assert (code, err) == (0, b"")
    text = out.decode()
    if output_format == "jsonl":
        found = list(map(json.loads, text.removesuffix("\n").split("\n")))
        assert [document["text"] for document in found] == data.decode().split("\n")
    if output_format == "json":
        assert len(json.loads(text)) == len(lines)


@pytest.mark.parametrize(
    ("data", "stdin", "output_format"),
    [
        *((data, stdin, "jsonl") for data in NOT_UTF8 for stdin in (False, True)),
        *((NOT_UTF8[1], False, output_format) for output_format in FORMATS),
    ],
)
def test_predict_names_the_line_that_is_not_utf8(predict, data, stdin, output_format):
    code, _, err = predict(data, "--format", output_format, stdin=stdin)
    assert code == 2
    line = 2 if data.startswith(b"Bob\n") else 1
    place = f"{'stdin' if stdin else 'input'}:{line}: byte 0x"
    assert place in err.decode()
    assert "is not UTF-8" in err.decode()


# HTML


class _Reader(HTMLParser):
    """What a browser would show of the texts, and where it would see names."""

    def __init__(self, page):
        super().__init__()
        self.titles, self.texts, self.marks, self.tags, self.inside = [], [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.inside.append(tag)
        if tag == "p":
            self.texts.append("")
        if tag == "mark":
            self.marks.append("")
        if tag == "h2":
            self.titles.append("")

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if "h2" in self.inside:
            self.titles[-1] += data
        if "p" in self.inside and "small" not in self.inside:
            self.texts[-1] += data
            if "mark" in self.inside:
                self.marks[-1] += data


@given(
    *(st.text(max_size=length) for length in (30, 10, 30)),
    st.text(max_size=10),
    st.text(min_size=1, max_size=10),
)
@settings(max_examples=EXAMPLES)
def test_a_page_shows_texts_and_labels_as_they_are(before, name, after, label, title):
    """Nothing of them becomes markup: what is parsed back is what went in."""
    text = before + name + after
    entity = Entity(name, label, len(before), len(before + name), 0.5, 0, 1)
    tokens, script = TokenizedText([], [], []), "<script>alert(1)</script>&lt;"
    answers = [
        Answer(Document(text, file=title), tokens, [entity]),
        Answer(Document(script, file=title), tokens, []),
    ]
    writer = HtmlWriter(with_files=True)
    page = _Reader(writer.head() + writer.body(answers) + writer.foot())
    assert page.texts[0] == text
    assert page.marks == [name]
    assert page.titles == [title, "Names"]
    assert page.texts[1] == script
    assert "script" not in [tag for tag, _ in page.tags]
