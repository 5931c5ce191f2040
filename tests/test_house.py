"""CONTRIBUTING.md shows the packages of the project, and the pages name files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "window_ner"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("data/*/*.md")])
FILE_NAME = re.compile(
    r"\b(?:window_ner|tests|docs|benchmarks|configs)/[\w/-]+\.(?:py|md|toml|svg)\b"
)


def tree(text):
    """Read the indented tree of a page: {path below window_ner/: description}."""
    block = re.search(r"^```\nwindow_ner/\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found, folders = {}, []
    for line in block[1].splitlines():
        indented_name, description = re.fullmatch(r"( +\S+) {2,}(\S.*)", line).groups()
        name = indented_name.strip()
        depth = (len(indented_name) - len(name)) // 2 - 1
        found["".join([*folders[:depth], name])] = description
        if name.endswith("/"):
            folders[depth:] = [name]
    return found


def rooms():
    """List the root's modules and folders and all packages, but not the package of one command."""
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    root = {path.relative_to(PACKAGE).parts[0] for path in files if path.parent != PACKAGE}
    packages = {path.parent.relative_to(PACKAGE) for path in PACKAGE.glob("*/*/**/__init__.py")}
    names = {f"{folder}/" for folder in root} | {f"{path.as_posix()}/" for path in packages}
    return {name for name in names if not re.match("cli/.", name)} | {
        path.name for path in PACKAGE.glob("*.py")
    }


def test_contributing_shows_every_package_and_root_module():
    shown = tree((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert set(shown) == rooms()


def test_the_root_of_the_package_has_at_most_12_files():
    files = [p.name for p in PACKAGE.iterdir() if p.is_file() and not p.name.startswith(".")]
    assert len(files) <= 12, files


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_page_names_exist(page):
    named = set(FILE_NAME.findall(page.read_text("utf-8")))
    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_links_between_pages_lead_to_files(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_a_tree_is_read_with_its_nested_folders():
    page = "```\nwindow_ner/\n  a.py   one\n  b/     two\n    c/   three\n  d/     four\n```\n"
    assert tree(page) == {"a.py": "one", "b/": "two", "b/c/": "three", "d/": "four"}
