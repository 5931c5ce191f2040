"""The script of the first hour runs from beginning to end and shows what it says."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from window_ner.data.vector_cache import cache_of, write_cache
from window_ner.data.vector_files import find_vectors

SCRIPT = Path(__file__).parents[1] / "examples" / "first_hour.sh"

PROGRAM = """#!/usr/bin/env bash
{ printf '%s\\0' "$@"; echo; } >&"$ASKED"
read -r code <&"$ANSWERED"
exit "$code"
"""
"""The command window-ner of the script: it asks the test to run itself, and waits for the code."""


@pytest.fixture
def small_glove(tmp_path, monkeypatch):
    """Let the script train on the vectors of eight words, which it takes for all 400,000."""
    monkeypatch.setenv("WINDOW_NER_CACHE", str(tmp_path / "cache"))
    words = ["the", "we", "sells", "well", "in", "an", "to", "."]
    table = np.random.default_rng(0).normal(size=(len(words), 50)).astype(np.float32)
    write_cache(cache_of("glove-6b-50d", find_vectors("glove-6b-50d")), words, table)


@pytest.fixture
def run_script(tmp_path, monkeypatch, call_main):
    """Run a script whose commands window-ner run in this process; return code, stdout, stderr.

    A dozen new processes would cost ten seconds of processor time.
    """
    program = tmp_path / "bin" / "window-ner"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def run(script):
        (asked, asks), (answered, answers) = os.pipe(), os.pipe()
        ends = {"ASKED": str(asks), "ANSWERED": str(answered)}
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        shown = [tmp_path / "stdout", tmp_path / "stderr"]
        with shown[0].open("a") as stdout, shown[1].open("a") as stderr:
            process = subprocess.Popen(
                ["bash", str(script)],
                env={**os.environ, "PATH": path, **ends},
                stdout=stdout,
                stderr=stderr,
                pass_fds=(asks, answered),
            )
            os.close(asks)
            os.close(answered)
            with os.fdopen(asked) as requests, os.fdopen(answers, "w") as codes:
                for line in requests:  # until the script has ended
                    code, out, err = call_main(*line.rstrip("\n").split("\0")[:-1])
                    for stream, text in ((stdout, out), (stderr, err), (codes, f"{code}\n")):
                        stream.write(text)
                        stream.flush()
            return process.wait(), *(file.read_text("utf-8") for file in shown)

    return run


@pytest.mark.skipif(sys.platform == "win32", reason="is a script for bash")
@pytest.mark.usefixtures("small_glove")
def test_the_first_hour_goes_as_the_script_tells(run_script):
    code, out, err = run_script(SCRIPT)
    assert code == 0, err
    steps = {step.partition("\n")[0]: step for step in out.split("\n== ")[1:]}

    def step(beginning):
        return next(text for title, text in steps.items() if title.startswith(beginning))

    assert "[Angela Merkel | PER" in step("A sentence")
    assert "Siemens,ORG" in step("Two files")
    assert "Lisbon" in step("Which names")
    assert '"label": "LOC"' in step("Only places")
    assert '"source": "list"' in step("Names that you know")
    assert "exit code 2" in step("A path is not a text")
    assert "--input notes/monday.txt" in err
    assert "config   tagger, because the corpus has labels: CITY, PRODUCT" in step("Your own kinds")
    assert "exit code 2" in step("A finished model")
    assert "--overwrite" in err
    assert "[Angela Merkel | PER" in step("Without --model")
    assert "FB1" in step("How good")
