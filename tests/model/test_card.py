"""The model card: the README.md of a model folder."""

import json
import shutil
from dataclasses import replace

import pytest

import window_ner
from window_ner.model.card import front_matter, without_front_matter, write_card
from window_ner.storage.places import CARD, MANIFEST
from window_ner.storage.resources import model_folder


def read_yaml(card):
    yaml = pytest.importorskip("yaml", reason="reads the YAML of a card: pip install '.[hub]'")
    _, matter, _ = card.split("---\n", 2)
    return yaml.safe_load(matter)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "mine"
    corpus = window_ner.make_corpus([["Ann", "left"]] * 20, [["B-PER", "O"]] * 20, name='a "b"')
    settings = {"epochs": 1, "hidden": [4]}
    window_ner.train("fast", train=corpus, vectors="random-5d", settings=settings, output=folder)
    return folder


def test_a_saved_model_has_a_card_that_the_hub_reads(trained):
    known = read_yaml((trained / CARD).read_text("utf-8"))
    assert known["library_name"] == "window-ner"
    assert known["pipeline_tag"] == "token-classification"
    assert known["metrics"] == ["f1"]
    (index,) = known["model-index"]
    (result,) = index["results"]
    assert (index["name"], result["dataset"]["name"]) == ("mine", 'a "b", cross-validated')
    assert result["task"]["type"] == "token-classification"
    history = (trained / "history.jsonl").read_text().splitlines()
    best = max(json.loads(line)["dev"] for line in history)
    assert result["metrics"] == [{"type": "f1", "value": pytest.approx(best, abs=1e-4)}]


def test_what_only_a_person_can_say_is_left_to_fill_in(trained):
    card = (trained / CARD).read_text("utf-8")
    assert not {"license", "language", "datasets"} & read_yaml(card).keys()
    assert {"# license: mit", "# language: en", "# datasets: [user/corpus]"} <= {*card.splitlines()}


def test_the_card_of_the_bundled_model_says_all_that_the_hub_asks_for():
    known = read_yaml((model_folder() / CARD).read_text("utf-8"))
    assert (known["license"], known["language"]) == ("other", "en")
    assert known["datasets"]
    for result in known["model-index"][0]["results"]:
        scores = {metric["type"]: metric["value"] for metric in result["metrics"]}
        assert scores.keys() == {"precision", "recall", "f1"}
        assert all(0.2 < value < 1 for value in scores.values())


def test_the_hub_library_accepts_the_cards(trained):
    hub = pytest.importorskip("huggingface_hub", reason="not installed: pip install '.[hub]'")
    for folder in (trained, model_folder()):
        data = hub.ModelCard.load(folder / CARD).data
        assert data.model_name == folder.name
        assert {result.metric_type for result in data.eval_results} >= {"f1"}


def test_the_card_of_a_killed_training_says_that_its_scores_are_not_calibrated(trained):
    model = window_ner.load(trained).model
    stopped = replace(model, about=replace(model.about, interrupted=True))
    killed = stopped.with_objective(model.objective.with_temperature(1.0))
    assert "- scores of names: calibrated, cross-validated, temperature " in write_card(
        "x", stopped
    )
    assert "- scores of names: not calibrated, because its training" in write_card("x", killed)


def test_a_card_may_be_edited_and_info_shows_it_without_the_yaml(trained, call_main):
    assert CARD not in json.loads((trained / MANIFEST).read_text())["files"]
    card = (trained / CARD).read_text("utf-8")
    (trained / CARD).write_text(card + "\nOurs.\n", encoding="utf-8")
    assert window_ner.load(trained).labels == ["PER"]
    code, out, _ = call_main("info", "--model", str(trained))
    assert (code, out.startswith("# mine\n"), "Ours.\n" in out) == (0, True, True)


def test_a_model_of_a_corpus_whose_file_name_is_not_utf_8_has_a_card(trained, tmp_path):
    model = window_ner.load(trained).model
    corpus = model.about.corpus._replace(name="caf\udce9.conll")  # as Python reads such a name
    window_ner.Tagger(replace(model, about=replace(model.about, corpus=corpus))).save(tmp_path)
    assert "- trained on: caf?.conll, " in (tmp_path / CARD).read_text("utf-8")
    assert window_ner.load(tmp_path).model.about.corpus == corpus


def test_the_title_of_a_model_without_a_card_is_its_folder(
    trained, tmp_path, monkeypatch, call_main
):
    shutil.copytree(trained, tmp_path / "moved", ignore=shutil.ignore_patterns(CARD))
    monkeypatch.chdir(tmp_path / "moved")
    assert call_main("info", "--model", ".")[1].startswith("# moved\n")


def test_front_matter_is_yaml_whatever_the_names(trained):
    name = 'x: "y" # {z}\n- é'
    known = read_yaml(front_matter(name, {name: {"f1": 0.5}}, licence="mit", datasets=["a/b"]))
    assert known["model-index"][0]["name"] == name
    assert known["model-index"][0]["results"][0]["dataset"] == {"type": "x-y-z", "name": name}
    assert (known["license"], known["datasets"]) == ("mit", ["a/b"])
    assert without_front_matter(front_matter(name, {}) + "\n# Card\n---\n") == "# Card\n---\n"
