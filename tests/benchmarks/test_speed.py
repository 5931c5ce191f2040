"""The tables of benchmarks.speed can be measured on a fresh clone. No speed is tested here."""

import pytest

from benchmarks.speed import command, systems, tags, texts
from window_ner.storage.resources import resource_folder

SAMPLE = resource_folder("data/sample")


@pytest.fixture
def trained(monkeypatch, tmp_path):
    """Return the configs that are trained; nothing is trained or measured."""
    configs = []

    def train(*arguments):
        configs.append(arguments[arguments.index("--config") + 1])

    for module in (systems, texts):
        monkeypatch.setattr(module, "MODELS", tmp_path)
    monkeypatch.setattr(systems, "python_process", train)
    monkeypatch.setattr(command, "python_process", lambda *arguments: "")
    monkeypatch.setattr(command, "both_clocks", lambda run: (1.0, 1.0))
    monkeypatch.setattr(tags, "one", lambda *arguments: {"rate": 1.0, "memory": 1.0})
    return configs


@pytest.mark.parametrize("table", [tags.growth_table, command.command_table])
def test_a_table_of_our_models_trains_those_that_are_missing(table, trained, tmp_path):
    (tmp_path / "fast-sample").mkdir()
    table(texts.Texts("sample", SAMPLE / "train.conll", SAMPLE / "test.conll"))
    assert trained == ["lecture", "tagger"]
