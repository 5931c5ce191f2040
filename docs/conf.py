"""Settings of the documentation site: ``make site``. The pages are the Markdown files beside it."""

import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "site"), str(HERE.parent)]

project = "window-ner"
author = "the contributors of window-ner"
copyright = author
try:
    release = metadata.version("window-ner")
except metadata.PackageNotFoundError:
    release = ""

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "source_pages",
]
exclude_patterns = ["site", "_build"]

myst_heading_anchors = 4  # as GitHub makes them, where people read the same pages
myst_enable_extensions = ["attrs_block", "colon_fence"]
nb_execution_mode = "off"  # the notebooks are stored with their outputs: make notebooks

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "none"  # the signature in the code has them; docstrings describe arguments
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True
default_role = "code"

html_theme = "furo"
html_title = "window-ner"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
copybutton_exclude = ".linenos, .gp, .go"
