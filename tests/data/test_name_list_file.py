import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from window_ner.data.gazetteers import read_gazetteer
from window_ner.data.name_list_file import read_names
from window_ner.data.tokenizer import tokenize
from window_ner.errors import InputError

TEXT = tokenize("Ann Lee of Washington, D.C. takes aspirin.")


@pytest.fixture
def file(tmp_path):
    """Write a file of names."""

    def write(content, name="names.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def found(path, label=None):
    spans = read_names(path, label).find(TEXT)
    return [f"{' '.join(TEXT.tokens[s.start : s.end])}/{s.label}" for s in spans]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("name,label\nAnn Lee,PER\naspirin,DRUG\n", "names.csv"),
        ("name,label\nAnn Lee,PER\naspirin,DRUG\n", "names"),
        ("\ufeffname,label\r\nAnn Lee,PER\r\naspirin,DRUG", "names.csv"),
        ("Label,id, Name\nPER,1, Ann  Lee\n\n,,\nDRUG,2,aspirin\n", "names.csv"),
        ("name;label\nAnn Lee;PER\naspirin;DRUG\n", "names.csv"),
        ("label\tname\nPER\tAnn Lee\nDRUG\taspirin\n", "names.tsv"),
        ('"name","label"\n"Ann\nLee","PER"\n"aspirin","DRUG"\n', "names.csv"),
    ],
)
def test_a_table_says_in_its_first_line_which_columns_it_has(file, content, name):
    assert found(file(content, name)) == ["Ann Lee/PER", "aspirin/DRUG"]


def test_a_name_with_a_comma_stands_in_quotes(file):
    path = file('name,label\n"Washington, D.C.",LOC\n')
    assert found(path) == ["Washington , D.C./LOC"]


def test_a_gzipped_list_is_read(file):
    path = file(gzip.compress(b"name,label\nAnn Lee,PER\n"), "names.csv.gz")
    assert found(path) == ["Ann Lee/PER"]


def test_one_name_a_line_gets_the_label_that_is_given(file):
    path = file("Ann Lee\n\nWashington, D.C.\r\n", "names.txt")
    assert found(path, "X") == ["Ann Lee/X", "Washington , D.C./X"]


def test_the_label_that_is_given_is_for_names_that_have_none(file):
    assert found(file("name\nAnn Lee\n"), "X") == ["Ann Lee/X"]
    assert found(file("name,label\nAnn Lee,\naspirin,DRUG\n"), "X") == ["Ann Lee/X", "aspirin/DRUG"]


def test_a_name_may_stand_twice_with_the_same_label(file):
    assert len(read_names(file("name,label\nAnn,PER\nAnn,PER\n"))) == 1


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("Ann,PER\nOslo,LOC\n", 1, "names the columns, like name,label; got 'Ann,PER'"),
        ("title,label\nAnn,PER\n", 1, "names the columns"),
        ("name,kind\nAnn,PER\n", 2, "'Ann' has no label"),
        ("name,label\nAnn\n", 2, "'Ann' has no label"),
        ("name,label\nAnn,\n", 2, "'Ann' has no label"),
        ("name,label\nAnn,PER\n,PER\n", 3, "the name is empty"),
        ("name,label\nAnn,PER\n...,PER\n", 3, "'...' has neither a letter nor a digit"),
        ("name,label\nAnn,A PERSON\n", 2, "the label 'A PERSON' is not one word"),
        ("name,label\nAnn,PER\n\nAnn,ORG\n", 4, "'Ann' is ORG here and PER in line 2"),
        ("name,label\nApple, Inc.,ORG\n", 2, "3 cells in 2 columns"),
        ('name,label\n"a\nb",X\n"c" d,X\n', 4, "'\"'"),
        ('name,label\n"Ann,PER\nOslo,LOC\n', 2, "unexpected end of data"),
        (b"name,label\nAnn,PER\n\xff,PER\n", 3, "not UTF-8"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_line(file, content, line, message):
    path = file(content)
    with pytest.raises(InputError) as error:
        read_names(path)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("", "names.csv", "contains no name"),
        ("name,label\n", "names.csv", "contains no name"),
        ("\n\n", "names.txt", "contains no name"),
        ("Ann Lee\n", "names.txt", r"txt:1: 'Ann Lee' has no label; .*--names-label"),
        ("Ann\tPER\n", "names.txt", r"txt:1: looks like a table"),
        ("Ann,PER\nOslo,LOC\n", "names.txt", r"txt:1: looks like a table"),
        (b"\x89PNG\x00\x01", "names.csv", "binary"),
        (b"\x1f\x8b broken", "names.csv.gz", "cannot be read"),
    ],
)
def test_what_is_no_list_of_names_is_refused(file, content, name, message):
    with pytest.raises(InputError, match=message):
        read_names(file(content, name))


def test_a_list_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_names(tmp_path / "names.csv")


@settings(max_examples=25)
@given(st.text(st.sampled_from('name,label\n\t;" AnX.\r'), max_size=40), st.booleans())
def test_any_file_is_read_or_refused_in_one_line(tmp_path_factory, content, is_table):
    path = tmp_path_factory.getbasetemp() / ("any.csv" if is_table else "any.txt")
    path.write_text(content, encoding="utf-8", newline="")
    try:
        assert len(read_names(path, "X")) > 0
    except InputError as error:
        assert "\n" not in str(error)


# ------------------------------------------------------------------ lists of names for training


@pytest.mark.parametrize(
    ("content", "name", "line"),
    [
        ("Ann\n", "names.csv", 1),
        ("name,label\nAnn,PER\n", "names.txt", 1),
        ("# people\nAnn,PER\nBob,PER\n", "names.txt", 2),
        ("Oslo\nAnn\tPER\n", "names.txt", 2),
    ],
)
def test_a_table_is_no_list_of_names_for_training(file, content, name, line):
    with pytest.raises(InputError, match=rf":{line}: looks like a table; expected one name a line"):
        read_gazetteer(file(content, name))


def test_names_with_commas_and_digits_are_a_list_for_training(file):
    assert read_gazetteer(file("Washington, D.C.\n1,000 Islands\n", "names.txt"))
