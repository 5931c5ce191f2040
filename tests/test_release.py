"""What a release consists of beside the code: version, citation, image, workflows."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
MADE_TARGETS = re.compile(r"run: make (\w+)")


def test_the_version_is_written_in_one_place():
    version = PROJECT["version"]
    files = [ROOT / "CITATION.cff", *ROOT.glob("window_ner/*.py"), ROOT / "Dockerfile"]
    assert [path.name for path in files if version in path.read_text("utf-8")] == []
    printed = subprocess.run(
        [sys.executable, ROOT / "release" / "version.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == f"{version}\n"


def test_the_changelog_has_a_section_for_the_version():
    assert f"\n## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_workflows_test_every_python_that_the_package_promises():
    yaml = pytest.importorskip("yaml", reason="reads the workflows: pip install '.[hub]'")
    workflows = {
        path.stem: yaml.safe_load(path.read_text("utf-8"))
        for path in (ROOT / ".github" / "workflows").glob("*.yml")
    }
    pythons = workflows["test"]["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert f">={pythons[0]}" == PROJECT["requires-python"]
    publish = workflows["publish"]["jobs"]["publish"]
    assert publish["permissions"] == {"id-token": "write"}  # trusted publishing, no password
    for workflow in workflows.values():
        assert workflow["permissions"] == {"contents": "read"}


def test_the_targets_that_workflows_make_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for target in MADE_TARGETS.findall(path.read_text("utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), (path.name, target)


def test_the_image_runs_as_an_unprivileged_user_and_takes_only_the_wheel():
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    last_stage = lines[max(i for i, line in enumerate(lines) if line.startswith("FROM")) :]
    user = [line for line in last_stage if line.startswith("USER")]
    assert user
    assert user[-1].split()[1] not in ("root", "0")
    assert (ROOT / ".dockerignore").read_text().split() == ["*", "!dist/*.whl"]
