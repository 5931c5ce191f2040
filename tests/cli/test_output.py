"""Tables on a terminal of any width, and in files and pipes, which have none."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from window_ner.cli.output import cut_in_the_middle, print_table


@given(text=st.text(st.sampled_from("abc/ 東京é"), max_size=60), width=st.integers(1, 80))
def test_what_is_cut_fits_and_keeps_its_beginning_and_its_end(text, width):
    cut = cut_in_the_middle(text, width)
    if cell_len(text) <= width:
        assert cut == text
    else:
        assert cell_len(cut) <= width
        beginning, _, end = cut.partition("…")
        assert text.startswith(beginning)
        assert text.endswith(end)


def test_of_a_long_path_the_name_of_the_file_stays():
    path = "/tmp/" + "folder/" * 30 + "[red]split.conll: 3 tokens"
    assert cut_in_the_middle(path, 50).endswith("/[red]split.conll: 3 tokens")


@pytest.mark.parametrize("width", [10, 20, 40, 80, 200])
def test_the_title_of_a_table_takes_one_line_on_a_terminal_of_any_width(width):
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system=None, width=width)
    table = Table("a", "b")
    table.add_row("1", "2")
    print_table(table, "/a/long/path/" * 5 + "[red]split.conll: 3 tokens", console)
    title, below = stream.getvalue().split("\n")[:2]
    assert len(title) <= width
    assert title.endswith(" tokens"[-width // 2 :])
    assert set(below) <= set("┏━┳┓")
