"""The links of the documentation lead somewhere: to a file, and to a heading that is in it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchors(page):
    """List the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page):
    """List the links of a page to files and headings that are not there."""
    broken = []
    for link in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        path, _, anchor = link.partition("#")
        if ":" in path:
            continue  # to another site
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page):
    assert broken_links(page) == []


def test_a_missing_file_and_a_missing_heading_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# The *one* `--x`\n[a](page.md#the-one---x) [b](gone.md) [c](#other) [d](https://x.org)\n"
    )
    assert broken_links(page) == ["gone.md", "#other"]


LECTURE = ["computational-graph", "deep-stacks", "derivation", "explanation", "learning"]
LECTURE += ["lecture", "matrices", "neural-networks", "pitfall"]


def test_the_map_of_the_lectures_leads_to_every_page_about_them():
    links = LINK.findall((ROOT / "docs" / "notes.md").read_text("utf-8"))
    assert {f"{page}.md" for page in LECTURE} <= {link.partition("#")[0] for link in links}
