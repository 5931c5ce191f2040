"""Check the files of a release: ``make release``.

    python release/check.py dist [--python python3.12]...

1. The wheel holds the package with its model, configs and sample, the licence, and nothing else.
2. With each Python, in an empty environment and without an index: install the wheel, find names;
   install the extra ``train``, train, evaluate.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PYTHONS = ("python3.11", "python3.12", "python3.13")
ALLOWED = re.compile(
    r"window_ner/([\w/]+\.py|py\.typed|([\w/]+/)?[\w-]+\.(css|js|html|svg|json)"
    r"|resources/(models/[\w-]+/[\w.-]+|configs/[\w-]+\.toml|data/sample/[\w.]+))"
    r"|window_ner-[\w.]+\.dist-info/(METADATA|WHEEL|RECORD|entry_points\.txt|licenses/[\w./-]+)"
)
NEEDED = (
    "window_ner/py.typed",
    "window_ner/resources/configs/lecture.toml",
    "window_ner/resources/data/sample/train.conll",
)
TEXT = "Angela Merkel met Tim Cook in Cupertino."


def check_contents(wheel: Path) -> None:
    """Check the names of the files in a wheel.

    Raises
    ------
    SystemExit
        If a file is missing, or does not belong there.
    """
    with zipfile.ZipFile(wheel) as files:
        names = files.namelist()
    stray = [name for name in names if not ALLOWED.fullmatch(name)]
    missing = [name for name in NEEDED if name not in names]
    for ending in ("/LICENSE", "/weights.safetensors", "/README.md"):
        if not any(name.endswith(ending) for name in names):
            missing.append(ending)
    if stray or missing:
        sys.exit(f"{wheel}: does not belong there: {stray}; missing: {missing}")
    print(f"{wheel.name}: {len(names)} files, {wheel.stat().st_size / 1e6:.1f} MB")


def check_python(python: str, wheel: Path, folder: Path) -> None:
    """Install a wheel without an index, into an empty environment; tag, train and evaluate."""
    house, home = folder / "wheelhouse", folder / "home"
    requirement = f"window-ner[train] @ {wheel.resolve().as_uri()}"
    run([python, "-m", "venv", str(folder / "venv")])
    bin_folder = folder / "venv" / "bin"
    pip = [str(bin_folder / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "download", "--dest", str(house), requirement])
    offline = [*pip, "install", "--no-index", "--find-links", str(house)]
    run([*offline, str(wheel)])
    home.mkdir()
    program = str(bin_folder / "window-ner")
    done = run([program, "predict", TEXT, "--format", "json"], home)
    found = [entity["text"] for entity in json.loads(done)[0]["entities"]]
    assert found == ["Angela Merkel", "Tim Cook", "Cupertino"], found
    run([*offline, requirement])
    run([program, "train", "--set", "epochs=1", "--output", "model"], home)
    report = json.loads(
        run([program, "eval", "test", "--model", "model", "--format", "json"], home)
    )
    assert report["token"]["f1"] > 0.5, report["token"]
    print(f"{python}: installs, finds names, trains and evaluates")


def run(command: list[str], folder: Path | None = None) -> str:
    """Run a program with nothing of this environment's Python; return its output."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "WINDOW_NER"))}
    home = {} if folder is None else {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env={**kept, **home}, check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Check the wheel of a folder with each Python."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dist", type=Path)
    parser.add_argument("--python", action="append", help=f"default: {', '.join(PYTHONS)}")
    options = parser.parse_args()
    (wheel,) = options.dist.glob("*.whl")
    check_contents(wheel)
    for python in options.python or PYTHONS:
        if shutil.which(python) is None:
            sys.exit(f"{python} is not installed; name others with --python")
        with tempfile.TemporaryDirectory() as folder:
            check_python(python, wheel, Path(folder))


if __name__ == "__main__":
    main()
