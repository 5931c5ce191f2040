"""The notebooks of the documentation run from top to bottom, and show their outputs."""

import importlib.util
from pathlib import Path

import pytest

REASON = "a notebook is run by nbclient and ipykernel: pip install '.[train,test]'"
nbformat = pytest.importorskip("nbformat", reason=REASON)
pytest.importorskip("nbclient", reason=REASON)
pytest.importorskip("ipykernel", reason=REASON)

FOLDER = Path(__file__).parents[1] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NEEDS = {"documents_to_table": "pandas", "lecture": "matplotlib"}


@pytest.fixture(scope="module")
def executed():
    spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.executed


def shown(notebook):
    """List the kinds of output of each cell of code."""
    return [
        [sorted(output.get("data", {"stream": ""})) for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def test_there_are_three_notebooks():
    assert [path.stem for path in NOTEBOOKS] == [
        "documents_to_table",
        "lecture",
        "teach_your_own_names",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_its_file_shows_the_outputs(path, executed):
    if package := NEEDS.get(path.stem):
        pytest.importorskip(package)
    stored = nbformat.read(path, as_version=4)
    assert shown(stored) == shown(executed(path)), "run: make notebooks"


def test_a_notebook_shows_names_and_an_explanation_as_pictures():
    stored = nbformat.read(FOLDER / "lecture.ipynb", as_version=4)
    *_, names, picture = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert "<mark" in names.outputs[0].data["text/html"]
    assert picture.outputs[0].data["image/svg+xml"].startswith("<svg")
