"""The notebooks of the documentation run from top to bottom, and show their outputs.

One of them runs here. The others train for a minute: ``make site`` runs all, in each change's CI.
"""

import importlib.util
from pathlib import Path

import pytest

REASON = "a notebook is run by nbclient and ipykernel: pip install '.[train,test]'"
nbformat = pytest.importorskip("nbformat", reason=REASON)
pytest.importorskip("nbclient", reason=REASON)
pytest.importorskip("ipykernel", reason=REASON)

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(scope="module")
def execute():
    spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_three_notebooks():
    assert [path.stem for path in NOTEBOOKS] == [
        "documents_to_table",
        "lecture",
        "teach_your_own_names",
    ]


def test_a_notebook_runs_and_its_file_shows_the_outputs(execute):
    pytest.importorskip("pandas")
    path = FOLDER / "documents_to_table.ipynb"
    stored = nbformat.read(path, as_version=4)
    assert execute.shown(stored) == execute.shown(execute.executed(path)), "run: make notebooks"


def test_all_notebooks_are_checked_before_the_site_is_built():
    site = (FOLDER.parents[1] / "Makefile").read_text("utf-8").split("\nsite:")[1].split("\n\n")[0]
    assert site.index("execute.py --check") < site.index("sphinx")


def test_a_notebook_shows_names_and_an_explanation_as_pictures():
    stored = nbformat.read(FOLDER / "lecture.ipynb", as_version=4)
    *_, names, picture = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert "<mark" in names.outputs[0].data["text/html"]
    assert picture.outputs[0].data["image/svg+xml"].startswith("<svg")
