"""The contents of the documentation site are complete. ``make site`` builds it."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_every_page_and_notebook_is_in_the_contents_of_the_site():
    index = (DOCS / "index.md").read_text("utf-8")
    blocks = re.findall(r"^```\{toctree\}\n(.*?)^```$", index, re.MULTILINE | re.DOTALL)
    listed = [
        line for block in blocks for line in block.splitlines() if line and not line.startswith(":")
    ]
    pages = [path for pattern in ("*.md", "notebooks/*.ipynb") for path in DOCS.glob(pattern)]
    names = [path.relative_to(DOCS).with_suffix("").as_posix() for path in pages]
    assert sorted(listed) == sorted(set(names) - {"index"})
