import csv

import pytest

from window_ner.errors import InputError

MARKED = 'id,text\n1,"Take [aspirin | DRUG], daily."\n2,It rains.\n'
ROWS = """\
text,name,label
Take aspirin and Zaldiar daily.,aspirin,DRUG
,Zaldiar,DRUG
It rains.,,
Aspirin or aspirin?,aspirin,DRUG
"""


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (MARKED, "my.csv"),
        ("\ufeff" + MARKED.replace("\n", "\r\n"), "my.CSV"),
        ('"id";"text"\n1;"Take [aspirin | DRUG], daily."\n2;It rains.\n', "my.csv"),
        ("id\tText \n1\tTake [aspirin | DRUG], daily.\n2\tIt rains.\n", "my.tsv"),
    ],
)
def test_a_column_may_have_texts_with_names_in_brackets(read, names, content, name):
    assert names(read(content, name)) == [["aspirin/DRUG"], []]


def test_one_column_of_a_spreadsheet_that_separates_by_semicolons_may_have_commas(read, names):
    content = 'text\r\nTake [aspirin | DRUG], daily.\r\n"Rest; then [codeine | DRUG], twice."\r\n'
    assert names(read("\ufeff" + content, "my.csv")) == [["aspirin/DRUG"], ["codeine/DRUG"]]


def test_a_cell_may_be_longer_than_csv_allows_by_default(read, names):
    content = f"text\nIt rains.\n{'a ' * 70_000}[aspirin | DRUG]\n"
    limit = csv.field_size_limit()
    assert names(read(content, "my.csv")) == [[], ["aspirin/DRUG"]]
    assert csv.field_size_limit() == limit


def test_a_row_may_have_a_name_of_the_text_above(read, names):
    assert names(read(ROWS, "my.csv")) == [["aspirin/DRUG", "Zaldiar/DRUG"], [], ["aspirin/DRUG"]]


def test_a_text_may_be_repeated_for_each_name(read, names):
    content = "label,text,name\nX,a b,a\nY,a b,b\nX,a b c,a\n"
    assert names(read(content, "my.csv")) == [["a/X", "b/Y"], ["a/X"]]


def test_rows_with_the_same_text_are_one_text_in_any_order(read, names):
    content = "text,name,label\na b,a,X\na c,a,X\na b,b,Y\na c,c,Y\n"
    assert names(read(content, "my.csv")) == [["a/X", "b/Y"], ["a/X", "c/Y"]]


def test_a_name_is_labelled_wherever_it_is_a_whole_word(read, names):
    content = 'text,name,label\n"Ann, Annie, Ann-Lee, Ann",Ann,X\n'
    assert names(read(content, "my.csv")) == [["Ann/X", "Ann/X", "Ann/X"]]


def test_at_each_place_the_longest_name_counts(read, names):
    content = "text,name,label\nNew York is not York.,York,X\n,New  York,Y\n"
    assert names(read(content, "my.csv")) == [["New York/Y", "York/X"]]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("text,name\nx,y\n", 1, "expected the columns text, name and label"),
        ("Sentence #,Word,Tag\n1,Ann,B-PER\n", 1, "got sentence #, word, tag"),
        ("", 1, "the line is empty"),
        ("text,Entities\nx,[]\n", 1, "the column entities is not read"),
        ("text,id,text\nx,1,y\n", 1, "a column is there twice; got text, id, text"),
        (
            "file,document,text,label,start,end,score\n",
            1,
            "write these with predict --format jsonl",
        ),
        ("text,name,label\n,a,X\n", 2, "a name without a text"),
        ("text,name,label\na b,a,X\n,b,\n", 3, "'b' has no label"),
        ("text,name,label\na b,,X\n", 2, "'X' has no name"),
        ("text,name,label\na b,a,X\n,c,X\n", 3, "'c' is not in the text"),
        ("text,name,label\nabc,b,X\n", 2, "'b' is not in the text, only as a part of a word"),
        ("text,name,label\na b,a,X\n,a,Y\n", 3, "'a' is Y here and X in "),
        ("text,name,label\na b,a,X\n,b,x\n", 2, "differs in case only"),
        ("text,name,label\na b c,a b,X\n,b c,X\n", 2, "overlap"),
        ("text,name,label\na,a,X,x\n", 2, "4 cells in 3 columns"),
        ('text\n"a\nb"\n[c\n', 4, ""),
        ("text\n[a | X\n", 2, "is not a complete mark"),
        ('text\n"a" b\n', 2, "double quotes"),
    ],
)
def test_a_wrong_table_is_an_error_that_names_the_line(read, tmp_path, content, line, message):
    if not message:
        content, message = content.replace("[c", "[c |"), "is not a complete mark"
    with pytest.raises(InputError) as caught:
        read(content, "my.csv")
    assert str(caught.value).startswith(f"{tmp_path}/my.csv:{line}: ")
    assert message in str(caught.value)


def test_columns_with_tokens_and_tags_may_end_in_tsv(read, names):
    assert names(read("Ann\tB-PER\nleft\tO\n", "train.tsv")) == [["Ann/PER"]]
