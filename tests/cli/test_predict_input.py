"""predict: what it reads, and that nothing of it is lost or taken for something else."""

import gzip
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import window_ner
from window_ner.data.conll import read_conll
from window_ner.storage.resources import resource_folder

ANN = "Angela Merkel met Tim Cook in Berlin."


@dataclass
class Run:
    code: int
    out: str
    err: str

    @property
    def found(self):
        return [[e["text"] for e in json.loads(line)["entities"]] for line in self.out.splitlines()]


@pytest.fixture
def predict(tmp_path, monkeypatch, call_main):
    """Run predict with the model that comes along, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=b""):
        return Run(*call_main("predict", "--model", "english-news", *arguments, stdin=stdin))

    return run


@pytest.fixture(scope="module")
def tagger():
    return window_ner.load()


def test_several_files_and_stdin_are_read_one_after_the_other(predict):
    Path("a.txt").write_text("Oslo\nBerlin is in Germany.\n")
    Path("b.txt.gz").write_bytes(gzip.compress(b"Paris"))
    inputs = ("--input", "b.txt.gz", "--input", "-", "--input", "a.txt")
    done = predict(*inputs, "--format", "jsonl", stdin=ANN.encode())
    texts = [json.loads(line)["text"] for line in done.out.splitlines()]
    assert texts == ["Paris", ANN, "Oslo", "Berlin is in Germany."]


def test_a_whole_file_is_one_document_and_offsets_are_its_own(predict):
    text = f"\n  {ANN}\r\n\r\nMerkel\tspoke."
    Path("a.txt").write_bytes(b"\xef\xbb\xbf" + text.encode())
    Path("empty.txt").write_text("")
    inputs = ("--input", "a.txt", "--input", "empty.txt", "--input-format", "file")
    first, empty = json.loads(predict(*inputs, "--format", "json").out)
    assert (first["file"], first["text"]) == ("a.txt", text)
    assert len(first["entities"]) == 4
    assert all(text[e["start"] : e["end"]] == e["text"] for e in first["entities"])
    assert empty == {"file": "empty.txt", "text": "", "entities": []}


def test_a_page_says_of_whole_files_which_they_are(predict):
    Path("a<b>.txt").write_text("Oslo\n\nis old.")
    inputs = ("--input", "a<b>.txt", "--input", "-", "--input-format", "file")
    page = predict(*inputs, "--format", "html", stdin=b"It rained.").out
    assert re.findall("<h2.*?>(.*)</h2>", page) == ["a&lt;b&gt;.txt", "stdin"]
    assert predict("--format", "html", stdin=b"It rained.").out.count("<h2") == 0


def test_a_page_needs_no_other_file(predict):
    page = predict("Oslo <img src=x> http://example.org", "--format", "html").out
    assert re.findall(r"<(?:link|script|img|iframe)\b|\burl\(|@import|\bsrc=[^x]", page) == []


def test_whole_files_are_documents_of_columns_too(predict):
    Path("a.txt").write_text("Ann slept.\n")
    Path("b.txt").write_text("So did\nBob .\n")
    inputs = ("--input", "a.txt", "--input", "b.txt", "--input-format", "file")
    Path("out.conll").write_text(predict(*inputs, "--pretokenized", "--format", "conll").out)
    documents = read_conll(Path("out.conll")).documents
    tokens = [[list(s.tokens) for s in document.sentences] for document in documents]
    assert tokens == [[["Ann", "slept."]], [["So", "did"], ["Bob", "."]]]


def test_columns_get_the_tags_of_the_model_and_keep_all_else(predict, tagger):
    path = resource_folder("data/sample") / "test.conll"
    done = predict("--input", str(path), "--format", "conll")
    before, after = path.read_text("utf-8").splitlines(), done.out.splitlines()
    assert [line.split(" ")[:-1] for line in after] == [line.split(" ")[:-1] for line in before]
    Path("tagged.conll").write_text(done.out)
    corpus, tagged = read_conll(path), read_conll(Path("tagged.conll"))
    assert len(tagged.documents) == len(corpus.documents) > 1
    for document, tags in zip(corpus.documents, tagged.documents, strict=True):
        expected = tagger.tag_batch([s.tokens for s in document.sentences])
        assert [list(s.tags) for s in tags.sentences] == expected


def test_columns_become_texts_of_one_line_a_sentence(predict):
    columns = b"-DOCSTART- O\n\nAngela O\nMerkel O\nspoke O\n\nBerlin O\nslept O\n# over\n"
    done = predict("--input-format", "conll", "--format", "json", stdin=columns[:-7])
    (answer,) = json.loads(done.out)
    assert answer["text"] == "Angela Merkel spoke\nBerlin slept"
    found = [(e["text"], e["start"]) for e in answer["entities"]]
    assert found == [("Angela Merkel", 0), ("Berlin", 20)]


def test_a_file_of_tokens_alone_gets_tags(predict):
    done = predict(
        "--input-format", "conll", "--format", "conll", stdin=b"Angela\nMerkel\n\nBerlin"
    )
    assert done.out == "Angela B-PER\nMerkel I-PER\n\nBerlin B-LOC\n"


def test_answers_do_not_depend_on_how_a_file_of_columns_is_cut(predict, monkeypatch):
    path = resource_folder("data/sample") / "dev.conll"
    outputs = []
    for size in (777, 1 << 20):
        monkeypatch.setattr(sys.modules["window_ner.cli.predict.reading"], "_BYTES_AT_ONCE", size)
        outputs.append(predict("--input", str(path), "--format", "conll").out)
    assert outputs[0] == outputs[1]


def test_names_of_a_lower_score_are_left_out_everywhere(predict):
    text = "Angela Merkel met Flibbertigibbet of Zork and the Wombat XP in Berlin."
    entities = json.loads(predict(text, "--format", "json").out)[0]["entities"]
    scores = sorted(e["score"] for e in entities)
    least = (scores[0] + scores[1]) / 2
    kept = [e["text"] for e in entities if e["score"] >= least]
    assert 0 < len(kept) < len(entities)
    assert predict(text, "--format", "jsonl", "--min-score", str(least)).found == [kept]
    columns = predict(text, "--format", "conll", "--min-score", str(least)).out
    tokens = [line.split(" ") for line in columns.splitlines() if line]
    assert " ".join(t for t, tag in tokens if tag != "O") == " ".join(kept)
    assert sum(tag.startswith("B-") for _, tag in tokens) == len(kept)
    assert predict(text, "--min-score", "1").out == f"{text}\n"


def test_json_is_a_list_whatever_there_is_to_tag(predict):
    assert json.loads(predict("--format", "json").out) == []
    text = "a\u2028b \x85 \x00 Berlin\\n"
    answers = json.loads(predict("--format", "json", text, "Oslo").out)
    assert [answer["text"] for answer in answers] == [text, "Oslo"]


BAD_INPUT = {
    "missing": (("--input", "no.txt"), "no.txt: no such file"),
    "missing after another": (("--input", "a.txt", "--input", "no.txt"), "no.txt: no such file"),
    "folder": (("--input", "."), ".: is a folder, expected a file"),
    "not UTF-8": (("--input", "latin1.txt"), "latin1.txt:2: byte 0xe9 is not UTF-8"),
    "not UTF-8, whole": (
        ("--input", "latin1.txt", "--input-format", "file"),
        "latin1.txt:2: byte 0xe9 is not UTF-8",
    ),
    "UTF-16": (("--input", "utf16.txt"), "utf16.txt: is UTF-16"),
    "gzipped without the name": (("--input", "zipped"), "zipped: is gzipped; call it .gz"),
    "no gzip file": (("--input", "a.txt.gz"), "a.txt.gz: cannot be read (Not a gzipped"),
    "gzip file cut off": (("--input", "cut.gz"), "cut.gz: cannot be read (Compressed file ended"),
    "gzip file broken": (("--input", "broken.gz"), "broken.gz: cannot be read (Error -3"),
    "columns": (("--input", "bad.conll"), "bad.conll:3: 1 column, expected 2 to 12"),
    "columns of stdin": (("--input-format", "conll"), "stdin:2: 1 column where"),
    "stdin twice": (("--input", "-", "--input", "-"), "stdin can be read once only"),
    "score above 1": (("x", "--min-score", "2"), "2.0 is not in the range"),
    "unknown format": (("x", "--input-format", "xml"), "'xml' is not one of"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_told_in_one_line(predict, name):
    arguments, message = BAD_INPUT[name]
    Path("a.txt").write_text("Oslo\n")
    Path("a.txt.gz").write_text("Oslo\n")
    Path("latin1.txt").write_bytes(b"caf\xc3\xa9\ncaf\xe9\n")
    Path("utf16.txt").write_text("Oslo", encoding="utf-16")
    zipped = bytearray(gzip.compress(ANN.encode() * 9))
    Path("zipped").write_bytes(zipped)
    Path("cut.gz").write_bytes(zipped[:-12])
    zipped[10] = 0xFF
    Path("broken.gz").write_bytes(zipped)
    Path("bad.conll").write_text("a O\n\nb\n")
    done = predict(*arguments, stdin=b"a b c\nd\n" if "columns of" in name else b"")
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
    if "score" not in name and "unknown" not in name:
        assert done.err.count("\n") == 1


@pytest.mark.parametrize("form", ["pretty", "jsonl", "conll", "html", "json"])
def test_each_line_of_a_slow_stream_is_answered_before_the_next_is_there(form):
    command = [sys.executable, "-m", "window_ner", "predict", "--format", form]
    with subprocess.Popen(
        [*command, "--model", "english-news"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        seen = b""
        for name in (b"Oslo", b"Berlin"):
            process.stdin.write(name + b"\n")
            process.stdin.flush()
            deadline = time.monotonic() + 60
            while name not in seen and time.monotonic() < deadline:
                seen += process.stdout.read1()
            assert name in seen
        process.stdin.close()
        process.stdout.read()
        assert process.wait() == 0
