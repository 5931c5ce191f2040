"""A wheel, installed beside nothing but what it declares, tags; and says what it lacks for more."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from window_ner.data.lexicon_package import _PACKAGE
from window_ner.data.vector_files import PACKAGED
from window_ner.errors import _EXTRAS
from window_ner.storage.resources import resource_folder

ROOT = Path(__file__).parents[1]


@dataclass
class Installed:
    bin: Path
    environment: dict[str, str]

    def run(self, program, *arguments):
        return subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.bin,  # where no checkout is
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, as pip would build it."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("no wheel can be built without hatchling: pip install '.[train,test]'")
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment with the wheel and what it requires, from this one: no index is asked."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("the wheel is installed by pip, which this environment lacks")
    home = tmp_path_factory.mktemp("empty")
    venv.create(home / "venv", with_pip=False)
    python = home / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--no-compile", str(wheel)], check=True)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    where = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True)
    site = Path(where.stdout.strip())
    (metadata,) = site.glob("window_ner-*.dist-info/METADATA")
    declared = re.findall(r"^Requires-Dist: ([^;\n]+)$", metadata.read_text("utf-8"), re.MULTILINE)
    _link(declared, site)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "WINDOW_NER"))}
    return Installed(python.parent, {**kept, "HOME": str(home), "XDG_DATA_HOME": str(home)})


def _link(requirements, site):
    """Link distributions of this environment, and what they require, into another."""
    linked, todo = set(), list(requirements)
    while todo:
        name = re.match(r"[\w.-]+", todo.pop())[0].lower().replace("_", "-")
        try:
            found = distribution(name)
        except PackageNotFoundError:  # for another platform or Python, by a marker
            continue
        if name in linked:
            continue
        linked.add(name)
        todo += [r for r in found.requires or () if "extra ==" not in r]
        for top in {file.parts[0] for file in found.files} - {"..", "__pycache__"}:
            (site / top).symlink_to(found.locate_file(top))


def test_the_wheel_tags_with_what_it_declares_and_no_more(installed):
    done = installed.run("window-ner", "predict", "Angela Merkel met Tim Cook.", "--format", "json")
    assert done.stderr == ""
    (answer,) = json.loads(done.stdout)
    assert [entity["text"] for entity in answer["entities"]] == ["Angela Merkel", "Tim Cook"]
    program = (
        "import window_ner, importlib.util\n"
        "print(window_ner.__file__)\n"
        "print(window_ner.load().tag(['Paris']))\n"
        "print([m for m in ('gensim', 'sklearn', 'seqscore') if importlib.util.find_spec(m)])"
    )
    done = installed.run("python", "-c", program)
    where, *rest = done.stdout.splitlines()
    assert Path(where).is_relative_to(installed.bin.parent)
    assert rest == ["['B-LOC']", "[]"], done.stderr


def test_the_wheel_can_save_a_model_and_check_gradients(installed, tiny_tagger, tmp_path):
    tiny_tagger.save(tmp_path / "tiny")
    save = "import sys, window_ner; window_ner.load(sys.argv[1]).save(sys.argv[2])"
    done = installed.run("python", "-c", save, tmp_path / "tiny", tmp_path / "copy")
    assert done.stderr == ""
    assert installed.run("window-ner", "info", "--model", str(tmp_path / "copy")).returncode == 0
    small = ("--set", "hidden=2", "--set", "window=3")
    assert installed.run("window-ner", "gradcheck", *small).returncode == 0


def test_the_wheel_says_what_to_install_for_more(installed):
    """tests/cli/test_cli.py asks each command, where the packages are hidden."""
    done = installed.run("window-ner", "train")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"window-ner: .*; pip install 'window-ner\[train\]'\n", done.stderr)


def test_the_wheel_has_the_configs_and_the_corpus(installed):
    program = (
        "import window_ner.settings.toml as c; print(*c.config_names());"
        "from window_ner.data.sources import corpus_files, read_split;"
        "print(read_split(corpus_files(None, None).train).token_count)"
    )
    names, count = installed.run("python", "-c", program).stdout.splitlines()
    assert names.split() == sorted(p.stem for p in resource_folder("configs").glob("*.toml"))
    assert count == "20111"


def test_the_wheel_says_what_to_install_for_the_page(installed):
    done = installed.run("window-ner", "serve")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("; pip install 'window-ner[web]'\n")


def test_the_wheel_has_the_files_of_the_page(wheel):
    with zipfile.ZipFile(wheel) as files:
        packed = {name for name in files.namelist() if name.startswith("window_ner/web/")}
    for path in (ROOT / "window_ner" / "web").rglob("*.*"):
        assert path.suffix == ".pyc" or path.relative_to(ROOT).as_posix() in packed


def test_the_wheel_has_the_style_of_the_report(wheel):
    with zipfile.ZipFile(wheel) as files:
        assert "window_ner/cli/report/report.css" in files.namelist()


def test_the_wheel_has_no_tests(wheel):
    with zipfile.ZipFile(wheel) as files:
        names = files.namelist()
    assert [name for name in names if "everyday" in name or "test_" in name] == []


def test_the_wheel_has_what_a_release_may_have_and_no_more(wheel, tmp_path):
    spec = importlib.util.spec_from_file_location("check", ROOT / "release" / "check.py")
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    check.check_contents(wheel)
    spoilt = Path(shutil.copy(wheel, tmp_path))
    with zipfile.ZipFile(spoilt, "a") as files:
        files.writestr("tests/test_wheel.py", "")
    with pytest.raises(SystemExit, match=r"does not belong there: \['tests/test_wheel.py'\]"):
        check.check_contents(spoilt)


def test_the_wheel_declares_the_component_of_spacy(wheel):
    with zipfile.ZipFile(wheel) as files:
        (points,) = [name for name in files.namelist() if name.endswith("entry_points.txt")]
        declared = files.read(points).decode()
    assert "[spacy_factories]\nwindow_ner = window_ner.spacy:make_component\n" in declared


def test_what_is_missed_is_in_the_extra_that_is_named():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extra = {re.match(r"[\w-]+", line)[0] for line in project["optional-dependencies"]["train"]}
    vectors = {package.replace("_", "-") for package in PACKAGED.values()}
    lexicon = _PACKAGE.replace("_", "-")
    assert extra == {*_EXTRAS["train"].values(), *vectors, lexicon, "pyarrow"}
