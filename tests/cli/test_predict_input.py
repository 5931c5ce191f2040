"""predict: what it reads, and that nothing of it is lost or taken for something else."""

import gzip
import json
import os
import re
import select
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from window_ner.cli.predict.documents import InputFormat
from window_ner.cli.predict.reading import read_documents
from window_ner.cli.predict.sources import Source, find_sources
from window_ner.data.conll import read_conll
from window_ner.errors import InputError
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
        return Run(*call_main("predict", "--model", "english", *arguments, stdin=stdin))

    return run


@pytest.fixture(scope="module")
def tagger(english):
    return english


def test_several_files_and_stdin_are_read_one_after_the_other(predict):
    Path("a.txt").write_text("Oslo\nBerlin is in Germany.\n")
    Path("b.txt.gz").write_bytes(gzip.compress(b"Paris"))
    inputs = ("--input", "b.txt.gz", "-", "--input", "a.txt", "--input-format", "lines")
    done = predict(*inputs, "--format", "jsonl", stdin=ANN.encode())
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [answer["text"] for answer in answers] == ["Paris", ANN, "Oslo", "Berlin is in Germany."]
    places = [(answer["file"], answer["document"]) for answer in answers]
    assert places == [("b.txt.gz", 1), ("stdin", 1), ("a.txt", 1), ("a.txt", 2)]
    assert done.err == ""


def test_what_a_shell_puts_behind_input_are_inputs(predict):
    for name in "abcde":
        Path(f"{name}.txt").write_text(f"This is {name}.")
    calls = [
        ("--input", "b.txt", "a.txt", "--input", "c.txt", "--format", "jsonl"),
        ("--format", "jsonl", "--input=b.txt", "a.txt", "c.txt"),
        ("--input", "b.txt", "--input", "a.txt", "c.txt", "--format=jsonl", "--jobs", "1"),
    ]
    for call in calls:
        answers = [json.loads(line) for line in predict(*call).out.splitlines()]
        assert [answer["file"] for answer in answers] == ["b.txt", "a.txt", "c.txt"]


def test_several_files_are_documents_and_one_file_is_lines_and_stderr_says_so(predict):
    Path("a.txt").write_text("Oslo\nBerlin\n")
    Path("b.md").write_text("Paris\n")
    texts = {"jsonl": lambda done: [json.loads(line)["text"] for line in done.out.splitlines()]}
    one = predict("--input", "a.txt", "--format", "jsonl")
    assert texts["jsonl"](one) == ["Oslo", "Berlin"]
    assert one.err == (
        "note     each line of a.txt is a document; "
        "if the whole file is one, add --input-format file\n"
    )
    assert predict("--input", "b.md").err == ""  # one line, one document, either way
    assert predict(stdin=b"Oslo\nBerlin\n").err == ""
    both = predict("--input", "a.txt", "b.md", "--format", "jsonl")
    assert texts["jsonl"](both) == ["Oslo\nBerlin\n", "Paris\n"]
    assert both.err == (
        "note     each of 2 files is one document; if each line is one, add --input-format lines\n"
    )
    asked = predict("--input", "a.txt", "b.md", "--format", "jsonl", "--input-format", "lines")
    assert (texts["jsonl"](asked), asked.err) == (["Oslo", "Berlin", "Paris"], "")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("letter.docx", ".docx is not read; save it as plain text in UTF-8"),
        ("page.HTML", ".html is not read; save it as plain text in UTF-8"),
        ("sheet.xlsx", ".xlsx is not read; save it as CSV UTF-8, and window-ner bulk reads it"),
        ("table.csv.gz", ".csv is not read; window-ner bulk reads it"),
        ("names.json", ".json is not read; save it as JSON lines, .jsonl"),
    ],
)
def test_a_file_whose_bytes_are_not_its_text_is_refused(predict, name, advice):
    Path(name).write_text("<p>In Delhi.")
    done = predict("--input", name)
    assert (done.code, done.err) == (2, f"window-ner: {name}: {advice}\n")


def test_an_input_format_reads_a_file_of_any_ending(predict):
    Path("table.csv").write_text("In Oslo.\nIn Rome.\n")
    done = predict("--input", "table.csv", "--input-format", "lines", "--format", "jsonl")
    assert [json.loads(line)["text"] for line in done.out.splitlines()] == ["In Oslo.", "In Rome."]


@pytest.fixture
def notes():
    """A folder with files of all kinds, some of which are not to be read."""
    files = {
        "b.txt": b"In Oslo.\nIn Bergen.",
        "a/z.MD": b"In Paris.",
        "a/y.txt.gz": gzip.compress(b"In Rome."),
        "c.jsonl": b'{"text": "In Lima."}\n{"text": "In Quito."}\n',
        "d.conll": b"In O\nCairo O\n",
        "e.ndjson": b'{"text": "In Doha."}\n',
        "page.html": b"<p>In Delhi.",
        "picture.png": b"\x89PNG",
        ".hidden.txt": b"In Tunis.",
        ".git/e.txt": b"In Accra.",
        "empty/.gitignore": b"",
    }
    for name, content in files.items():
        path = Path("notes") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_a_folder_is_every_file_in_it_that_can_be_read_in_order(predict, notes):
    done = predict("--input", "notes", "--format", "jsonl")
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [(a["file"], a.get("document"), a["text"]) for a in answers] == [
        ("notes/a/y.txt.gz", None, "In Rome."),
        ("notes/a/z.MD", None, "In Paris."),
        ("notes/b.txt", None, "In Oslo.\nIn Bergen."),
        ("notes/c.jsonl", 1, "In Lima."),
        ("notes/c.jsonl", 2, "In Quito."),
        ("notes/d.conll", 1, "In Cairo"),
        ("notes/e.ndjson", 1, "In Doha."),
    ]


def test_a_named_pipe_in_a_folder_is_left_out_and_a_broken_link_is_told(predict, notes):
    os.mkfifo("notes/pipe.txt")
    Path("notes/shortcut.txt").symlink_to("b.txt")
    done = predict("--input", "notes", "--format", "jsonl")
    assert (done.code, len(done.out.splitlines())) == (0, 8)
    Path("notes/b.txt").unlink()
    done = predict("--input", "notes", "--format", "jsonl")
    assert done.code == 2
    assert done.err.endswith("window-ner: notes/shortcut.txt: no such file\n")
    Path("notes/b.txt").symlink_to("shortcut.txt")
    done = predict("--input", "notes", "--format", "jsonl", "--output", "out.jsonl")
    assert done.code == 2
    assert "notes/b.txt: cannot be read (Too many levels of symbolic links)" in done.err


def test_a_gzipped_named_pipe_is_read(tmp_path):
    pipe = tmp_path / "pipe.txt.gz"
    os.mkfifo(pipe)
    advanced = []
    with ThreadPoolExecutor(1) as others:
        others.submit(pipe.write_bytes, gzip.compress(b"In Oslo.\nIn Rome.\n"))
        batches = list(read_documents([Source(str(pipe), InputFormat.LINES)], advanced.append))
    assert [document.text for batch in batches for document in batch] == ["In Oslo.", "In Rome."]
    assert sum(advanced) == 18


def test_small_files_are_read_together_and_those_before_a_broken_one_are_answered(predict):

    for number in range(9):
        Path(f"{number}.txt").write_text("In Oslo.")
    done = predict("--input", *(f"{number}.txt" for number in range(9)), "--format", "jsonl")
    assert done.found == [["Oslo"]] * 9
    Path("7.txt").write_bytes(b"caf\xe9")
    done = predict("--input", *(f"{number}.txt" for number in range(9)), "--format", "jsonl")
    assert (done.code, len(done.out.splitlines())) == (2, 7)
    assert "7.txt:1: byte 0xe9 is not UTF-8" in done.err


def test_the_output_is_not_read_when_it_lies_in_the_folder(predict, notes):
    for _ in range(2):
        assert predict("--input", "notes", "--output", "notes/names.jsonl").code == 0
        assert len(Path("notes/names.jsonl").read_text().splitlines()) == 7


def test_sentences_of_a_conll_file_stay_apart_from_the_next_file(predict):
    Path("a.conll").write_text("In O\nOslo O\n")
    Path("b.conll").write_text("In O\nRome O\n\n")
    Path("c.txt").write_text("In Bonn")
    files = ("a.conll", "b.conll", "a.conll", "c.txt", "a.conll")
    done = predict("--input", *files, "--format", "conll")
    oslo, rome = "In O\nOslo B-LOC\n", "In O\nRome B-LOC\n\n"
    bonn = "-DOCSTART- O\n\nIn O\nBonn B-LOC\n\n"
    assert done.out == f"{oslo}\n{rome}{oslo}\n{bonn}{oslo}"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_files_of_different_columns_do_not_become_one_conll_file(predict, no_other_threads, jobs):
    Path("a.conll").write_text("In IN O\nOslo NNP O\n")
    Path("b.txt").write_text("In Bonn.")
    call = ("--input", "a.conll", "a.conll", "b.txt", "--jobs", jobs)
    done = predict(*call, "--output", "all.conll")
    assert done.code == 2
    assert "b.txt: would have 2 columns, and a.conll has 3, which cannot be in one" in done.err
    assert not Path("all.conll").exists()
    assert predict(*call, "--output", "all.jsonl").code == 0


def test_an_output_that_is_a_link_to_a_file_of_the_folder_is_refused(predict, notes):
    before = Path("notes/b.txt").read_text()
    Path("link.csv").symlink_to("notes/b.txt")
    done = predict("--input", "notes", "--output", "link.csv")
    assert (done.code, Path("notes/b.txt").read_text()) == (2, before)
    assert "notes/b.txt: is read, and --output would replace it" in done.err


def test_a_file_that_is_read_is_not_replaced(predict):
    Path("a.txt").write_text("In Oslo.\n")
    Path("list.csv").write_text("name,label\nOslo,CITY\n")
    Path("link.txt").symlink_to("a.txt")
    for read, output in (("a.txt", "a.txt"), ("a.txt", "link.txt"), ("list.csv", "list.csv")):
        done = predict("--input", "a.txt", "--names", "list.csv", "--output", output)
        assert (done.code, done.out) == (2, "")
        assert f"{read}: is read, and --output would replace it" in done.err
    assert Path("a.txt").read_text() == "In Oslo.\n"


def test_a_file_that_the_shell_gives_as_stdin_is_not_replaced(tmp_path, monkeypatch):
    file = tmp_path / "a.txt"
    file.write_text("In Oslo.\n")
    with file.open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(InputError, match="stdin: is read, and --output would replace it"):
            find_sources(["-"], None, file)
        assert find_sources(["-"], None, tmp_path / "b.txt") == [("-", "lines")]


def test_objects_of_a_jsonl_file_keep_their_other_keys(predict):
    Path("a.jsonl").write_text(
        '{"id": 7, "text": "In \\u004fslo.\\nYes.", "entities": 1, "more": [null, {"é": 1.0}]}\n'
        "\n"
        '{"text": ""}'
    )
    done = predict("--input", "a.jsonl", "--format", "jsonl")
    first, second = map(json.loads, done.out.splitlines())
    (oslo,) = first.pop("entities")
    assert first == {"id": 7, "text": "In Oslo.\nYes.", "more": [None, {"é": 1.0}]}
    assert (oslo["text"], oslo["start"], oslo["end"]) == ("Oslo", 3, 7)
    assert second == {"text": "", "entities": []}
    rows = predict("--input", "a.jsonl", "--format", "csv").out.splitlines()
    assert rows[1].startswith("a.jsonl,1,Oslo,LOC,3,7,")


def test_objects_before_a_line_that_is_none_are_answered(predict):
    lines = b'{"text": "Oslo"}\n\n{"text": "In Paris."}\nnope\n{"text": "Rome"}\n'
    run = predict("--input-format", "jsonl", "--format", "jsonl", stdin=lines)
    assert (run.code, run.found) == (2, [["Oslo"], ["Paris"]])
    assert "stdin:4: is not JSON" in run.err


@pytest.mark.usefixtures("no_other_threads")
def test_answers_of_a_jsonl_stream_come_in_its_order(predict):
    lines = "".join(json.dumps({"text": f"Ann met {name}.", "n": n}) + "\n" for n, name in NAMES)
    call = ("--input-format", "jsonl", "--format", "jsonl", "--jobs", "2")
    answers = map(json.loads, predict(*call, stdin=lines.encode()).out.splitlines())
    assert [(a["n"], a["text"]) for a in answers] == [(n, f"Ann met {x}.") for n, x in NAMES]


NAMES = list(enumerate(["Bob", "Tim Cook", "Angela Merkel"] * 5))


@pytest.mark.parametrize("text", ["letter.txt", "notes", "notes/", "./letter.txt"])
def test_a_path_in_place_of_a_text_is_refused(predict, notes, text):
    Path("letter.txt").write_text("Oslo")
    done = predict("Ann slept.", text)
    kind = "folder" if "notes" in text else "file"
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"window-ner: {text}: is a {kind}; to read it: --input {text} (")
    assert done.err.count("\n") == 1


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
    assert re.findall("<h2.*?>(.*)</h2>", page) == ["a&lt;b&gt;.txt", "stdin", "Names"]
    lines = predict("--format", "html", stdin=b"It rained.").out
    assert re.findall("<h2.*?>(.*)</h2>", lines) == ["Names"]


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


@pytest.fixture
def columns(tmp_path):
    """The first documents of the sample, as columns."""
    sample = (resource_folder("data/sample") / "test.conll").read_text("utf-8")
    head, *documents = sample.split("-DOCSTART-")
    path = tmp_path / "columns.conll"
    path.write_text("-DOCSTART-".join([head, *documents[:3]]), "utf-8")
    return path


def test_columns_get_the_tags_of_the_model_and_keep_all_else(predict, tagger, columns):
    path = columns
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


def test_answers_do_not_depend_on_how_a_file_of_columns_is_cut(predict, columns, monkeypatch):
    assert columns.stat().st_size > 3 * 777
    outputs = []
    for size in (777, 1 << 20):
        monkeypatch.setattr(sys.modules["window_ner.cli.predict.reading"], "_BYTES_AT_ONCE", size)
        outputs.append(predict("--input", str(columns), "--format", "conll").out)
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
    "folder without texts": (
        ("--input", "empty"),
        "empty: no .txt, .md, .jsonl, .ndjson or .conll file",
    ),
    "text behind a file": (("--input", "a.txt", "Ann slept."), "Ann slept.: no such file"),
    "no JSON": (("--input", "bad.jsonl"), "bad.jsonl:2: is not JSON (Expecting value"),
    "no object": (("--input-format", "jsonl"), "stdin:1: is not an object"),
    "no text in an object": (
        ("--input", "no.jsonl"),
        'no.jsonl:3: has no "text", only "body"; rename the key of the text, or name it: window',
    ),
    "text is a number": (("--input", "number.jsonl"), 'number.jsonl:1: "text" is not a string'),
    "half a character": (("--input", "half.jsonl"), "half.jsonl:1: has half of a surrogate pair"),
    "nested too deeply": (("--input", "deep.jsonl"), "deep.jsonl:1: is nested too deeply"),
    "unknown label": (
        ("x", "--labels", "PER,PLACE"),
        "no label PLACE; there are LOC,",
    ),
    "no label": (("x", "--labels", ","), "--labels: ',' names no label"),
    "not UTF-8": (("--input", "latin1.txt"), "latin1.txt:2: byte 0xe9 is not UTF-8"),
    "not UTF-8, whole": (
        ("--input", "latin1.txt", "--input-format", "file"),
        "latin1.txt:2: byte 0xe9 is not UTF-8",
    ),
    "UTF-16": (("--input", "utf16.txt"), "utf16.txt: is UTF-16"),
    "gzipped without the name": (
        ("--input", "zipped"),
        "zipped: is gzipped; let its name end in .gz",
    ),
    "no gzip file": (("--input", "a.txt.gz"), "a.txt.gz: cannot be read (Not a gzipped"),
    "gzip file cut off": (("--input", "cut.gz"), "cut.gz: cannot be read (Compressed file ended"),
    "gzip file broken": (("--input", "broken.gz"), "broken.gz: cannot be read (Error -3"),
    "columns": (("--input", "bad.conll"), "bad.conll:3: 1 column, expected 2 to 12"),
    "columns of stdin": (("--input-format", "conll"), "stdin:2: 1 column where"),
    "stdin twice": (("--input", "-", "--input", "-"), "stdin can be read once only"),
    "score above 1": (("x", "--min-score", "2"), "2.0 is not in the range"),
    "score of no number": (("x", "--min-score", "nan"), "nan is not a number from 0 to 1"),
    "unknown format": (("x", "--input-format", "xml"), "'xml' is not one of"),
}


STDIN_OF = {"columns of stdin": b"a b c\nd\n", "no object": b"[1]"}


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
    Path("empty").mkdir()
    Path("bad.jsonl").write_text('{"text": "Oslo"}\nOslo\n')
    Path("no.jsonl").write_text('{"text": "Oslo"}\n\n{"body": "Oslo"}\n')
    Path("number.jsonl").write_text('{"text": 7}')
    Path("half.jsonl").write_text('{"text": "\\ud800"}')
    Path("deep.jsonl").write_text("[" * 100_000)
    done = predict(*arguments, stdin=STDIN_OF.get(name, b""))
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
    if "score" not in name and "unknown format" not in name:
        assert done.err.count("\n") == 1


@pytest.mark.parametrize("form", ["pretty", "jsonl", "conll", "html", "json", "csv", "tsv"])
def test_each_line_of_a_slow_stream_is_answered_before_the_next_is_there(main_on, form):
    (theirs, lines), (answers, out), (errors, err) = os.pipe(), os.pipe(), os.pipe()

    def ask():
        seen = b""
        with os.fdopen(lines, "wb", buffering=0) as stream:
            for name in (b"Oslo", b"Berlin"):
                stream.write(name + b"\n")
                while name not in seen and select.select([answers], [], [], 60)[0]:
                    seen += os.read(answers, 1 << 16)
                assert name in seen
        while os.read(answers, 1 << 16):
            pass

    with ThreadPoolExecutor(1) as asking, os.fdopen(theirs, encoding="utf-8") as stdin:
        asked = asking.submit(ask)
        command = ("predict", "--format", form, "--model", "english")
        assert main_on(*command, stdin=stdin, stdout=out, stderr=err) == 0
        asked.result()
    assert os.read(errors, 99) == b""
    os.close(answers)
    os.close(errors)
