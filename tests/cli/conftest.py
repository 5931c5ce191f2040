"""Commands on streams of their own."""

import os
import sys
from functools import cache
from pathlib import Path

import pytest

from window_ner.data import sources
from window_ner.model import stored_model
from window_ner.storage.resources import model_folder, resource_folder


@pytest.fixture(scope="session")
def bundled():
    """The bundled model, as it is stored."""
    return stored_model.load_model(model_folder())


@pytest.fixture(autouse=True)
def the_bundled_model_is_loaded_once(bundled, monkeypatch):
    """A command takes 40 ms to load it. Each command makes a tagger of its own from it."""
    load = stored_model.load_model
    monkeypatch.setattr(
        stored_model,
        "load_model",
        lambda folder: bundled if folder == model_folder() else load(folder),
    )


@pytest.fixture(scope="session")
def read_once():
    """Read a file that does not change."""
    return cache(sources.read_corpus)


@pytest.fixture(autouse=True)
def the_sample_is_read_once(read_once, monkeypatch):
    """A command takes up to 100 ms to read it, and changes no corpus."""
    read, sample = sources.read_corpus, resource_folder("data/sample")
    monkeypatch.setattr(
        sources,
        "read_corpus",
        lambda file: read_once(file) if sample in Path(file).parents else read(file),
    )


@pytest.fixture
def main_on(monkeypatch, exit_code):
    """Run a command in this process, which costs a second less than another; return its exit code.

    ``stdin`` is a stream of text; ``stdout`` and ``stderr`` are the numbers of files that are open
    to write, which are closed at the end.
    """

    def call(*arguments, stdin=None, stdout, stderr, env=None):
        with (
            monkeypatch.context() as patch,
            os.fdopen(stdout, "w", encoding="utf-8") as out,
            os.fdopen(stderr, "w", encoding="utf-8") as err,
        ):
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["window-ner", *arguments])
            for name, stream in (("stdin", stdin), ("stdout", out), ("stderr", err)):
                patch.setattr(sys, name, stream)
            return exit_code()

    return call
