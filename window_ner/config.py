"""configs/*.toml -> validated settings.

A config is a few tables of settings; what it leaves out has the defaults below. ``--set`` changes
one setting by its name, with its table in front where the name alone would not say which.
"""

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from window_ner.errors import InputError
from window_ner.nn.activations import ACTIVATIONS
from window_ner.nn.initializers import INITIALIZERS
from window_ner.nn.optimizers import OPTIMIZERS, make_optimizer
from window_ner.nn.schedules import SCHEDULES, make_schedule
from window_ner.resources import resource_folder

FineTune = Literal["auto", "on", "off"]

FLAGS = (
    "sentence-start",
    "sentence-capitals",
    "document-lower",
    "document-capitalised",
    "document-capitals",
)
"""Yes or no of a token in its place: first of its sentence; all of the sentence in capitals; its
word stands elsewhere in the document in lower case, capitalised inside a sentence, in capitals."""

CONTEXTS = ("sentence", "headline", "document")
"""Whose mean word vector the centre word comes with; the headline is the first sentence."""


@dataclass(frozen=True)
class VectorSettings:
    """Word vectors: names or files, put side by side; how many words a model keeps (0: all).

    ``random-50d`` is 50 random numbers for each word of the training data, to be learned.
    """

    sets: tuple[str, ...] = ("glove-6b-50d",)
    most_frequent: int = 0

    def __post_init__(self) -> None:
        _require(len(self.sets) > 0, "sets", self.sets, "at least one set of word vectors")
        _require(self.most_frequent >= 0, "most_frequent", self.most_frequent, "0 (all) or more")


@dataclass(frozen=True)
class FeatureSettings:
    """What the network sees of a token beside its word vector; see `window_ner.data.features`.

    The number after a feature's name is the dimension of its vectors, 0 leaves the feature out; a
    form seen less often than its ``min_count`` in training is unknown.
    """

    capitals: int = 0
    shape: int = 0
    shape_min_count: int = 3
    affixes: int = 0
    affixes_min_count: int = 4
    affixes_lengths: tuple[int, ...] = (1, 2, 3, 4)
    gazetteers: int = 0
    gazetteers_files: tuple[str, ...] = ()
    columns: int = 0
    columns_numbers: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
    context: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("capitals", "shape", "affixes", "gazetteers", "columns"):
            _require(getattr(self, name) >= 0, name, getattr(self, name), "a dimension, or 0")
        for name, given in (
            ("gazetteers_files", self.gazetteers_files),
            ("columns_numbers", self.columns_numbers),
        ):
            wanted = getattr(self, name.partition("_")[0]) > 0
            expected = "at least one if the dimension is not 0, else none"
            _require(wanted == (len(given) > 0), name, list(given), expected)
        for name in ("affixes_lengths", "columns_numbers"):
            least = min(getattr(self, name), default=1)
            _require(least >= 1, name, list(getattr(self, name)), "numbers from 1 on")
        for name, known in (("flags", FLAGS), ("context", CONTEXTS)):
            for value in getattr(self, name):
                _require_known(name, value, known)


@dataclass(frozen=True)
class NetworkSettings:
    """The network: x of `window` words, hidden layers with f, and what it is trained for."""

    window: int = 5
    hidden: tuple[int, ...] = (8,)
    activation: str = "tanh"
    initializer: str = "xavier-uniform"
    loss: str = "logistic"

    def __post_init__(self) -> None:
        odd = self.window > 0 and self.window % 2 == 1
        _require(
            odd, "window", self.window, "an odd number: the centre word has as many to each side"
        )
        _require(
            len(self.hidden) > 0 and min(self.hidden) > 0,
            "hidden",
            list(self.hidden),
            "the units of one or more hidden layers, like [8] or [100, 50]",
        )
        _require_known("activation", self.activation, ACTIVATIONS)
        _require_known("initializer", self.initializer, INITIALIZERS)
        _require_known("loss", self.loss, ("logistic", "max-margin", "softmax", "crf"))


@dataclass(frozen=True)
class TrainingSettings:
    """How it learns. A batch holds windows, or sentences for the crf; 0 is the whole set.

    With an ``average`` above 0, the model is not the last weights but their moving average: every
    ``average_every`` steps it keeps that fraction of itself and takes the rest from the weights.

    An optimiser and a schedule have settings of their own, by the names that their functions in
    `window_ner.nn` give them, such as ``optimizer_settings = {momentum = 0.95}``.
    """

    optimizer: str = "adam"
    optimizer_settings: Mapping[str, float] = field(default_factory=dict)
    learning_rate: float = 2e-3
    schedule: str = "constant"
    schedule_settings: Mapping[str, float] = field(default_factory=dict)
    warmup_steps: int = 0
    batch_size: int = 64
    epochs: int = 8
    patience: int = 3
    l2: float = 0.0
    dropout_inputs: float = 0.0
    dropout_hidden: float = 0.0
    average: float = 0.0
    average_every: int = 20

    def __post_init__(self) -> None:
        _require_known("optimizer", self.optimizer, OPTIMIZERS)
        _require_known("schedule", self.schedule, SCHEDULES)
        _require(self.learning_rate > 0, "learning_rate", self.learning_rate, "above 0")
        for name in ("warmup_steps", "batch_size", "l2"):
            _require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        for name in ("epochs", "patience", "average_every"):
            _require(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")
        for name in ("dropout_inputs", "dropout_hidden", "average"):
            value = getattr(self, name)
            _require(0 <= value < 1, name, value, "at least 0 and below 1")
        try:
            make_optimizer(self.optimizer, **self.optimizer_settings)
        except ValueError as error:
            raise ValueError(f"optimizer_settings: {error}") from None
        try:
            make_schedule(self.schedule, 1, 0, **self.schedule_settings)
        except ValueError as error:
            raise ValueError(f"schedule_settings: {error}") from None


@dataclass(frozen=True)
class AugmentationSettings:
    """Which share of the training documents comes again, in another spelling.

    See `window_ner.data.augmentation`.
    """

    lower_case: float = 0.0
    upper_case: float = 0.0
    title_case: float = 0.0
    loose_sentences: float = 0.0

    def __post_init__(self) -> None:
        for setting in fields(self):
            value = getattr(self, setting.name)
            _require(0 <= value <= 1, setting.name, value, "a share, 0 to 1")


@dataclass(frozen=True)
class FineTuningSettings:
    """When the word vectors are trained, and how.

    The bounds are numbers of training windows; ``unseen_weight`` is what the unseen words weigh in
    the choice between them. From ``vector_rate`` on, the settings stand between frozen and free,
    and do nothing as they are by default; see `window_ner.fine_tuning`.
    """

    mode: FineTune = "auto"
    freeze_below: int = 100_000
    tune_above: int = 1_000_000
    trial_epochs: int = 8
    unseen_weight: float = 0.25
    vector_rate: float = 1.0
    pull: float = 0.0
    min_count: int = 1
    unfreeze_after: int = 0

    def __post_init__(self) -> None:
        ordered = 0 <= self.freeze_below <= self.tune_above
        _require(ordered, "freeze_below", self.freeze_below, "at most tune_above")
        _require(self.vector_rate > 0, "vector_rate", self.vector_rate, "above 0")
        share = 0 <= self.unseen_weight <= 1
        _require(share, "unseen_weight", self.unseen_weight, "from 0 to 1")
        for name in ("pull", "unfreeze_after"):
            _require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        for name in ("trial_epochs", "min_count"):
            _require(getattr(self, name) >= 1, name, getattr(self, name), "1 or more")


@dataclass(frozen=True)
class SecondPassSettings:
    """Whether the network reads a text twice; see `window_ner.second_pass`.

    ``folds`` are the parts of the training data of which each is tagged by a first pass trained on
    the others; 0 is one pass. The first pass is the same network but for its hidden layers, and is
    trained for ``first_epochs``.
    """

    folds: int = 0
    first_hidden: tuple[int, ...] = (128,)
    first_epochs: int = 8

    def __post_init__(self) -> None:
        _require(
            self.folds == 0 or self.folds > 1, "folds", self.folds, "0 (one pass), or 2 or more"
        )
        _require(
            len(self.first_hidden) > 0 and min(self.first_hidden) > 0,
            "first_hidden",
            list(self.first_hidden),
            "the units of one or more hidden layers, like [128]",
        )
        _require(self.first_epochs >= 1, "first_epochs", self.first_epochs, "1 or more")


@dataclass(frozen=True)
class Settings:
    """All settings of a training run."""

    vectors: VectorSettings = field(default_factory=VectorSettings)
    features: FeatureSettings = field(default_factory=FeatureSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    fine_tuning: FineTuningSettings = field(default_factory=FineTuningSettings)
    second_pass: SecondPassSettings = field(default_factory=SecondPassSettings)

    def for_first_pass(self) -> "Settings":
        """Return the settings of the first of two passes."""
        return replace(
            self,
            network=replace(self.network, hidden=self.second_pass.first_hidden),
            training=replace(self.training, epochs=self.second_pass.first_epochs),
            second_pass=SecondPassSettings(),
        )

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return the settings as tables, to be written to a file."""
        return asdict(self)


def config_names() -> list[str]:
    """Name the configs that come with the project."""
    return sorted(path.stem for path in resource_folder("configs").glob("*.toml"))


Changes = Iterable[str] | Mapping[str, Any]
"""Changes of settings, like ``epochs=20`` or ``{"epochs": 20}``."""


def load_config(name_or_path: str, changes: Changes = ()) -> Settings:
    """Read a config by name or from a file, and make changes like ``epochs=20``.

    Raises
    ------
    InputError
        If there is no such config, or a setting is unknown (with the nearest known one) or wrong.
    """
    import tomllib  # noqa: PLC0415 (no model needs it to tag)

    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = resource_folder("configs") / f"{name_or_path}.toml"
        if not path.is_file():
            known = ", ".join(config_names())
            raise InputError(f"no config {name_or_path!r}; known: {known}, or the path of a .toml")
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not TOML: {error}") from None
    return change_settings(settings_from(tables, where=str(path)), changes)


def settings_from(tables: Mapping[str, Any], where: str) -> Settings:
    """Validate tables of settings.

    Raises
    ------
    InputError
        See `load_config`.
    """
    settings = Settings()
    for table, values in tables.items():
        if table not in _TABLES:
            near = _nearest(table, _TABLES) or _nearest_setting(table)
            raise InputError(f"{where}: unknown table [{table}]{near}")
        if not isinstance(values, Mapping):
            raise InputError(f"{where}: {table} is a table: write [{table}]")
        settings = _replace(settings, table, _converted(table, values, where), where)
    return settings


_TABLES: dict[str, type] = get_type_hints(Settings)


def _converted(table: str, values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Hold values against the names and types of a table's settings."""
    types = get_type_hints(_TABLES[table])
    for key in values:
        if key not in types:
            near = _nearest_setting(key, table)
            raise InputError(f"{where}: unknown setting {table}.{key}{near}")
    return {
        key: _convert(value, types[key], f"{where}: {table}.{key}") for key, value in values.items()
    }


def _replace(settings: Settings, table: str, values: Mapping[str, Any], where: str) -> Settings:
    """Change settings of one table together, as one may need the other."""
    try:
        changed = replace(getattr(settings, table), **values)
    except ValueError as error:
        raise InputError(f"{where}: {table}.{error}") from None
    return replace(settings, **{table: changed})


def _convert(value: Any, kind: Any, where: str) -> Any:
    """Hold a TOML value against the setting's type; a list stands for a tuple."""
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        values = value if isinstance(value, list) else [value]
        return tuple(_convert(v, item, where) for v in values)
    if get_origin(kind) is Mapping:
        if not isinstance(value, Mapping):
            raise InputError(f"{where} is a table, like {{name = 0.9}}; got {value!r}")
        item = get_args(kind)[1]
        return {key: _convert(v, item, f"{where}.{key}") for key, v in value.items()}
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise InputError(f"{where} is one of {', '.join(get_args(kind))}; got {value!r}")
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise InputError(f"{where} is of type {kind.__name__}; got {value!r}")
    if kind is float and not math.isfinite(value):
        raise InputError(f"{where} is a finite number; got {value!r}")
    return value


def change_settings(settings: Settings, changes: Changes) -> Settings:
    """Make changes, as text like ``epochs=20`` or by name; raise InputError as `load_config` does.

    A name has its table in front where it alone would not say which: ``fine_tuning.mode``.
    """
    if isinstance(changes, Mapping):
        given = [(f"{key}={value!r}", key, _plain(value)) for key, value in changes.items()]
    else:
        given = [(f"--set {change}", *_parse_change(change)) for change in changes]
    values: dict[str, dict[str, Any]] = {}
    said: dict[str, list[str]] = {}
    for where, key, value in given:
        table, name = _find_setting(key, where)
        values.setdefault(table, {}).update(_converted(table, {name: value}, where))
        said.setdefault(table, []).append(where)
    for table, together in values.items():
        settings = _replace(settings, table, together, " ".join(said[table]))
    return settings


def _plain(value: Any) -> Any:
    """Make of a value what TOML would have: no tuples, and no numbers or arrays of NumPy."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _parse_change(change: str) -> tuple[str, Any]:
    """Split ``epochs=20`` into the setting's name and its value."""
    import tomllib  # noqa: PLC0415

    key, equals, text = change.partition("=")
    if not equals:
        raise InputError(f"--set {change}: expected key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()  # a word without quotes
    return key, value


def _find_setting(key: str, where: str) -> tuple[str, str]:
    """Return the table and the name of a setting."""
    table, _, name = key.strip().rpartition(".")
    if not table:
        tables = [t for t, kind in _TABLES.items() if name in get_type_hints(kind)]
        if not tables:
            everywhere = [f.name for kind in _TABLES.values() for f in fields(kind)]
            raise InputError(f"{where}: unknown setting {name!r}{_nearest(name, everywhere)}")
        table = tables[0]
    elif table not in _TABLES:
        raise InputError(f"{where}: unknown table {table!r}{_nearest(table, _TABLES)}")
    return table, name


def _nearest_setting(name: str, table: str = "") -> str:
    """Suggest the setting of that name in another table, else a like one of this table or any."""
    homes = {f.name: f"{t}.{f.name}" for t, kind in _TABLES.items() for f in fields(kind)}
    if name not in homes and table and (near := _nearest(name, get_type_hints(_TABLES[table]))):
        return near
    match = difflib.get_close_matches(name, homes, n=1)
    return f"; did you mean {homes[match[0]]}?" if match else ""


def _nearest(word: str, known: Iterable[str]) -> str:
    match = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {match[0]}?" if match else ""


def _require(condition: bool, name: str, value: Any, expected: str) -> None:
    if not condition:
        raise ValueError(f"{name} is {expected}; got {value!r}")


def _require_known(name: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise ValueError(f"{name}: unknown {value!r}; known: {', '.join(known)}")
