import io
import os
import sys
from pathlib import Path

import pytest

from window_ner.cli import main


@pytest.fixture(scope="session", autouse=True)
def folders_of_the_test_run(tmp_path_factory):
    """Give the test run its own cache and data folders, apart from those of the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINDOW_NER_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def corpora():
    """The folder of corpora that may not be redistributed, such as CoNLL-2003."""
    folder = os.environ.get("WINDOW_NER_CORPORA")
    if not folder:
        pytest.skip("WINDOW_NER_CORPORA is not set: it names the folder of CoNLL-2003 and others")
    path = Path(folder)
    if not path.is_dir():
        pytest.skip(f"WINDOW_NER_CORPORA={folder} is not a folder")
    return path


@pytest.fixture
def call_main(monkeypatch, capsys):
    """Call the program as a shell does; return its exit code, stdout and stderr."""

    def call(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["window-ner", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as stopped:
            main()
        captured = capsys.readouterr()
        return stopped.value.code or 0, captured.out, captured.err

    return call
