"""Run the notebooks, so that their pages show what the code of today prints: ``make notebooks``.

With ``--check`` no file is written: it is an error if a notebook fails, or if its file shows other
kinds of outputs than it has now. ``make site`` checks all of them, ``make test`` only one.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def executed(path: Path) -> nbformat.NotebookNode:
    """Run all cells of a notebook in a new kernel; return it with their outputs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises an error.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        record_timing=False,  # with the next line: the file does not change without a reason
        coalesce_streams=True,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def shown(notebook: nbformat.NotebookNode) -> list[list[list[str]]]:
    """List the kinds of output of each cell of code; the figures differ between machines."""
    return [
        [sorted(output.get("data", {"stream": ""})) for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def main() -> None:
    """Run all notebooks."""
    for path in NOTEBOOKS:
        new = executed(path)
        if "--check" not in sys.argv:
            nbformat.write(new, path)
        elif shown(nbformat.read(path, as_version=4)) != shown(new):
            sys.exit(f"{path.name}: its outputs are not those of its code; run: make notebooks")
        print(f"{path.name}: done")


if __name__ == "__main__":
    main()
