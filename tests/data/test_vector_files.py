import gzip
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from window_ner.data.vector_files import PACKAGED, find_vectors, read_vectors
from window_ner.errors import InputError

WORDS = ["the", "Paris", "été"]
TABLE = np.array([[1, 2, 3, 4], [-0.5, 0.25, 0, 1e-3], [7, 8, 9, 10]], dtype=np.float32)
ROWS = "the 1 2 3 4\nParis -0.5 0.25 0 1e-3\nété 7 8 9 10\n"


def keyed_vectors(words=WORDS, table=TABLE):
    gensim = pytest.importorskip("gensim.models")
    vectors = gensim.KeyedVectors(table.shape[1])
    vectors.add_vectors(list(words), table)
    return vectors


def assert_is_the_example(vectors):
    words, table = vectors
    assert list(words) == WORDS
    assert table.dtype == np.float32
    assert_array_equal(table, TABLE)


# Formats


@pytest.mark.parametrize("header", ["", "3 4\n"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", " \n"])
def test_text_is_read_with_and_without_a_header(file, header, line_end):
    text = (header + ROWS).replace("\n", line_end)
    assert_is_the_example(read_vectors(file("v.txt", text)))


@pytest.mark.parametrize("header", ["", "3 4\n"])
def test_text_without_a_last_line_end_is_read(file, header):
    assert_is_the_example(read_vectors(file("v.txt", (header + ROWS).rstrip())))


@pytest.mark.parametrize("header", ["", "3 4\n"])
def test_text_is_read_compressed(file, header):
    data = gzip.compress((header + ROWS).encode())
    assert_is_the_example(read_vectors(file("v.txt.gz", data)))


@pytest.mark.parametrize("name", ["v.bin", "v.bin.gz"])
def test_word2vec_binary_is_read(tmp_path, name):
    keyed_vectors().save_word2vec_format(str(tmp_path / name), binary=True)
    assert_is_the_example(read_vectors(str(tmp_path / name)))


def test_word2vec_binary_of_the_original_tool_ends_each_vector_with_a_line_end(file):
    rows = b"".join(
        w.encode() + b" " + v.tobytes() + b"\n" for w, v in zip(WORDS, TABLE, strict=True)
    )
    assert_is_the_example(read_vectors(file("v.bin", b"3 4\n" + rows)))


def test_gensims_own_format_is_read(tmp_path):
    keyed_vectors().save(str(tmp_path / "v.kv"))
    assert_is_the_example(read_vectors(str(tmp_path / "v.kv")))


def test_gensims_own_format_is_read_in_several_files(tmp_path):
    keyed_vectors().save(str(tmp_path / "v.kv"), sep_limit=0)
    assert len(list(tmp_path.glob("v.kv*"))) > 1
    assert_is_the_example(read_vectors(str(tmp_path / "v.kv")))


def test_a_whole_model_of_gensim_gives_its_word_vectors(tmp_path):
    gensim = pytest.importorskip("gensim.models")
    model = gensim.Word2Vec([["a", "b"]] * 5, vector_size=4, min_count=1, workers=1, epochs=1)
    model.save(str(tmp_path / "v.model"))
    words, table = read_vectors(str(tmp_path / "v.model"))
    assert list(words) == model.wv.index_to_key
    assert_array_equal(table, model.wv.vectors)


@pytest.mark.parametrize("length", range(12))
def test_text_with_a_header_is_known_however_wide_it_is(tmp_path, length):
    """The start of the file that tells the formats apart ends somewhere in the first vector."""
    table = np.full((2, 600), -1.5e-5, np.float32)
    words = ["x" * (1 + length), "y"]
    keyed_vectors(words, table).save_word2vec_format(str(tmp_path / "v.txt"))
    assert_array_equal(read_vectors(str(tmp_path / "v.txt"))[1], table)


def test_a_word_that_comes_twice_has_its_first_vector(file):
    words, table = read_vectors(file("v.txt", "a 1 2\nb 3 4\na 5 6\n"))
    assert list(words) == ["a", "b"]
    assert_array_equal(table, [[1, 2], [3, 4]])


def test_a_word_may_be_any_text_without_a_space(file):
    words = ["\u00a0", "\u2028", "\x85", "#", "1", "😀"]
    found, _ = read_vectors(file("v.txt", "".join(f"{w} 1 2\n" for w in words)))
    assert list(found) == words


def test_a_packaged_set_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(PACKAGED, "tiny", "no_such_vectors")
    with pytest.raises(InputError, match=r"no-such-vectors.*window-ner\[train\]"):
        find_vectors("tiny")


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
        read_vectors(file("v.txt", text))
    assert message in str(error.value)


def test_text_that_is_not_utf_8_is_refused_with_its_line(file):
    with pytest.raises(InputError, match=r"v\.txt:2: .*UTF-8"):
        read_vectors(file("v.txt", b"a 1 2\n\xe9t\xe9 3 4\n"))


@pytest.mark.parametrize("place", ["first", "middle"])
def test_a_damaged_gzip_file_is_refused(file, place):
    whole = gzip.compress("".join(f"w{i} {i} {i * 7 % 13}\n" for i in range(5000)).encode())
    flipped = bytearray(whole)
    start = 12 if place == "first" else len(whole) // 2
    flipped[start : start + 4] = b"\xff\x00\xff\x00"
    with pytest.raises(InputError, match=r"v\.gz"):
        read_vectors(file("v.gz", bytes(flipped)))
    with pytest.raises(InputError, match=r"v\.gz: cannot be read"):
        read_vectors(file("v.gz", whole[: start * 2]))


def test_only_gzip_files_may_be_named_gz(file):
    with pytest.raises(InputError, match=r"v\.txt: is compressed, .* \.gz"):
        read_vectors(file("v.txt", gzip.compress(ROWS.encode())))
    with pytest.raises(InputError, match=r"v\.gz: is named \.gz, but is not"):
        read_vectors(file("v.gz", ROWS))


@pytest.mark.parametrize("kept", [0.4, 0.95])
def test_word2vec_binary_that_was_cut_off_is_refused(tmp_path, file, kept):
    keyed_vectors().save_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    whole = (tmp_path / "v.bin").read_bytes()
    with pytest.raises(InputError, match=r"cut\.bin: cannot be read as word vectors, word2vec"):
        read_vectors(file("cut.bin", whole[: int(len(whole) * kept)]))


def test_word2vec_binary_with_a_nan_is_refused(tmp_path):
    table = TABLE.copy()
    table[1, 2] = np.nan
    keyed_vectors(table=table).save_word2vec_format(str(tmp_path / "v.bin"), binary=True)
    with pytest.raises(InputError, match=r"the vector of 'Paris' \(vector 2\) has a NaN"):
        read_vectors(str(tmp_path / "v.bin"))


@pytest.mark.parametrize(
    "content", [pickle.dumps({"a": [1]}), pickle.dumps([1, 2]), b"\x80 is no pickle", b"\x80\x04"]
)
def test_a_pickle_of_something_else_is_refused(file, content):
    with pytest.raises(InputError, match=r"v\.kv: cannot be read as word vectors, gensim"):
        read_vectors(file("v.kv", content))


def test_a_binary_file_of_something_else_is_refused(file):
    with pytest.raises(InputError, match=r"v\.jpg"):
        read_vectors(file("v.jpg", bytes(range(255, 0, -1)) * 50))


@pytest.mark.parametrize("source", ["glove-6b-51d", "", ".", "no/such/file.txt"])
def test_a_source_that_is_neither_a_file_nor_a_name_is_refused(source):
    with pytest.raises(InputError, match="neither a file nor one of glove-6b-50d"):
        find_vectors(source)


def test_vectors_that_no_package_has_are_read_from_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("window_ner.data.vector_files.data_folder", lambda: tmp_path)
    with pytest.raises(InputError, match=r"glove-6b-100d are not installed; .* put glove.6B.100d"):
        find_vectors("glove-6b-100d")
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "glove.6B.100d.txt").write_text("the 1 2\ncat 3 4\n")
    assert find_vectors("glove-6b-100d")["size"] == "16"
    words, table = read_vectors("glove-6b-100d")
    assert words == ["the", "cat"]
    assert table.tolist() == [[1, 2], [3, 4]]
