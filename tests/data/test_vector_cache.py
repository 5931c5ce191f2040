import os
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from window_ner.data import word_vectors
from window_ner.data.word_vectors import load_word_vectors
from window_ner.errors import InputError

WORDS = ["the", "Paris", "été"]
TABLE = np.array([[1, 2, 3, 4], [-0.5, 0.25, 0, 1e-3], [7, 8, 9, 10]], dtype=np.float32)
ROWS = "the 1 2 3 4\nParis -0.5 0.25 0 1e-3\nété 7 8 9 10\n"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A separate cache for each test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("WINDOW_NER_CACHE", str(folder))
    return folder


@pytest.fixture
def without_gensim(monkeypatch):
    """Call this to make every later load fail unless it reads the cache."""

    def forbid():
        def fail(source):
            raise AssertionError(f"{source} was read again")

        monkeypatch.setattr(word_vectors, "read_vectors", fail)

    return forbid


def assert_is_the_example(vectors):
    assert list(vectors.words) == WORDS
    assert vectors.table.dtype == np.float32
    assert_array_equal(vectors.table, TABLE)


def test_words_of_any_characters_come_back_from_the_cache(file, without_gensim):
    words = ["\u00a0", "\u2028", "\x85", "#", "1", "😀"]
    source = file("v.txt", "".join(f"{w} 1 2\n" for w in words))
    load_word_vectors(source)
    without_gensim()
    assert list(load_word_vectors(source).words) == words


def test_the_packaged_vectors_are_known_by_their_name(folders_of_the_test_run, monkeypatch):
    monkeypatch.setenv("WINDOW_NER_CACHE", str(folders_of_the_test_run))  # others read them too
    vectors = load_word_vectors("glove-6b-50d")
    assert (len(vectors.words), vectors.dimension) == (400_000, 50)
    assert vectors.words[0] == "the"
    assert "paris" in vectors.words
    again = load_word_vectors("glove-6b-50d")
    assert isinstance(again.table, np.memmap)
    assert_array_equal(again.table[:5], vectors.table[:5])


def test_the_second_load_maps_the_cache_into_memory(file, without_gensim):
    source = file("v.txt", ROWS)
    load_word_vectors(source)
    without_gensim()
    vectors = load_word_vectors(source)
    assert isinstance(vectors.table, np.memmap)
    assert_is_the_example(vectors)


def test_the_first_load_of_many_vectors_is_announced(file, monkeypatch):
    monkeypatch.setattr(word_vectors, "_LARGE", len(ROWS))
    notes = []
    source = file("v.txt", ROWS)
    for _ in range(2):
        load_word_vectors(source, notes.append)
    assert notes == [f"{source} is read for the first time; the next training begins sooner"]


def test_a_relative_and_an_absolute_path_share_a_cache(file, without_gensim, monkeypatch):
    source = Path(file("v.txt", ROWS))
    load_word_vectors(str(source))
    without_gensim()
    monkeypatch.chdir(source.parent)
    assert_is_the_example(load_word_vectors("v.txt"))


def test_a_file_that_changes_is_read_again(file):
    source = file("v.txt", "a 1 2\n")
    load_word_vectors(source)
    file("v.txt", "a 1 2\nb 3 4\n")
    assert list(load_word_vectors(source).words) == ["a", "b"]


def test_a_file_that_changes_within_its_size_is_read_again(file):
    source = file("v.txt", "a 1 2\n")
    load_word_vectors(source)
    before = Path(source).stat()
    file("v.txt", "b 3 4\n")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert list(load_word_vectors(source).words) == ["b"]


def test_two_files_with_the_same_name_have_separate_caches(tmp_path, file):
    (tmp_path / "other").mkdir()
    first, second = file("v.txt", "a 1 2\n"), file("other/v.txt", "b 1 2\n")
    os.utime(second, ns=(Path(first).stat().st_atime_ns, Path(first).stat().st_mtime_ns))
    load_word_vectors(first)
    assert list(load_word_vectors(second).words) == ["b"]


@pytest.mark.parametrize("damaged", ["table.npy", "words.txt"])
@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\xff\xfe\n\n\n", None])
def test_a_damaged_cache_is_replaced(file, cache, without_gensim, damaged, content):
    source = file("v.txt", ROWS)
    load_word_vectors(source)
    (cached,) = cache.glob(f"*/{damaged}")
    cached.unlink() if content is None else cached.write_bytes(content)
    assert_is_the_example(load_word_vectors(source))
    without_gensim()
    assert_is_the_example(load_word_vectors(source))


def test_a_cache_that_was_cut_off_is_replaced(file, cache):
    source = file("v.txt", ROWS)
    load_word_vectors(source)
    (cached,) = cache.glob("*/table.npy")
    cached.write_bytes(cached.read_bytes()[:-3])
    assert_is_the_example(load_word_vectors(source))


def test_a_cache_that_cannot_be_written_is_no_error(file, tmp_path, monkeypatch):
    source = file("v.txt", ROWS)
    monkeypatch.setenv("WINDOW_NER_CACHE", file("occupied", "") + "/below/a/file")
    assert_is_the_example(load_word_vectors(source))
    assert_is_the_example(load_word_vectors(source))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["occupied", "v.txt"]


def test_invalid_vectors_are_not_cached(file, cache):
    with pytest.raises(InputError):
        load_word_vectors(file("v.txt", "a nan 2\n"))
    assert not cache.exists()


def test_no_temporary_files_are_left(file, cache):
    load_word_vectors(file("v.txt", ROWS))
    (folder,) = cache.iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["table.npy", "words.txt"]


def test_temporary_files_of_a_killed_process_are_removed(file, cache):
    (cache / ".writing-abcdefgh" / "vectors").mkdir(parents=True)
    (cache / ".lock").touch()
    load_word_vectors(file("v.txt", ROWS))
    assert [path.name[:5] for path in cache.iterdir()] == ["v.txt"]


def test_the_cache_is_in_the_users_cache_folder(file, tmp_path, monkeypatch):
    monkeypatch.delenv("WINDOW_NER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    load_word_vectors(file("v.txt", ROWS))
    assert list((tmp_path / "xdg" / "window-ner").glob("v.txt-*/table.npy"))


def test_two_processes_may_load_at_once(file, cache):
    source = file("v.txt", "".join(f"w{i} {i} {i}.5\n" for i in range(3000)))
    fork = get_context("fork")  # to import gensim again takes two seconds
    results = fork.Queue()

    def load():
        results.put(float(load_word_vectors(source).table.sum()))

    running = [fork.Process(target=load) for _ in range(2)]
    for process in running:
        process.start()
    found = {results.get() for _ in running}
    for process in running:
        process.join()
    assert [process.exitcode for process in running] == [0, 0]
    assert found == {float(load_word_vectors(source).table.sum())}
    assert len(list(cache.iterdir())) == 1
