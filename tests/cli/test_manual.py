"""docs/cli.md: what it says is what the code does."""

import re
from pathlib import Path

from window_ner.cli.manual import manual

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text("utf-8")


def test_the_page_is_what_the_code_makes_of_itself():
    assert manual() == PAGE, "the commands have changed since: make docs"


def test_every_variable_of_the_environment_that_the_code_reads_is_on_the_page():
    code = "".join(path.read_text("utf-8") for path in (ROOT / "window_ner").rglob("*.py"))
    read = set(re.findall(r"environ(?:\.get\(|\[)?\"([A-Z_]+)\"", code))
    read |= set(re.findall(r"\"([A-Z_]+)\" in os\.environ", code))
    read |= set(re.findall(r"_VARIABLE = \"([A-Z_]+)\"", code))
    assert len(read) > 4
    assert {name for name in read if f"`{name}`" not in PAGE} == set()


def test_options_are_in_lower_case():
    options = re.findall(r"^\| `(--[^ `]+)", PAGE, re.MULTILINE)  # a metavar can rename one
    assert len(options) > 40
    assert [option for option in options if option != option.lower()] == []


def test_examples_name_a_model_with_the_split_that_they_score():
    """The bundled model's corpora have no split that could be scored without a file."""
    examples = re.findall(r"^window-ner eval (?:train|dev|test)\b.*$", PAGE, re.MULTILINE)
    assert examples
    assert all("--model" in example for example in examples)
