"""The commands in a shell: terminals, closed pipes, interrupts, completion, what stderr is for."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from window_ner.errors import InputError
from window_ner.storage.resources import resource_folder

MODEL = ("--model", "english")
NAME = ("predict", *MODEL, "Angela Merkel slept.")
IN_BRACKETS = "[Angela Merkel | PER 1.00] slept.\n"
LINES = b"Angela Merkel met Tim Cook in Cupertino.\n" * 5000


@dataclass
class Run:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return tmp_path


@pytest.fixture
def run(main_on):
    """Run a command with stdout or stderr, or both, each on a terminal of its own."""

    def call(*arguments, env=None, terminals=(), stdin=b""):
        ends = {name: pty.openpty() if name in terminals else os.pipe() for name in ("out", "err")}
        Path("stdin").write_bytes(stdin)
        with (
            Path("stdin").open(encoding="utf-8") as file,
            ThreadPoolExecutor(2) as readers,  # a terminal holds 4 kB that nobody has read
        ):
            shown = {name: readers.submit(_read_to_end, end) for name, (end, _) in ends.items()}
            out, err = (theirs for _, theirs in ends.values())
            code = main_on(*arguments, stdin=file, stdout=out, stderr=err, env=env)
        return Run(code, *(shown[name].result().replace("\r\n", "\n") for name in ("out", "err")))

    return call


@pytest.fixture
def at_once(monkeypatch):
    """Show a bar at once, which otherwise is for who has waited for a second."""
    monkeypatch.setattr("window_ner.cli.predict.progress._PATIENCE", 0)


def _read_to_end(end):
    """Read a pipe or a terminal, which says by an error that it is over."""
    data = b""
    try:
        while more := os.read(end, 1 << 16):
            data += more
    except OSError:
        pass
    os.close(end)
    return data.decode()


def test_version_is_that_of_the_package(run):
    assert run("--version") == Run(0, f"window-ner {version('window-ner')}\n", "")


@pytest.mark.parametrize(
    ("before", "env"), [(["--traceback"], {}), ([], {"WINDOW_NER_TRACEBACK": "1"})]
)
def test_where_an_error_comes_from_is_told_who_asks(run, before, env, monkeypatch):
    """The error is not caught, so that Python shows its traceback."""
    monkeypatch.setenv("WINDOW_NER_TRACEBACK", "")  # the option sets it
    with pytest.raises(InputError, match="none: no such model folder"):
        run(*before, "predict", "--model", "none", "Oslo", env=env)


@pytest.mark.parametrize(
    ("env", "terminals", "coloured"),
    [
        ({}, [], False),
        ({}, ["out"], True),
        ({"NO_COLOR": "1"}, ["out"], False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, ["out"], False),
        ({"NO_COLOR": ""}, ["out"], True),
        ({"TERM": "dumb"}, ["out"], False),
        ({"FORCE_COLOR": "1"}, [], True),
    ],
)
def test_names_are_coloured_on_a_terminal_and_who_wants_no_colours_gets_brackets(
    run, env, terminals, coloured
):
    done = run(*NAME, env=env, terminals=terminals)
    assert (done.code, done.err) == (0, "")
    assert ("\x1b[1;34mAngela Merkel\x1b[0m" in done.out) == coloured
    assert (done.out == IN_BRACKETS) == (not coloured)


def test_labels_without_a_colour_of_their_own_have_one_too():
    import io

    from window_ner.cli.predict.documents import Answer, Document
    from window_ner.cli.predict.writers.pretty import PrettyWriter
    from window_ner.data.tokenizer import tokenize
    from window_ner.model.entity import Entity

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    entity = Entity("aspirin", "DRUG", 0, 7, 0.5, 0, 1)
    answer = Answer(Document("aspirin"), tokenize("aspirin"), [entity])
    assert (
        PrettyWriter(Terminal()).body([answer])
        == "\x1b[1;36maspirin\x1b[0m\x1b[2;36m DRUG 0.50\x1b[0m\n"
    )


def test_what_a_terminal_would_obey_is_shown_in_place_of_obeyed(run):
    shown = run("predict", *MODEL, "\x1b]0;title\x07 \x9b2J\tin Oslo", terminals=["out"]).out
    assert "␛]0;title␇ ␡2J" in shown
    assert "\x07" not in shown


def test_progress_is_shown_to_who_waits_at_a_terminal_and_then_gone(run, at_once):
    done = run("predict", *MODEL, "--format", "jsonl", terminals=["err"], stdin=LINES)
    assert done.code == 0
    assert done.out.count("\n") == 5000
    assert "\x1b" not in done.out
    assert f"/{len(LINES) / 1000:.1f} kB" in done.err
    assert done.err.endswith("\x1b[2K")  # the line is cleared
    assert "\x1b[?25h" in done.err  # and the cursor is back


@pytest.mark.parametrize(
    ("terminals", "term"),
    [([], "xterm"), (["out"], "xterm"), (["out", "err"], "xterm"), (["err"], "dumb")],
)
def test_progress_is_in_nobodys_way(run, at_once, terminals, term):
    done = run(
        *("predict", *MODEL, "--format", "jsonl"),
        terminals=terminals,
        env={"TERM": term},
        stdin=LINES[:1230],
    )
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 30)


def test_an_error_after_some_progress_is_one_line_of_its_own(run, at_once):
    done = run(
        *("predict", *MODEL, "--format", "jsonl"),
        terminals=["err"],
        stdin=LINES + b"caf\xe9\n",
    )
    assert done.code == 2
    assert "\x1b[2Kwindow-ner: stdin:5001: byte 0xe9 is not UTF-8" in done.err


def test_verbose_says_which_model_how_much_and_how_long_on_stderr(run):
    done = run("predict", "-v", *MODEL, stdin=b"Angela Merkel slept.\n")
    assert done.out == IN_BRACKETS
    model, read, took = done.err.splitlines()
    assert model.startswith("model ")
    assert re.search(r"english, loaded in \d+\.\d\d s$", model)
    assert read == "read     21 bytes"
    assert took.startswith("time ")


def test_a_reader_that_has_seen_enough_is_no_error():
    Path("lines").write_bytes(LINES)
    command = [sys.executable, "-m", "window_ner", "predict", *MODEL, "--input", "lines"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.parametrize("form", ["json", "jsonl", "conll", "html"])
def test_in_no_format_is_a_reader_that_has_seen_enough_an_error(main_on, form):
    Path("lines").write_bytes(LINES)
    (reader, out), (errors, err) = os.pipe(), os.pipe()

    def read_little():
        assert os.read(reader, 1)
        os.close(reader)

    arguments = ("predict", *MODEL, "--input", "lines", "--format", form)
    with ThreadPoolExecutor(1) as readers:
        readers.submit(read_little)
        assert main_on(*arguments, stdout=out, stderr=err) == 0
    assert _read_to_end(errors) == ""


@pytest.mark.parametrize(
    "command", [("explain", *MODEL, "Paris"), ("gradcheck",), ("--help",), ("info", *MODEL)]
)
def test_in_no_command_is_a_reader_that_has_gone_an_error(main_on, command):
    (reader, out), (errors, err) = os.pipe(), os.pipe()
    os.close(reader)
    assert main_on(*command, stdout=out, stderr=err) == 0
    assert _read_to_end(errors) == ""


QUICK = ("train", "--train", "few.conll", "--dev", "few.conll", "--config", "lecture")
QUICK += ("--vectors", "random-4d", "--output", "model")


@pytest.fixture
def few(folder):
    """A corpus of a few sentences, whose names have no kinds."""
    sample = (resource_folder("data/sample") / "dev.conll").read_text("utf-8")
    few = "\n\n".join(sample.split("\n\n")[:40])
    (folder / "few.conll").write_text(re.sub(r" ([BI])-\w+$", r" \1-NAME", few, flags=re.M) + "\n")


def test_a_training_goes_on_if_nobody_reads_what_it_says(few):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "window_ner", *QUICK, "--set", "epochs=1"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    lines = done.stderr.splitlines()
    assert (done.returncode, len(lines)) == (0, 3)
    assert [line.partition(b" ")[0] for line in lines] == [b"note", b"warning", b"epoch"]
    assert Path("model/manifest.json").is_file()


def test_a_training_goes_on_if_nobody_reads_its_progress(main_on, few):
    (reader, out), (errors, err) = os.pipe(), os.pipe()
    os.close(errors)
    assert main_on(*QUICK, "--set", "epochs=1", stdout=out, stderr=err) == 0
    assert "model    model" in _read_to_end(reader).splitlines()


@pytest.mark.parametrize(
    ("jobs", "sent"),
    [
        ((), signal.SIGINT),
        (("--jobs", "2"), signal.SIGINT),
        (("--jobs", "2"), signal.SIGTERM),
    ],
)
def test_an_interrupt_is_one_line_and_leaves_no_half_written_file(jobs, sent):
    command = [sys.executable, "-m", "window_ner", "predict", *MODEL, "--format", "jsonl"]
    with subprocess.Popen(
        [*command, "--output", "out.jsonl", *jobs],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        process.stdin.write(LINES)
        process.stdin.flush()  # returns when most of it is read: the command is at work
        os.killpg(process.pid, sent)
        assert process.wait() == 130
        assert process.stderr.read() == b"window-ner: interrupted\n"
    assert not list(Path().glob("*out.jsonl*"))


def test_a_training_that_is_told_to_end_keeps_its_model_and_says_how_to_go_on(few):
    command = [sys.executable, "-m", "window_ner", *QUICK]
    settings = ["--set", "epochs=99999", "--set", "patience=99999", "--output", "my model"]
    with subprocess.Popen(
        [*command, *settings], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while not Path("my model/manifest.json").is_file() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()
    assert process.returncode == 130
    assert err.endswith("; continue with: window-ner train --resume --output 'my model'\n")
    assert "\nmodel    my model\n" in out
    # Nothing is beside it. A lock may be left if the signal came while it was made or removed; it
    # does no harm, see window_ner.storage.locks.
    left = {path.name for path in Path().iterdir()}
    assert left - {".my model.lock"} == {"few.conll", "my model"}


def test_a_closed_stdout_is_told():
    command = 'exec "$0" -m window_ner predict --model english Oslo >&-'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "window-ner: stdout: is closed; use --output\n")


COMPLETED = {
    "window-ner pre": "predict",
    "window-ner predict --min": "--min-score",
    "window-ner predict --format js": "json jsonl",
    "window-ner predict --model eng": "english",
    "window-ner train --config lec": "lecture lecture-plus",
    "window-ner train --set epo": "epochs=",
    "window-ner train --vectors glove": "glove-6b-50d glove-6b-100d",
    "window-ner eval t": "train test",
}


@pytest.mark.parametrize("line", COMPLETED)
def test_the_tab_key_completes(run, line, monkeypatch):
    monkeypatch.setattr("__main__.__package__", None)  # or the program would be "python -m pytest"
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    done = run(env={"_WINDOW_NER_COMPLETE": "complete_bash", **words})
    assert done.out.split() == COMPLETED[line].split()


def test_completion_installs_itself_in_bash_and_completes(folder):
    main = "import sys; sys.argv[0] = 'window-ner'; from window_ner.cli import main; main()"
    command = folder / "bin" / "window-ner"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\n{main}\n")
    command.chmod(0o755)
    env = {**os.environ, "HOME": str(folder), "PATH": f"{command.parent}:{os.environ['PATH']}"}
    subprocess.run(
        # Not the last command, or bash would make way for it: the installer looks for the shell
        # among its parents, a few levels up.
        ["bash", "-c", "window-ner --install-completion bash && true"],
        env=env,
        check=True,
        capture_output=True,
    )
    script = (
        ". ~/.bashrc; COMP_WORDS=(window-ner predict --model eng); COMP_CWORD=3\n"
        '_window_ner_completion window-ner; echo "${COMPREPLY[*]}"'
    )
    done = subprocess.run(["bash", "-c", script], env=env, check=True, capture_output=True)
    assert done.stdout == b"english\n"
