import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.conll import format_conll, parse_conll, read_conll
from window_ner.data.corpus import Corpus, Document, Sentence
from window_ner.data.tag_schemes import SCHEMES, Span, tags_of
from window_ner.errors import InputError
from window_ner.storage.text import read_text

PARIS = "Paris B-LOC\nsleeps O\n"


@pytest.fixture
def read(tmp_path):
    """Write bytes or text to a file and read it as a corpus."""

    def write_and_read(content, scheme=None, name="x.conll"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_conll(path, scheme)

    return write_and_read


def tokens_of(corpus):
    return [list(s.tokens) for s in corpus.sentences]


# Round trips

OF_A_WORD = st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\x00")


def is_plain(word):
    return word == word.strip() and not word.startswith("-DOCSTART-")


words = st.one_of(
    st.text(OF_A_WORD, min_size=1, max_size=4).filter(is_plain),
    st.sampled_from(["#", "#O", "# O", "O", "New York", "B-LOC", "-", "\u2028", "\x85a"]).filter(
        is_plain
    ),
)


@st.composite
def documents(draw):
    width = draw(st.integers(0, 3))
    cells = st.one_of(words, st.just(""))

    def sentence():
        length = draw(st.integers(1, 4))
        spans, end = [], 0
        while end < length:
            start = end + draw(st.integers(0, 2))
            end = start + draw(st.integers(1, 2))
            if end <= length:
                spans.append(Span(start, end, draw(st.sampled_from(["PER", "LOC"]))))
        row = st.lists(words, min_size=length, max_size=length).map(tuple)
        column = st.lists(cells, min_size=length, max_size=length).map(tuple)
        return Sentence(
            draw(row), tuple(tags_of(spans, length)), tuple(draw(column) for _ in range(width))
        )

    return [
        Document(tuple(sentence() for _ in range(draw(st.integers(1, 3)))))
        for _ in range(draw(st.integers(1, 3)))
    ]


@given(documents=documents(), scheme=st.sampled_from(SCHEMES))
def test_documents_that_are_written_are_read_back(documents, scheme):
    corpus = parse_conll(format_conll(documents, scheme), scheme)
    assert list(corpus.documents) == documents
    assert corpus.has_documents
    assert corpus.repaired == 0


@given(documents=documents())
def test_text_that_is_read_and_written_again_is_the_same(documents):
    text = format_conll(documents)
    assert format_conll(parse_conll(text).documents) == text


@given(documents=documents(), compressed=st.booleans(), bom=st.booleans(), crlf=st.booleans())
def test_files_are_read_the_same_with_gzip_byte_order_mark_and_windows_line_ends(
    tmp_path_factory, documents, compressed, bom, crlf
):
    text = format_conll(documents)
    data = text.replace("\n", "\r\n" if crlf else "\n").encode("utf-8-sig" if bom else "utf-8")
    path = tmp_path_factory.mktemp("stored") / "corpus"
    path.write_bytes(gzip.compress(data) if compressed else data)
    assert list(read_conll(path).documents) == documents


def test_documents_can_be_written_without_marks():
    corpus = parse_conll("-DOCSTART- O\n\n" + PARIS + "\n-DOCSTART- O\n\n" + PARIS)
    text = format_conll(corpus.documents, mark_documents=False)
    assert text == PARIS + "\n" + PARIS + "\n"
    assert not parse_conll(text).has_documents
    assert parse_conll(text).sentences == corpus.sentences


def test_the_mark_of_a_document_has_as_many_columns_as_its_tokens():
    corpus = parse_conll("Paris NNP I-NP B-LOC\n")
    assert format_conll(corpus.documents).splitlines()[0] == "-DOCSTART- -X- -X- O"


def test_no_documents_are_written_as_an_empty_text():
    assert format_conll([]) == ""


@pytest.mark.parametrize("token", ["", " ", "a\tb", "a\nb", "a\r", " a", "a ", "\u00a0"])
def test_a_token_that_cannot_be_read_back_is_refused(token):
    with pytest.raises(ValueError, match="cannot be written in a CoNLL column"):
        format_conll([Document((Sentence((token,), ("O",)),))])


def test_a_token_that_looks_like_a_new_document_is_refused():
    with pytest.raises(ValueError, match="'-DOCSTART-' cannot be written in a CoNLL column"):
        format_conll([Document((Sentence(("a", "-DOCSTART-"), ("O", "O")),))])


def test_a_sentence_with_too_few_tags_is_refused():
    with pytest.raises(ValueError, match="shorter"):
        format_conll([Document((Sentence(("a", "b"), ("O",)),))])


# Columns, documents, comments


@pytest.mark.parametrize("width", range(2, 13))
@pytest.mark.parametrize("separator", [" ", "   ", "\t"])
def test_the_token_is_first_and_the_tag_last_in_2_to_12_columns(width, separator):
    between = [f"x{i}" for i in range(width - 2)]
    text = "".join(
        separator.join([token, *between, tag]) + "\n"
        for token, tag in [("Kofi", "B-PER"), ("Annan", "I-PER")]
    )
    (sentence,) = parse_conll(text).sentences
    assert sentence.tokens == ("Kofi", "Annan")
    assert sentence.tags == ("B-PER", "I-PER")
    assert sentence.columns == tuple((x, x) for x in between)


def test_a_token_between_tabs_may_have_a_space():
    assert tokens_of(parse_conll("New York\tB-LOC\nsleeps\tO\n")) == [["New York", "sleeps"]]


def test_spaces_beside_tabs_are_not_part_of_a_column():
    (sentence,) = parse_conll("Paris \t NNP\t B-LOC \n").sentences
    assert (sentence.tokens, sentence.columns) == (("Paris",), (("NNP",),))
    assert sentence.tags == ("B-LOC",)


@pytest.mark.parametrize(
    "mark",
    [
        "-DOCSTART-",
        "-DOCSTART- O",
        "-DOCSTART- -X- O O",
        "-DOCSTART-\t-X-\tO\tO",
        "-DOCSTART- (12)",
        "-DOCSTART-\r",
    ],
)
@pytest.mark.parametrize("blank", ["", "\n", "\n \t\n"])
def test_a_document_starts_at_its_mark(mark, blank):
    corpus = parse_conll(f"{mark}\n{blank}{PARIS}{mark}\n{blank}{PARIS}\n{PARIS}")
    assert [len(document.sentences) for document in corpus.documents] == [1, 2]
    assert corpus.has_documents


def test_documents_without_sentences_are_left_out():
    corpus = parse_conll("-DOCSTART- O\n\n-DOCSTART- O\n\n" + PARIS + "\n-DOCSTART- O\n")
    assert len(corpus.documents) == 1


def test_sentences_before_the_first_mark_are_a_document_too():
    assert len(parse_conll(PARIS + "\n-DOCSTART- O\n\n" + PARIS).documents) == 2


def test_a_file_without_document_marks_is_one_document():
    corpus = parse_conll(PARIS + "\n" + PARIS)
    assert len(corpus.documents) == 1
    assert not corpus.has_documents


@pytest.mark.parametrize(
    "comment", ["# sent_id = 7", "#", "# Blood group O", "#\ttext", "# of the kind B-LOC"]
)
@pytest.mark.parametrize("before", ["", PARIS + "\n", "-DOCSTART- O\n"])
def test_a_comment_before_a_sentence_is_no_token(comment, before):
    corpus = parse_conll(f"{before}{comment}\n{comment}\n{PARIS}")
    assert tokens_of(corpus)[-1] == ["Paris", "sleeps"]
    assert all("#" not in tokens for tokens in tokens_of(corpus))


def test_the_token_hash_is_not_a_comment():
    corpus = parse_conll("# O\n1 O\n\nWe O\n# O\n\n# O\n10 O\n")
    assert tokens_of(corpus) == [["#", "1"], ["We", "#"], ["#", "10"]]
    assert tokens_of(parse_conll("# O\n")) == [["#"]]


def test_a_hashtag_is_no_comment():
    assert tokens_of(parse_conll("#Paris NN B-LOC\n# NN O\n")) == [["#Paris", "#"]]


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "\n\t \n"])
def test_the_end_of_the_file_ends_the_sentence(end):
    assert tokens_of(parse_conll("Paris B-LOC\nsleeps O" + end)) == [["Paris", "sleeps"]]


def test_unusual_line_separators_are_parts_of_tokens():
    corpus = parse_conll("a\u2028b O\nc\x85d O\ne\x0bf O\ng\u00a0h O\n")
    assert tokens_of(corpus) == [["a\u2028b", "c\x85d", "e\x0bf", "g\u00a0h"]]


def test_emoji_and_text_from_right_to_left_are_tokens():
    assert tokens_of(parse_conll("👩‍👩‍👧 O\nירושלים B-LOC\n")) == [["👩‍👩‍👧", "ירושלים"]]


def test_a_sentence_may_be_very_long():
    (sentence,) = parse_conll("word O\n" * 30_000).sentences
    assert len(sentence) == 30_000


# Tag schemes


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("IOB1", "A I-PER\nB I-PER\nC B-PER\n"),
        ("IOB2", "A B-PER\nB I-PER\nC B-PER\n"),
        ("BIOES", "A B-PER\nB E-PER\nC S-PER\n"),
        ("BILOU", "A B-PER\nB L-PER\nC U-PER\n"),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_any_scheme_is_read_as_iob2(scheme, text, named):
    corpus = parse_conll(text, scheme if named else None)
    assert corpus.sentences[0].tags == ("B-PER", "I-PER", "B-PER")
    assert (corpus.scheme, corpus.repaired) == (scheme, 0)


def test_sentences_that_break_the_detected_scheme_are_read_as_conlleval_does_and_counted():
    corpus = parse_conll(f"{PARIS}\n{PARIS}\nKofi I-PER\nAnnan I-PER\n")
    assert corpus.sentences[-1].tags == ("B-PER", "I-PER")
    assert (corpus.scheme, corpus.repaired) == ("IOB2", 1)


def test_a_tag_that_breaks_the_named_scheme_is_refused_with_its_line(read, tmp_path):
    with pytest.raises(InputError) as error:
        read("-DOCSTART- O\n\n# c\nKofi B-PER\nin O\nAnnan I-PER\n", "IOB2")
    assert str(error.value).startswith(
        f"{tmp_path}/x.conll:6: tag 'I-PER' cannot stand here in IOB2"
    )


def test_an_unknown_scheme_lists_the_known_schemes():
    with pytest.raises(InputError, match="'IOBES'; known: IOB1, IOB2, BIOES, BILOU"):
        parse_conll(PARIS, "IOBES")


# Counts


def test_a_corpus_knows_its_tokens_labels_and_sentences():
    corpus = parse_conll(PARIS + "\nKofi B-PER\n")
    assert corpus.token_count == 3
    assert corpus.labels == ("LOC", "PER")
    assert [len(s) for s in corpus.sentences] == [2, 1]


def test_two_files_of_one_content_are_one_corpus():
    assert parse_conll(PARIS, name="a") == parse_conll(PARIS, name="b")
    assert Corpus(()).sentences == ()


# What is wrong, and where


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("Paris B-LOC\nsleeps\n", 2, "1 column, expected 2 to 12: the token first, the tag last"),
        ("Paris\n", 1, "1 column, expected 2 to 12"),
        (" ".join("abcdefghijkl") + " O\n", 1, "13 columns, expected 2 to 12"),
        ("Paris NNP B-LOC\n\nsleeps O\n", 3, "2 columns where the lines before have 3"),
        ("Paris B-LOC\r\n\r\n\r\nsleeps VB O\r\n", 4, "3 columns where the lines before have 2"),
        ("Paris B-LOC\n# VB O\n", 2, "3 columns where the lines before have 2"),
        ("Paris LOC\n", 1, "'LOC' is not a tag of IOB1, IOB2, BIOES or BILOU"),
        ("# c\n\nParis X-LOC\n", 3, "'X-LOC' is not a tag"),
        ("Paris B-LOC\nsleeps o\n", 2, "'o' is not a tag"),
        ("Paris B-LOC \\\n", 1, r"'\\' is not a tag"),
        ("\u00a0 O\n", 1, "the token is empty"),
        ("\ufeffParis B-LOC\n-DOCSTART- O\nsleeps VB\n", 3, "'VB' is not a tag"),
        ("Paris\tB-LOC\n\tO\n", 2, "1 column"),
        ("Ann B-PER\rleft O\r", 1, "has a carriage return inside; save the file with line feeds"),
    ],
)
def test_a_wrong_line_is_named(read, tmp_path, text, line, message):
    with pytest.raises(InputError) as error:
        read(text)
    assert str(error.value).startswith(f"{tmp_path}/x.conll:{line}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("first", [0, 1])
def test_a_column_that_counts_the_tokens_is_refused(read, tmp_path, first):
    rows = ["Ann B-PER", "left O", "", "Oslo B-LOC"]
    numbers = [first, first + 1, "", first]
    text = "\n".join(f"{n}\t{row}".strip() for n, row in zip(numbers, rows, strict=True))
    with pytest.raises(InputError, match="the first column counts the tokens; leave it out"):
        read(text.replace(" ", "\t"))
    assert read("1 O\n\n2 O\n").token_count == 2
    assert read("1 O\n\n1 O\n").token_count == 2


@pytest.mark.parametrize("content", ["", "\n\n", "-DOCSTART- O\n\n", "# a comment\n", "\ufeff"])
def test_a_file_without_a_sentence_is_refused(read, content):
    with pytest.raises(InputError, match=r"x\.conll: no sentence in it"):
        read(content)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.conll: no such file"):
        read_conll(tmp_path / "none.conll")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder, expected a file"):
        read_conll(str(tmp_path))


def test_a_path_below_a_file_is_refused(read, tmp_path):
    read(PARIS)
    with pytest.raises(InputError, match="cannot be read"):
        read_conll(tmp_path / "x.conll" / "y")


def test_a_binary_file_is_refused(read):
    with pytest.raises(InputError, match=r"x\.conll: is a binary file, expected UTF-8 text"):
        read(b"\x7fELF\x00\x01" * 100)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_refused(read, encoding):
    with pytest.raises(InputError, match=r"UTF-16|binary"):
        read(PARIS.encode(encoding))


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_text_that_is_not_utf_8_is_refused_with_its_line_and_byte(read, bom, compress):
    with pytest.raises(InputError, match=r"x\.conll:3: byte 0xe9 is not UTF-8"):
        read(compress(bom + b"Paris B-LOC\n\n\xe9t\xe9 O\nOslo B-LOC\n"))


def test_a_file_that_ends_within_a_character_is_refused_with_its_line(read):
    with pytest.raises(InputError, match=r"x\.conll:2: byte 0xc3 is not UTF-8"):
        read(b"Paris B-LOC\n\xc3")


def test_gzip_is_known_by_its_content_not_its_name(read):
    assert tokens_of(read(gzip.compress(PARIS.encode()), name="plain.txt")) == [["Paris", "sleeps"]]
    assert tokens_of(read(PARIS, name="called.gz")) == [["Paris", "sleeps"]]


def test_a_damaged_gzip_file_is_refused(read):
    whole = gzip.compress("".join(f"w{i} O\n" for i in range(2000)).encode())
    with pytest.raises(InputError, match=r"x\.conll: cannot be read"):
        read(whole[: len(whole) // 2])
    for place in (10, 11, 12, len(whole) // 2, len(whole) - 6):  # stream, and checksum
        flipped = bytearray(whole)
        flipped[place] ^= 0xFF
        with pytest.raises(InputError, match=r"cannot be read|is not|column"):
            read(bytes(flipped))


@given(
    data=st.binary(max_size=60), prefix=st.sampled_from([b"", b"Paris B-LOC\n", b"\x1f\x8b\x08"])
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, data, prefix):
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(prefix + data)
    try:
        assert read_conll(path).token_count > 0
    except InputError as error:
        assert str(error).startswith(str(path))


def test_text_is_read_without_its_byte_order_mark(tmp_path):
    (tmp_path / "x").write_bytes(b"\xef\xbb\xbfParis\r\n")
    assert read_text(tmp_path / "x") == "Paris\r\n"


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_text(tmp_path / "\0")


def test_the_corpora_for_development_are_read(news):
    assert (news.scheme, news.token_count, len(news.documents)) == ("IOB1", 51_362, 216)
    assert news.labels == ("LOC", "MISC", "ORG", "PER")
    some = news.documents[:20]
    assert parse_conll(format_conll(some)).documents == some


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_named(read, encoding):
    with pytest.raises(InputError, match="is UTF-16; save it as UTF-8"):
        read(("\ufeff" + PARIS).encode(encoding))


def test_the_line_that_is_not_utf_8_is_counted_from_the_first(read):
    with pytest.raises(InputError, match=r"x\.conll:2: byte 0xff is not UTF-8"):
        read(b"\n\xff O\n")


def test_a_space_that_does_not_separate_columns_is_part_of_its_token():
    corpus = parse_conll("\u3000Oslo\u00a0\tB-LOC\n")
    assert tokens_of(corpus) == [["\u3000Oslo\u00a0"]]
    assert parse_conll(format_conll(corpus.documents)).sentences == corpus.sentences


def test_a_tag_followed_by_a_control_character_is_refused():
    with pytest.raises(InputError, match=r"text:1: 'B-LOC\\x0b' is not a tag"):
        parse_conll("Oslo B-LOC\x0b\n")


def test_the_token_hash_can_have_any_number_of_columns():
    assert tokens_of(parse_conll("# 2 3 4 5 6 7 8 9 10 11 O\n")) == [["#"]]


def test_the_mark_of_a_document_without_sentences_is_written():
    assert format_conll([Document(())]) == "-DOCSTART- O\n\n"
