"""A wheel, installed beside nothing but what it declares, tags; and says what it lacks for more."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sysconfig
import tomllib
import venv
import zipfile
import zlib
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
    """The wheel, as pip would build it, but not compressed, which would take most of the time."""
    reason = "no wheel can be built without hatchling: pip install '.[train,test]'"
    builders = pytest.importorskip("hatchling.builders.wheel", reason=reason)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("zlib.Z_DEFAULT_COMPRESSION", zlib.Z_NO_COMPRESSION)
        builder = builders.WheelBuilder(str(ROOT))
        (wheel,) = builder.build(directory=str(tmp_path_factory.mktemp("dist")))
    return Path(wheel)


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment with the wheel and what it requires, from this one: no index is asked."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("the wheel is installed by pip, which this environment lacks")
    home = tmp_path_factory.mktemp("empty")
    venv.create(home / "venv", with_pip=False)
    python = home / "venv" / "bin" / "python"
    # "pip --python" would start pip twice.
    (folder,) = importlib.util.find_spec("pip").submodule_search_locations
    pip = [python, folder, "install", "--quiet"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--no-compile", str(wheel)], check=True)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(home / "venv")}))
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


@pytest.fixture(scope="module")
def used(installed, tiny_tagger, tmp_path_factory):
    """What a program of the wheel's environment prints that uses many parts of the wheel."""
    folder = tmp_path_factory.mktemp("used")
    tiny_tagger.save(folder / "tiny")
    done = installed.run("python", "-c", USE, folder / "tiny", folder / "copy")
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


USE = """
import importlib.util, io, json, sys
from contextlib import redirect_stderr, redirect_stdout
import window_ner
from window_ner.cli import main
from window_ner.data.sources import corpus_files, read_split
from window_ner.settings.toml import config_names

def run(*arguments):
    sys.argv = ["window-ner", *arguments]
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            main()
        except SystemExit as stopped:
            return [stopped.code or 0, out.getvalue(), err.getvalue()]

tiny, copy = sys.argv[1:]
window_ner.load(tiny).save(copy)
found = [m for m in ("gensim", "sklearn", "seqscore") if importlib.util.find_spec(m)]
for told in (
    [window_ner.__file__, found, window_ner.load().tag(["Paris"])],
    [config_names(), read_split(corpus_files(None, None).train).token_count],
    [
        run("info", "--model", copy),
        run("gradcheck", "--set", "hidden=2", "--set", "window=3"),
        run("train"),
        run("serve"),
    ],
):
    print(json.dumps(told))
"""


def test_the_wheel_is_what_is_used_beside_nothing_but_what_it_declares(installed, used):
    where, others, tags = used[0]
    assert Path(where).is_relative_to(installed.bin.parent)
    assert (others, tags) == ([], ["B-LOC"])


def test_the_wheel_has_the_configs_and_the_corpus(used):
    names, count = used[1]
    assert names == sorted(p.stem for p in resource_folder("configs").glob("*.toml"))
    assert count == 20_111


def test_the_wheel_can_save_a_model_and_check_gradients(used):
    info, gradcheck, *_ = used[2]
    for code, _, err in (info, gradcheck):
        assert (code, err) == (0, "")


def test_the_wheel_says_what_to_install_for_more(used):
    """tests/cli/test_cli.py asks each command, where the packages are hidden."""
    *_, train, serve = used[2]
    assert train[:2] == serve[:2] == [2, ""]
    assert re.fullmatch(r"window-ner: .*; pip install 'window-ner\[train\]'\n", train[2])
    assert serve[2].endswith("; pip install 'window-ner[web]'\n")


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
