"""The script of the first hour runs from beginning to end and shows what it says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "examples" / "first_hour.sh"


@pytest.mark.skipif(sys.platform == "win32", reason="is a script for bash")
def test_the_first_hour_goes_as_the_script_tells(tmp_path):
    program = tmp_path / "bin" / "window-ner"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m window_ner "$@"\n')
    program.chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", str(SCRIPT)],
        cwd=folder,
        env={**os.environ, "PATH": path, "XDG_DATA_HOME": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = {step.partition("\n")[0]: step for step in done.stdout.split("\n== ")[1:]}

    def step(beginning):
        return next(text for title, text in steps.items() if title.startswith(beginning))

    assert "[Angela Merkel | PER" in step("A sentence")
    assert "Siemens,ORG" in step("Two files")
    assert "Lisbon" in step("Which names")
    assert '"label": "LOC"' in step("Only places")
    assert '"source": "list"' in step("Names that you know")
    assert "exit code 2" in step("A path is not a text")
    assert "--input notes/monday.txt" in done.stderr
    assert "config   tagger, because the corpus has labels: CITY, PRODUCT" in step("Your own kinds")
    assert "exit code 2" in step("A finished model")
    assert "--overwrite" in done.stderr
    assert "[Angela Merkel | PER" in step("Without --model")
    assert "FB1" in step("How good")
