"""A Sphinx extension: links to source files lead to pages of the site that show these files.

On GitHub, ``[losses.py](../window_ner/nn/losses.py)`` leads to the file. On the site, it leads to a
page with its code. Links to folders, and to the README, lead to the pages about them.
"""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

ROOT = Path(__file__).parents[2]
INSTEAD = {
    "](../README.md#how-good-is-it)": "](scores.md)",
    "](../configs)": "](configs.md)",
    "](../window_ner/nn/graph)": "](computational-graph.md)",
}


def replace_folders(app: Sphinx, name: str, source: list[str]) -> None:
    """Replace links to what is not one file."""
    for link, instead in INSTEAD.items():
        source[0] = source[0].replace(link, instead)
    source[0] = re.sub(r"\[([^]\n]+)\]\(\.\./data/[\w/]+\.md\)", r"\1", source[0])


def link_to_pages(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Turn links to files of the repository into links to the pages of these files."""
    for node in list(doctree.findall(addnodes.download_reference)):
        file = (ROOT / "docs" / name).parent / node["reftarget"].lstrip("/")
        if node["reftarget"].startswith("/"):
            file = ROOT / "docs" / node["reftarget"].lstrip("/")
        path = file.resolve().relative_to(ROOT).as_posix()
        _shown(app.env).add(path)
        uri = app.builder.get_relative_uri(name, f"code/{path}")
        node.replace_self(nodes.reference("", "", *node.children, refuri=uri, internal=True))


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for each file that is linked to."""
    for path in sorted(_shown(app.env)):
        code = (ROOT / path).read_text("utf-8")
        try:
            language = get_lexer_for_filename(path).aliases[0]
        except ClassNotFound:
            language = "text"
        body = app.builder.highlighter.highlight_block(code, language, linenos=True)
        yield f"code/{path}", {"title": path, "body": f"<h1>{escape(path)}</h1>{body}"}, "page.html"


def _shown(env: BuildEnvironment) -> set[str]:
    if not hasattr(env, "window_ner_shown"):
        env.window_ner_shown = set()
    return env.window_ner_shown


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("source-read", replace_folders)
    app.connect("doctree-resolved", link_to_pages)
    app.connect("html-collect-pages", pages)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
