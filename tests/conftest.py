import contextlib
import gc
import gzip
import io
import json
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import window_ner
from window_ner.cli import main
from window_ner.data.conll import read_conll
from window_ner.data.lexicon import WordTable
from window_ner.data.lexicon_package import cached_table
from window_ner.errors import InputError

DEAREST_FILES = """
test_docs.py cli/test_cli.py bulk/test_killed.py test_sklearn.py web/test_annotate_page.py
analysis/test_gradcheck.py test_wheel.py web/test_page.py model/test_pretrained.py bulk/test_run.py
cli/test_report.py cli/test_pitfall.py cli/test_shell.py test_api.py test_any_text.py test_spacy.py
test_independence.py cli/test_predict_jobs.py training/test_killed.py
"""

# Every run draws the same examples, so that a change is not blamed for an old bug. make fuzz sets
# WINDOW_NER_SEED and WINDOW_NER_EXAMPLES: it draws others, and more. A test whose errors are rare
# says how many examples it needs. There is no limit of time, because a machine may be busy.
settings.register_profile(
    "window-ner",
    max_examples=int(os.environ.get("WINDOW_NER_EXAMPLES", "10")),
    derandomize="WINDOW_NER_SEED" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("window-ner")


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest, so that no process of pytest -n waits for another."""
    place = {f"tests/{file}": i for i, file in enumerate(DEAREST_FILES.split())}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


def pytest_sessionstart():
    """Let the garbage collector rest while tests are collected, which all stay to the end."""
    gc.disable()


def pytest_collection_finish():
    """Let it collect again, but not look through the tests: that takes a quarter of a second."""
    gc.freeze()
    gc.enable()


def pytest_sessionfinish():
    """Let it not look through all that the tests left, which pytest has it do five times."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def folders_of_the_test_run(tmp_path_factory):
    """Give the test run its own cache and data folders, apart from those of the user."""
    with pytest.MonkeyPatch.context() as patch:
        cache = _folder_of_all_processes(tmp_path_factory) / "cache"
        patch.setenv("WINDOW_NER_CACHE", str(cache))
        _cache_a_small_lexicon(cache)
        # What a shell may have set changes what commands print.
        patch.setenv("COLUMNS", "80")
        for name in ("LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
            patch.delenv(name, raising=False)
        patch.delenv("WINDOW_NER_TRACEBACK", raising=False)
        patch.delenv("WINDOW_NER_MODEL", raising=False)
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield cache


def _folder_of_all_processes(tmp_path_factory):
    """The folder of this run, the same in each process of pytest -n, so that GloVe is read once."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def _cache_a_small_lexicon(cache):
    """Let trainings that continue the bundled model, in any process, find a few words in the cache.

    To read all million words of spacy-lookups-data takes 16 seconds of processor time and 500 MB.
    The notebook teach_your_own_names reads them: make site runs it.
    """
    cache.mkdir(exist_ok=True)
    words = {
        "clusters": {"Paris": "0110", "paris": "0110", "apple": "101"},
        "casing": {"paris": "9 -4 -10", "apple": "1 -5 -10"},
    }
    for feature, values in words.items():
        with contextlib.suppress(InputError):  # the package is not installed
            cached_table(feature).write_bytes(WordTable.of(values).as_bytes())


@pytest.fixture(scope="session", autouse=True)
def interrupts_are_heard():
    """A run in the background may ignore Ctrl-C, and so would the commands that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


CLUSTERS = {"Paris": 0b0110, "paris": 0b0110, "London": 0b11, "apple": 0b101, "Apple": 0b1011}
CLUSTERS |= {"APPLE": 0b101, "left": 0, "with space": 1, "LeBron": 0b111, "lebron": 0b1}
LOG_FREQUENCIES = {"apple": -10.8, "Apple": -10.2, "APPLE": -14.8, "I": -3.8, "!": -5.4}
LOG_FREQUENCIES |= {"McDonald": -11.9, "Mcdonald": -15.4, "IBM": -13.0, "with space": -9.0}


@pytest.fixture(scope="session")
def lexicon_package(tmp_path_factory):
    """Put a small package in place of spacy-lookups-data, which takes seconds to read."""
    folder = tmp_path_factory.mktemp("installed")
    data = folder / "small_lexicon" / "data"
    data.mkdir(parents=True)
    (data.parent / "__init__.py").write_text("raise AssertionError('imported')")
    for name, content in (("cluster", CLUSTERS), ("prob", LOG_FREQUENCIES)):
        compressed = gzip.compress(json.dumps(content).encode())
        (data / f"en_lexeme_{name}.json.gz").write_bytes(compressed)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setattr("window_ner.data.lexicon_package._PACKAGE", "small_lexicon")
        yield


EXAMPLES = """[Angela Merkel | PER] met [Tim Cook | PER] in [Cupertino | LOC].
It rains a lot.
[Zoë Smith | PER] flew from [Zürich | LOC] 😀 to [Oslo | LOC], and [Zoë Smith | PER] came back.
[Paris | LOC]
[Ann Lee | PER] left [Oslo | LOC].
[Ann Lee | PER] met [Ann Lee | PER] in [Paris | LOC] and [Oslo | LOC].
"""


@pytest.fixture(scope="session")
def tiny_tagger(tmp_path_factory):
    """A model of 50 kB that knows the names of its examples: quickly loaded, sent and stored."""
    file = tmp_path_factory.mktemp("tiny") / "examples.txt"
    file.write_text(EXAMPLES * 8, encoding="utf-8")
    settings = {"hidden": [16], "batch_size": 4, "min_batches": 0, "learning_rate": 0.02}
    settings |= {"epochs": 6, "dropout_inputs": 0, "dropout_hidden": 0}
    return window_ner.train("fast", train=file, dev=file, vectors="random-10d", settings=settings)


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


@pytest.fixture(scope="session")
def news(corpora):
    """The development split of CoNLL-2003, read once: 216 documents, 51,362 tokens."""
    return read_conll(corpora / "conll2003" / "eng.testa")


@pytest.fixture(scope="session")
def english():
    """The bundled model, loaded once."""
    return window_ner.load("english")


@pytest.fixture(scope="session")
def exit_code():
    """Run the program with the arguments in ``sys.argv``; return its exit code."""

    def run():
        try:  # pytest.raises would keep what the program has loaded in memory
            main()
        except SystemExit as stopped:
            return stopped.code or 0
        return pytest.fail("the program ends without an exit code")

    return run


@pytest.fixture
def no_other_threads(monkeypatch):
    """Fork the processes of --jobs, as the command does: threads of earlier tests may still run.

    To spawn them instead takes a second of processor time each.
    """
    monkeypatch.setattr("threading.active_count", lambda: 1)


@pytest.fixture
def call_main(monkeypatch, capsys, exit_code):
    """Call the program as a shell does; return its exit code, stdout and stderr."""

    def call(*arguments, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["window-ner", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        return exit_code(), *capsys.readouterr()

    return call
