"""docs/configs.md lists every setting with its default in the code."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from window_ner.data.conll import parse_conll
from window_ner.data.word_vectors import WordVectors
from window_ner.nn.activations import ACTIVATIONS
from window_ner.nn.initializers import INITIALIZERS
from window_ner.nn.optimizers import OPTIMIZERS
from window_ner.nn.schedules import SCHEDULES
from window_ner.settings.inputs import CONTEXTS, FLAGS
from window_ner.settings.tables import Settings
from window_ner.settings.toml import load_config, settings_from
from window_ner.training.plan import Plan
from window_ner.training.run import train

PAGE = (Path(__file__).parents[2] / "docs" / "configs.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## \[(\w+)\]\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
ROW = re.compile(r"^\| `(\w+)` \| `(.*?)` \| (.*) \|$", re.MULTILINE)


def test_every_table_of_settings_has_a_section():
    assert SECTIONS.keys() == Settings().as_dict().keys()


@pytest.mark.parametrize("table", SECTIONS)
def test_every_setting_has_a_row_with_its_default(table):
    rows = {name: default for name, default, _ in ROW.findall(SECTIONS[table])}
    page = "".join(f"{name} = {default}\n" for name, default in rows.items())
    defaults = Settings().as_dict()[table]
    assert rows.keys() == defaults.keys()
    assert settings_from({table: tomllib.loads(page)}, "page").as_dict()[table] == defaults


@pytest.mark.parametrize(
    ("setting", "known"),
    [
        ("activation", ACTIVATIONS),
        ("initializer", INITIALIZERS),
        ("optimizer", OPTIMIZERS),
        ("schedule", SCHEDULES),
        ("flags", FLAGS),
        ("context", CONTEXTS),
    ],
)
def test_the_possible_values_of_a_setting_are_in_its_row(setting, known):
    rows = {name: text for name, _, text in ROW.findall(PAGE)}
    assert re.findall(r"`(.*?)`", rows[setting]) == list(known)


def test_the_example_trains_a_tagger(tmp_path, monkeypatch):
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "my.toml").write_text(example)
    (tmp_path / "rivers.txt").write_text("Rhine  # in Cologne\nRio Grande\n")
    monkeypatch.chdir(tmp_path)
    corpus = parse_conll("The DT O\nRhine NNP B-LOC\nflows VBZ O\n", name="river")
    vectors = WordVectors("tiny", ["the", "flows"], np.eye(2, dtype=np.float32))
    tagger = train(Plan(load_config("my.toml"), corpus, corpus, [vectors]))
    assert {"gazetteers", "column1"} <= tagger.encoder.features.table_shapes.keys()
