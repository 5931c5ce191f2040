import gzip
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data import word_vectors as embeddings
from window_ner.data.vocabulary import UNKNOWN, Vocabulary
from window_ner.data.windows import PADDING
from window_ner.data.word_vectors import (
    PACKAGED,
    WordVectors,
    build_vocabulary,
    embedding_table,
    load_word_vectors,
)
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
def file(tmp_path):
    """Write bytes or text to a file; return its name as it is given to --vectors."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


@pytest.fixture
def without_gensim(monkeypatch):
    """Call this to make every later load fail unless it reads the cache."""

    def forbid():
        def fail(source):
            raise AssertionError(f"{source} was read again")

        monkeypatch.setattr(embeddings, "_keyed_vectors", fail)

    return forbid


def keyed_vectors(words=WORDS, table=TABLE):
    gensim = pytest.importorskip("gensim.models")
    vectors = gensim.KeyedVectors(table.shape[1])
    vectors.add_vectors(list(words), table)
    return vectors


def assert_is_the_example(vectors):
    assert list(vectors.words) == WORDS
    assert vectors.table.dtype == np.float32
    assert_array_equal(vectors.table, TABLE)


# Formats


@pytest.mark.parametrize("header", ["", "3 4\n"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", " \n"])
def test_text_is_read_with_and_without_a_header(file, header, line_end):
    text = (header + ROWS).replace("\n", line_end)
    assert_is_the_example(load_word_vectors(file("v.txt", text)))


@pytest.mark.parametrize("header", ["", "3 4\n"])
def test_text_without_a_last_line_end_is_read(file, header):
    assert_is_the_example(load_word_vectors(file("v.txt", (header + ROWS).rstrip())))


@pytest.mark.parametrize("header", ["", "3 4\n"])
def test_text_is_read_compressed(file, header):
    data = gzip.compress((header + ROWS).encode())
    assert_is_the_example(load_word_vectors(file("v.txt.gz", data)))


@pytest.mark.parametrize("name", ["v.bin", "v.bin.gz"])
def test_word2vec_binary_is_read(tmp_path, name):
    keyed_vectors().save_word2vec_format(str(tmp_path / name), binary=True)
    assert_is_the_example(load_word_vectors(str(tmp_path / name)))


def test_word2vec_binary_of_the_original_tool_ends_each_vector_with_a_line_end(file):
    rows = b"".join(
        w.encode() + b" " + v.tobytes() + b"\n" for w, v in zip(WORDS, TABLE, strict=True)
    )
    assert_is_the_example(load_word_vectors(file("v.bin", b"3 4\n" + rows)))


def test_gensims_own_format_is_read(tmp_path):
    keyed_vectors().save(str(tmp_path / "v.kv"))
    assert_is_the_example(load_word_vectors(str(tmp_path / "v.kv")))


def test_gensims_own_format_is_read_in_several_files(tmp_path):
    keyed_vectors().save(str(tmp_path / "v.kv"), sep_limit=0)
    assert len(list(tmp_path.glob("v.kv*"))) > 1
    assert_is_the_example(load_word_vectors(str(tmp_path / "v.kv")))


def test_a_whole_model_of_gensim_gives_its_word_vectors(tmp_path):
    gensim = pytest.importorskip("gensim.models")
    model = gensim.Word2Vec([["a", "b"]] * 5, vector_size=4, min_count=1, workers=1, epochs=1)
    model.save(str(tmp_path / "v.model"))
    vectors = load_word_vectors(str(tmp_path / "v.model"))
    assert list(vectors.words) == model.wv.index_to_key
    assert_array_equal(vectors.table, model.wv.vectors)


@pytest.mark.parametrize("length", range(12))
def test_text_with_a_header_is_known_however_wide_it_is(tmp_path, length):
    """The start of the file that tells the formats apart ends somewhere in the first vector."""
    table = np.full((2, 600), -1.5e-5, np.float32)
    words = ["x" * (1 + length), "y"]
    keyed_vectors(words, table).save_word2vec_format(str(tmp_path / "v.txt"))
    assert_array_equal(load_word_vectors(str(tmp_path / "v.txt")).table, table)


def test_a_word_that_comes_twice_has_its_first_vector(file):
    vectors = load_word_vectors(file("v.txt", "a 1 2\nb 3 4\na 5 6\n"))
    assert list(vectors.words) == ["a", "b"]
    assert_array_equal(vectors.table, [[1, 2], [3, 4]])


def test_a_word_may_be_any_text_without_a_space(file):
    words = ["\u00a0", "\u2028", "\x85", "#", "1", "😀"]
    vectors = load_word_vectors(file("v.txt", "".join(f"{w} 1 2\n" for w in words)))
    assert list(vectors.words) == words
    assert list(load_word_vectors(vectors.name).words) == words


def test_the_packaged_vectors_are_known_by_their_name():
    vectors = load_word_vectors("glove-6b-50d")
    assert (len(vectors.words), vectors.dimension) == (400_000, 50)
    assert vectors.row["the"] == 0
    assert "paris" in vectors.row
    again = load_word_vectors("glove-6b-50d")
    assert isinstance(again.table, np.memmap)
    assert_array_equal(again.table[:5], vectors.table[:5])


def test_a_packaged_set_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(PACKAGED, "tiny", "no_such_vectors")
    with pytest.raises(InputError, match=r"no-such-vectors.*window-ner\[train\]"):
        load_word_vectors("tiny")


# What is wrong, and where


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 1 2\nb 3\nc 4 5\n", "v.txt:2: 1 numbers where the first row has 2"),
        ("a 1 2 3\nb 1 2\n", "v.txt:2: 2 numbers where the first row has 3"),
        ("a 1 2\nb 1 2 3\n", "v.txt:2: 3 numbers where the first row has 2"),
        ("2 2\na 1 2\nb 1\n", "v.txt:3: 1 numbers where the header says 2"),
        ("a 1 2\nb 3 x\n", "v.txt:2: expected a word and numbers, separated by single spaces"),
        ("a 1 2\nb c 3\n", "v.txt:2: expected a word and numbers"),
        ("a 1 2\nb c 3 4\n", "v.txt:2: expected a word and numbers"),
        ("a 1 2\n\nb 3 4\n", "v.txt:2: expected a word and numbers"),
        ("a\t1\t2\nb\t3\t4\n", "v.txt:1: expected a word and numbers, separated by single spaces"),
        ("a\nb\n", "v.txt:1: expected a word and numbers"),
        ("-DOCSTART- O\n\nParis B-LOC\n", "v.txt:1: expected a word and numbers"),
        ("3 2\na 1 2\nb 3 4\n", "v.txt:1: the header promises 3 vectors, the file has 2"),
        ("1 2\na 1 2\nb 3 4\n", "v.txt:1: the header promises 1 vectors, the file has 2"),
        ("2 3\na 1 2\nb 3 4\n", "v.txt:2: 2 numbers where the header says 3"),
        ("a 1 2\nb nan 4\n", "v.txt: the vector of 'b' (vector 2) has a NaN or an infinite number"),
        ("a 1 2\nb 3 -inf\n", "v.txt: the vector of 'b' (vector 2) has a NaN or an infinite"),
        ("", "v.txt: is empty, expected word vectors"),
        ("\n \n", "v.txt: is empty, expected word vectors"),
        ("0 5\n", "v.txt: contains no vector"),
        ("3 5\n", "v.txt: cannot be read as word vectors, word2vec binary"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_wrong_text_is_refused_with_its_line(file, text, message):
    with pytest.raises(InputError) as error:
        load_word_vectors(file("v.txt", text))
    assert message in str(error.value)


def test_text_that_is_not_utf_8_is_refused_with_its_line(file):
    with pytest.raises(InputError, match=r"v\.txt:2: .*UTF-8"):
        load_word_vectors(file("v.txt", b"a 1 2\n\xe9t\xe9 3 4\n"))


@pytest.mark.parametrize("place", ["first", "middle"])
def test_a_damaged_gzip_file_is_refused(file, place):
    whole = gzip.compress("".join(f"w{i} {i} {i * 7 % 13}\n" for i in range(5000)).encode())
    flipped = bytearray(whole)
    start = 12 if place == "first" else len(whole) // 2
    flipped[start : start + 4] = b"\xff\x00\xff\x00"
    with pytest.raises(InputError, match=r"v\.gz"):
        load_word_vectors(file("v.gz", bytes(flipped)))
    with pytest.raises(InputError, match=r"v\.gz: cannot be read"):
        load_word_vectors(file("v.gz", whole[: start * 2]))


def test_only_gzip_files_may_be_named_gz(file):
    with pytest.raises(InputError, match=r"v\.txt: is compressed, .* \.gz"):
        load_word_vectors(file("v.txt", gzip.compress(ROWS.encode())))
    with pytest.raises(InputError, match=r"v\.gz: is named \.gz, but is not"):
        load_word_vectors(file("v.gz", ROWS))


@pytest.mark.parametrize("kept", [0.4, 0.95])
def test_word2vec_binary_that_was_cut_off_is_refused(tmp_path, file, kept):
    keyed_vectors().save_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    whole = (tmp_path / "v.bin").read_bytes()
    with pytest.raises(InputError, match=r"cut\.bin: cannot be read as word vectors, word2vec"):
        load_word_vectors(file("cut.bin", whole[: int(len(whole) * kept)]))


def test_word2vec_binary_with_a_nan_is_refused(tmp_path):
    table = TABLE.copy()
    table[1, 2] = np.nan
    keyed_vectors(table=table).save_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    with pytest.raises(InputError, match=r"the vector of 'Paris' \(vector 2\) has a NaN"):
        load_word_vectors(str(tmp_path / "v.bin"))


@pytest.mark.parametrize(
    "content", [pickle.dumps({"a": [1]}), pickle.dumps([1, 2]), b"\x80 is no pickle", b"\x80\x04"]
)
def test_a_pickle_of_something_else_is_refused(file, content):
    with pytest.raises(InputError, match=r"v\.kv: cannot be read as word vectors, gensim"):
        load_word_vectors(file("v.kv", content))


def test_a_binary_file_of_something_else_is_refused(file):
    with pytest.raises(InputError, match=r"v\.jpg"):
        load_word_vectors(file("v.jpg", bytes(range(255, 0, -1)) * 50))


@pytest.mark.parametrize("source", ["glove-6b-51d", "", ".", "no/such/file.txt"])
def test_a_source_that_is_neither_a_file_nor_a_name_is_refused(source):
    with pytest.raises(InputError, match="neither a file nor one of glove-6b-50d"):
        load_word_vectors(source)


# The cache


def test_the_second_load_maps_the_cache_into_memory(file, without_gensim):
    source = file("v.txt", ROWS)
    load_word_vectors(source)
    without_gensim()
    vectors = load_word_vectors(source)
    assert isinstance(vectors.table, np.memmap)
    assert_is_the_example(vectors)


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
    load = (
        "import sys; from window_ner.data.word_vectors import load_word_vectors;"
        "print(float(load_word_vectors(sys.argv[1]).table.sum()))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", load, source], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    results = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0, 0]
    assert results == {f"{float(load_word_vectors(source).table.sum())}\n".encode()}
    assert len(list(cache.iterdir())) == 1


# The vocabulary and its table


def vectors_of(table, name="v"):
    return WordVectors(name, list(table), np.array(list(table.values()), dtype=np.float32))


def test_all_words_are_kept_by_default():
    assert build_vocabulary([vectors_of({"a": [1], "b": [2]})], ["z"]).words == ("a", "b")


def test_the_most_frequent_words_and_those_of_the_training_corpus_are_kept():
    vectors = vectors_of({"the": [1], "of": [2], "paris": [3], "0000": [4], "rome": [5]})
    vocabulary = build_vocabulary([vectors], ["Paris", "1996", "Paris", "xyz"], most_frequent=1)
    assert vocabulary.words == ("the", "paris", "0000")


def test_the_words_of_all_sets_are_kept_once():
    sets = [vectors_of({"a": [1], "b": [2]}), vectors_of({"b": [3], "c": [4]})]
    assert build_vocabulary(sets, []).words == ("a", "b", "c")


def test_words_that_cannot_be_tokens_have_no_row():
    """A model's vocabulary is a file of one word a line."""
    vectors = vectors_of({"a": [1], "": [2], "New\nYork": [3]})
    assert build_vocabulary([vectors], []).words == ("a",)


def test_the_table_has_a_row_for_each_word_beside_padding_and_unknown():
    vectors = vectors_of({"a": [1, 3], "b": [3, 5], "c": [5, 7]})
    vocabulary = Vocabulary(("c", "a"))
    table = embedding_table(vocabulary, [vectors], np.random.default_rng(0))
    assert table.dtype == np.float32
    assert_array_equal(table[vocabulary.rows(["a", "c"])], [[1, 3], [5, 7]])
    assert_allclose(table[UNKNOWN], [3, 5])
    assert np.linalg.norm(table[PADDING] - table[UNKNOWN]) > 0.1
    assert np.abs(table[PADDING]).max() < 3 * vectors.table.std()


def test_the_same_seed_gives_the_same_table():
    vectors = vectors_of({"a": [1, 3], "b": [3, 5]})
    tables = [
        embedding_table(Vocabulary(("a",)), [vectors], np.random.default_rng(seed))
        for seed in (4, 4, 5)
    ]
    assert_array_equal(tables[0], tables[1])
    assert (tables[0] != tables[2]).any()


def test_sets_are_concatenated_and_a_missing_word_gets_the_mean_of_the_set():
    sets = [vectors_of({"a": [1], "b": [3]}), vectors_of({"b": [5, 6], "c": [7, 8]})]
    vocabulary = build_vocabulary(sets, [])
    table = embedding_table(vocabulary, sets, np.random.default_rng(0))
    assert_array_equal(table[2:], [[1, 6, 7], [3, 5, 6], [2, 7, 8]])


def test_a_word_gets_its_lower_case_vector_in_a_lower_case_set():
    cased, lower = vectors_of({"Paris": [1], "paris": [2]}), vectors_of({"paris": [3], "a": [9]})
    vocabulary = build_vocabulary([cased, lower], [])
    table = embedding_table(vocabulary, [cased, lower], np.random.default_rng(0))
    assert_array_equal(table[vocabulary.row("Paris")], [1, 3])
