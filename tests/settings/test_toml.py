import json
from dataclasses import asdict, dataclass, fields, replace

import pytest

from window_ner.errors import InputError
from window_ner.nn.optimizers import OPTIMIZERS
from window_ner.nn.schedules import SCHEDULES
from window_ner.settings import tables, toml
from window_ner.settings.inputs import FeatureSettings
from window_ner.settings.tables import Settings
from window_ner.settings.toml import config_names, load_config, settings_from


@pytest.fixture
def config(tmp_path):
    """Write a config file; return its path."""

    def write(content):
        path = tmp_path / "my.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def message_of(error):
    assert "\n" not in str(error.value)
    return str(error.value)


# Files


@pytest.mark.parametrize("name", config_names())
def test_every_config_of_the_project_is_valid(name):
    assert isinstance(load_config(name), Settings)


def test_the_lecture_is_a_window_of_five_words_and_eight_hidden_units():
    settings = load_config("lecture")
    assert (settings.network.window, settings.network.hidden) == (5, (8,))
    assert settings.network.loss == "logistic"
    assert settings.vectors.sets == ("glove-6b-50d",)


def test_a_config_is_known_by_its_name_or_its_path(config):
    assert load_config(config("[training]\nepochs = 7\n")).training.epochs == 7


def test_settings_that_a_config_leaves_out_have_their_defaults(config):
    assert load_config(config("")) == Settings()
    settings = load_config(config("[network]\nwindow = 7\n"))
    assert asdict(settings) == {**asdict(Settings()), "network": asdict(settings.network)}
    assert settings.network.hidden == Settings().network.hidden


def test_a_byte_order_mark_is_ignored(config):
    assert load_config(config(b"\xef\xbb\xbf[training]\nepochs = 7\n")).training.epochs == 7


def test_settings_are_the_same_after_json():
    for name in config_names():
        settings = load_config(name)
        tables = json.loads(json.dumps(settings.as_dict()))
        assert settings_from(tables, "settings.json") == settings


def test_an_unknown_name_lists_the_known_names():
    for name in ("lectur", "../configs/lecture", "x" * 300):
        with pytest.raises(
            InputError, match=rf"no config '{name}'; known: .*lecture.*, or the path"
        ):
            load_config(name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[training\n", "my.toml: is not TOML: "),
        ("[training]\nepochs =\n", "is not TOML"),
        ("[training]\nepochs = 1\nepochs = 2\n", "is not TOML"),
        (b"\xff\xfe[\x00", "my.toml: is UTF-16; save it as UTF-8"),
        ("training = 3\n", "training must be a table: write [training]"),
        ("[[training]]\nepochs = 3\n", "training must be a table: write [training]"),
        ("[trainin]\n", "unknown table [trainin]; did you mean training?"),
        ("[xyz]\n", "unknown table [xyz]"),
        ("epochs = 3\n", "unknown table [epochs]; did you mean training.epochs?"),
        ("windw = 3\n", "unknown table [windw]; did you mean network.window?"),
        ("[training]\nepoch = 3\n", "unknown setting training.epoch; did you mean epochs?"),
        ("[network]\nepochs = 3\n", "setting network.epochs; did you mean training.epochs?"),
        ("[training]\nhidden = 3\n", "training.hidden; did you mean network.hidden?"),
        ("[network]\nxyz = 3\n", "unknown setting network.xyz"),
        ("[network]\nwindow = 4\n", "network.window must be an odd number"),
        ("[network]\nwindow = -1\n", "network.window must be an odd number"),
        ("[network]\nwindow = '5'\n", "network.window must be a whole number; got '5'"),
        ("[network]\nwindow = 5.0\n", "network.window must be a whole number; got 5.0"),
        ("[network]\nwindow = true\n", "network.window must be a whole number; got True"),
        ("[network]\nwindow = [5]\n", "network.window must be a whole number; got [5]"),
        ("[network]\nhidden = [8, 18446744073709551616]\n", "hidden must be at most 2,147,483,647"),
        ("[network]\nagreement = 1e308\n", "network.agreement must be from 0 to 1000"),
        ("[network]\nhidden = [8, 0]\n", "network.hidden must be the units of each hidden layer"),
        (
            "[second_pass]\nfirst_hidden = []\n",
            "first_hidden must be the units of one or more",
        ),
        ("[network]\nhidden = [8, 'x']\n", "network.hidden must be a whole number; got 'x'"),
        ("[network]\nactivation = 'tan'\n", "network.activation: unknown 'tan'; known: "),
        ("[network]\ninitializer = 'x'\n", "network.initializer: unknown 'x'; known: "),
        ("[network]\nloss = 'hinge'\n", "network.loss: unknown 'hinge'; known: logistic, "),
        ("[vectors]\nsets = []\n", "vectors.sets must be at least one set of word vectors"),
        (
            "[vectors]\nmost_frequent = -1\n",
            "vectors.most_frequent must be 0 (all) or more; got -1",
        ),
        ("[training]\noptimizer = 'adm'\n", "training.optimizer: unknown 'adm'; known: "),
        ("[training]\nschedule = 'sine'\n", "training.schedule: unknown 'sine'; known: constant, "),
        ("[training]\nlearning_rate = 0\n", "training.learning_rate must be above 0; got 0.0"),
        (
            "[training]\nlearning_rate = nan\n",
            "training.learning_rate must be a finite number; got nan",
        ),
        (
            "[training]\nlearning_rate = inf\n",
            "training.learning_rate must be a finite number; got inf",
        ),
        ("[training]\nl2 = true\n", "training.l2 must be a number; got True"),
        ("[training]\nl2 = -0.1\n", "training.l2 must be 0 or more; got -0.1"),
        ("[training]\nepochs = 0\n", "training.epochs must be 1 or more; got 0"),
        ("[training]\nbatch_size = -1\n", "training.batch_size must be 0 or more; got -1"),
        (
            "[augmentation]\nswap_names = 1000\n",
            "augmentation.swap_names must be from 0 to 100; got 1000",
        ),
        (
            "[training]\ndropout_inputs = 1.0\n",
            "training.dropout_inputs must be at least 0 and below 1",
        ),
        (
            "[fine_tuning]\nmode = 'maybe'\n",
            "fine_tuning.mode must be one of auto, on, off; got 'maybe'",
        ),
        ("[fine_tuning]\nmode = true\n", "fine_tuning.mode must be one of auto, on, off; got True"),
        ("[fine_tuning]\ntune_above = 10\n", "fine_tuning.freeze_below must be at most tune_above"),
        ("[fine_tuning]\ntrial_epochs = 0\n", "fine_tuning.trial_epochs must be 1 or more"),
    ],
)
def test_a_wrong_config_is_refused_in_one_line(config, content, message):
    path = config(content)
    with pytest.raises(InputError) as error:
        load_config(path)
    assert message_of(error).startswith(f"{path}: ")
    assert message in message_of(error)


def test_a_config_that_is_not_utf_8_is_refused_with_the_line(config):
    with pytest.raises(InputError, match=r"my\.toml:2: byte 0xe9 is not UTF-8; save the file"):
        load_config(config(b"[training]\n# \xe9\n"))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml: no such file"):
        load_config(str(tmp_path / "none.toml"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InputError, match=r"folder\.toml: is a folder, expected a file"):
        load_config(str(tmp_path / "folder.toml"))


def test_a_whole_number_can_be_a_float_and_a_single_value_can_be_a_list(config):
    settings = load_config(config("[training]\nl2 = 1\n[network]\nhidden = 50\n"))
    assert settings.training.l2 == 1.0
    assert isinstance(settings.training.l2, float)
    assert settings.network.hidden == (50,)


@pytest.mark.parametrize("schedule", list(SCHEDULES))
def test_every_schedule_can_be_chosen(schedule):
    assert load_config("lecture", [f"schedule={schedule}"]).training.schedule == schedule


# --set


@pytest.mark.parametrize(
    ("change", "table", "name", "value"),
    [
        ("epochs=3", "training", "epochs", 3),
        ("training.epochs=3", "training", "epochs", 3),
        (" epochs = 3 ", "training", "epochs", 3),
        ("learning_rate=1e-3", "training", "learning_rate", 1e-3),
        ("learning_rate=1", "training", "learning_rate", 1.0),
        ("hidden=[100, 50]", "network", "hidden", (100, 50)),
        ("hidden=100", "network", "hidden", (100,)),
        ("loss=max-margin", "network", "loss", "max-margin"),
        ('loss="max-margin"', "network", "loss", "max-margin"),
        ("mode=off", "fine_tuning", "mode", "off"),
        ("sets=my vectors=1.txt", "vectors", "sets", ("my vectors=1.txt",)),
        ('sets=["a.txt", "b.bin"]', "vectors", "sets", ("a.txt", "b.bin")),
    ],
)
def test_a_setting_is_changed_by_its_name(change, table, name, value):
    settings = load_config("lecture", [change])
    assert getattr(getattr(settings, table), name) == value
    expected = load_config("lecture").as_dict()
    expected[table][name] = value
    assert settings.as_dict() == expected


def test_changes_are_made_in_their_order():
    assert load_config("lecture", ["epochs=3", "epochs=4"]).training.epochs == 4


@pytest.mark.parametrize("order", [1, -1])
def test_a_change_can_depend_on_another_change(order):
    changes = ["gazetteers=10", "gazetteers_files=cities.txt"][::order]
    assert load_config("lecture", changes).features.gazetteers_files == ("cities.txt",)


@pytest.mark.parametrize("order", [1, -1])
def test_changes_are_checked_together_after_all_are_made(order):
    changes = ["freeze_below=2_000_000", "tune_above=3_000_000"][::order]
    settings = load_config("lecture", changes).fine_tuning
    assert (settings.freeze_below, settings.tune_above) == (2_000_000, 3_000_000)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("epochs", "expected key=value"),
        ("epochs 3", "expected key=value"),
        ("", "expected key=value"),
        ("=3", "unknown setting ''"),
        ("epoch=3", "unknown setting 'epoch'; did you mean epochs?"),
        ("windows=3", "unknown setting 'windows'; did you mean window?"),
        ("training.epoch=3", "unknown setting training.epoch; did you mean epochs?"),
        ("network.epochs=3", "unknown setting network.epochs; did you mean training.epochs?"),
        ("trainin.epochs=3", "unknown table 'trainin'; did you mean training?"),
        ("epochs=", "training.epochs must be a whole number; got ''"),
        ("epochs=many", "training.epochs must be a whole number; got 'many'"),
        ("epochs=2.5", "training.epochs must be a whole number; got 2.5"),
        ("hidden=8,8", "network.hidden must be a whole number; got '8,8'"),
        ("learning_rate=fast", "training.learning_rate must be a number; got 'fast'"),
        ("window=4", "network.window must be an odd number"),
        ("mode=maybe", "fine_tuning.mode must be one of auto, on, off; got 'maybe'"),
        ("freeze_below=2_000_000", "fine_tuning.freeze_below must be at most tune_above"),
    ],
)
def test_a_wrong_change_is_refused_in_one_line(change, message):
    with pytest.raises(InputError) as error:
        load_config("lecture", ["patience=2", change])
    assert message_of(error).startswith("--set ")
    assert change in message_of(error)
    assert message in message_of(error)


def test_the_message_for_a_wrong_change_does_not_mention_other_tables():
    with pytest.raises(InputError) as error:
        load_config("lecture", ["patience=2", "window=4"])
    assert "patience" not in message_of(error)


def test_every_name_of_a_setting_is_in_one_table_only():
    names = [f.name for table in asdict(Settings()) for f in fields(getattr(Settings(), table))]
    assert len(names) == len(set(names))


def test_lecture_plus_differs_from_the_lecture_by_its_features_alone():
    lecture, plus = load_config("lecture"), load_config("lecture-plus")
    assert replace(plus, features=lecture.features) == lecture
    assert plus.features == FeatureSettings(capitals=5, flags=("sentence-start",))


def test_a_name_of_two_tables_is_not_taken_for_one_of_them(monkeypatch):
    @dataclass(frozen=True)
    class Other:
        epochs: int = 1

    monkeypatch.setattr(toml, "_TABLES", {**toml._TABLES, "other": Other})
    with pytest.raises(InputError) as error:
        load_config("lecture", ["epochs=3"])
    assert message_of(error) == (
        "--set epochs=3: 'epochs' is a setting of two tables; write training.epochs or other.epochs"
    )
    assert load_config("lecture", ["training.epochs=3"]).training.epochs == 3


def test_the_settings_know_all_optimizers_and_schedules():
    assert tuple(OPTIMIZERS) == tables.OPTIMIZERS
    assert tuple(SCHEDULES) == tables.SCHEDULES
