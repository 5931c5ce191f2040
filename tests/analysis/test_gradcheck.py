"""The check of a whole config: correct gradients pass, a broken gradient is found."""

import itertools
import json
from functools import partial

import pytest

from window_ner.analysis.gradcheck import check_config, difference_table
from window_ner.data.conll import read_conll
from window_ner.errors import InputError
from window_ner.model.objectives.registry import OBJECTIVES
from window_ner.nn.activations import ACTIVATIONS
from window_ner.settings.toml import config_names, load_config
from window_ner.storage.resources import resource_folder

CORPUS = read_conll(resource_folder("data/sample") / "dev.conll")
TAGGER_PARAMETERS = [
    *("transitions", "start", "end", "U", "W", "b", "E", "capitals", "shape", "affixes")
]


def check(config, *changes, entries=4, **options):
    return check_config(load_config(config, changes), CORPUS, max_entries=entries, **options)


@pytest.mark.parametrize("config", config_names())
def test_every_parameter_of_every_config_is_checked_and_right(config, lexicon_package):
    checks = check(config, entries=2)
    assert all(c.passed for c in checks), checks
    assert {"U", "W", "b", "E"} <= {c.name for c in checks}
    assert all(c.checked for c in checks)


def test_the_taggers_tables_and_transitions_are_among_them():
    assert [c.name for c in check("tagger", entries=1)] == TAGGER_PARAMETERS


def test_the_tables_of_clusters_and_casing_are_checked_too(lexicon_package):
    checks = {c.name: c for c in check("tagger", "clusters=2", "casing=2", "hidden=8")}
    assert checks.keys() == {*TAGGER_PARAMETERS, "clusters", "casing"}
    assert all(c.passed and c.checked for c in checks.values()), checks


@pytest.mark.parametrize("name", ["clusters", "casing"])
def test_a_broken_gradient_of_clusters_or_casing_is_found(name, lexicon_package):
    changes = ["clusters=2", "casing=2", "hidden=8"]
    failed = [c.name for c in check("tagger", *changes, entries=2, broken=name) if not c.passed]
    assert failed == [name]


EVERY_PIECE = list(zip(ACTIVATIONS, itertools.cycle(OBJECTIVES)))


@pytest.mark.parametrize(("activation", "loss"), EVERY_PIECE)
def test_every_activation_and_loss_passes_in_two_layers(activation, loss):
    changes = [f"activation={activation}", f"loss={loss}", "hidden=[6, 5]", "initializer=he"]
    for result in check("lecture", *changes, entries=2):
        assert result.passed, result


def test_weight_decay_and_dropout_are_checked_too():
    for result in check("lecture", "l2=0.1", "dropout_inputs=0.2", "dropout_hidden=0.5"):
        assert result.passed, result


@pytest.mark.parametrize("name", TAGGER_PARAMETERS)
def test_only_the_broken_gradient_fails(name):
    failed = [c.name for c in check("tagger", "hidden=8", entries=2, broken=name) if not c.passed]
    assert failed == [name]


def test_the_learned_slope_is_checked():
    failed = [c.name for c in check("lecture", "activation=prelu", broken="a") if not c.passed]
    assert failed == ["a"]


def test_one_seed_gives_the_same_figures():
    assert check("lecture", seed=4) == check("lecture", seed=4) != check("lecture", seed=5)


def test_every_entry_of_a_small_network_is_checked_and_a_sample_of_a_large_one(monkeypatch):
    monkeypatch.setattr("window_ner.analysis.gradcheck.SAMPLE", 30)
    small = ["hidden=3", "window=3"]
    assert all(c.checked == c.entries for c in check("lecture", *small, entries=None))
    sampled = {c.name: c.checked for c in check("lecture", "hidden=[20, 20]", entries=None)}
    assert sampled["W1"] == sampled["W2"] == 30
    assert sampled["b1"] == 20


def test_every_entry_of_a_large_network_is_checked_if_asked_for(monkeypatch):
    monkeypatch.setattr("window_ner.analysis.gradcheck.SMALL", 10)
    checks = check("lecture", "hidden=3", "window=3", entries=None, every=True)
    assert all(c.checked == c.entries for c in checks)
    assert {c.name: c.shape for c in checks}["E"][0] > 50


def test_central_quotients_are_much_nearer_to_the_derived_gradient_than_one_sided_ones():
    table = difference_table(load_config("lecture", ["hidden=3"]), CORPUS)
    assert (table.name, len(table.differences)) == ("W", 3 * 50)
    assert table.central_error < 1e-9
    assert 1e-8 < table.one_sided_error < 1e-5
    assert [d.index for d in table.differences[:2]] == [(0, 0), (0, 1)]
    first = table.differences[0]
    assert first.one_sided == pytest.approx((first.loss_above - table.loss) / table.step)


@pytest.mark.parametrize(("every", "measured"), [(False, 20), (True, 150)])
def test_the_table_of_a_large_network_measures_all_entries_only_if_asked_for(
    every, measured, monkeypatch
):
    monkeypatch.setattr("window_ner.analysis.gradcheck.SMALL", 10)
    monkeypatch.setattr("window_ner.analysis.gradcheck.SAMPLE", 20)
    table = difference_table(load_config("lecture", ["hidden=3"]), CORPUS, every=every)
    assert (len(table.differences), table.entries) == (measured, 3 * 50)


def test_a_parameter_to_show_that_is_not_there_gets_the_list():
    with pytest.raises(InputError, match="no parameter 'V' to show; known: U, W, b, E"):
        difference_table(load_config("lecture"), CORPUS, name="V")


def test_an_unknown_parameter_lists_the_known_ones():
    with pytest.raises(InputError, match="no parameter 'V' to break; known: U, W, b, E"):
        check("lecture", broken="V")


@pytest.fixture
def command(call_main):
    return partial(call_main, "gradcheck")


def test_the_command_prints_a_table(command):
    code, out, _ = command()
    assert code == 0
    assert "8 × 50" in out
    assert "400 of 400" in out
    assert "Every gradient agrees" in out
    assert out.count("right") == 4


def test_the_table_shows_entries_and_counts_evaluations(command):
    code, out, _ = command("--table", "--parameter", "b", "--set", "hidden=3", "--set", "window=3")
    assert code == 0
    assert all(f"b[{i}]" in out for i in range(3))
    numbers = 3 + 3 * 30 + 3 + 67 * 10
    assert f"one-sided quotients take {numbers + 1} evaluations" in out
    assert f"central ones {2 * numbers:,};" in out


@pytest.fixture
def few_entries(monkeypatch):
    """A command that measures a few entries of each parameter."""
    monkeypatch.setattr("window_ner.analysis.gradcheck.SMALL", 0)
    monkeypatch.setattr("window_ner.analysis.gradcheck.SAMPLE", 10)


@pytest.mark.usefixtures("few_entries")
def test_the_command_says_how_many_entries_its_table_is_about(command):
    _, out, _ = command("--table", "--set", "hidden=3", "--set", "window=3")
    assert "over the first 10 of 90 entries of W" in out


@pytest.mark.usefixtures("few_entries")
def test_a_broken_gradient_gives_exit_code_1(command):
    code, out, _ = command("--break", "W", "--set", "hidden=3", "--set", "window=3")
    assert code == 1
    assert out.count("WRONG") == 1
    assert "Wrong: W (on purpose)" in out


@pytest.mark.usefixtures("few_entries")
def test_json_has_a_row_for_each_parameter(command):
    code, out, _ = command(
        "--format", "json", "--set", "hidden=[4, 3]", "--set", "window=3", "--break", "b1"
    )
    report = json.loads(out)
    assert code == 1
    assert report["passed"] is False
    rows = {row["name"]: row for row in report["parameters"]}
    assert rows.keys() == {"U", "W1", "b1", "W2", "b2", "E"}
    assert [name for name, row in rows.items() if not row["passed"]] == ["b1"]
    assert rows["W2"]["shape"] == [3, 4]


@pytest.mark.parametrize(
    "arguments", [("--break", "V"), ("--config", "nothing"), ("--set", "activation=swish")]
)
def test_a_wrong_call_gets_one_line_and_exit_code_2(command, arguments):
    code, out, err = command(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
