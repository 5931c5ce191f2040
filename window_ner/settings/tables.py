"""All settings of a training run, with their defaults and the values they accept."""

from collections.abc import Mapping
from dataclasses import asdict, field, replace
from typing import Any, Literal

from window_ner.nn.activations import ACTIVATIONS
from window_ner.nn.initializers import INITIALIZERS
from window_ner.records import record
from window_ner.settings.checks import require, require_at_least, require_known
from window_ner.settings.inputs import FeatureSettings, VectorSettings

FineTune = Literal["auto", "on", "off"]
Keep = Literal["best", "last"]

OPTIMIZERS = ("sgd", "momentum", "adagrad", "rmsprop", "adam")
SCHEDULES = (
    "constant",
    "step",
    "inverse-time",
    "exponential",
    "cosine",
    "linear",
    "reduce-on-plateau",
)
"""The names in `window_ner.nn.optimizers` and `window_ner.nn.schedules`, which tagging does not
import."""


@record()
class NetworkSettings:
    """The network: the window, the hidden layers, the activation, the initialiser and the loss.

    Without a hidden layer, ``hidden = []``, it is a logistic regression. ``agreement`` is how much
    the mentions of one name in a document raise each other's scores
    (`window_ner.nn.crf.agreement`); only the loss ``crf`` uses it.
    """

    window: int = 5
    hidden: tuple[int, ...] = (8,)
    activation: str = "tanh"
    initializer: str = "xavier-uniform"
    loss: str = "logistic"
    agreement: float = 0.0

    def __post_init__(self) -> None:
        odd = self.window > 0 and self.window % 2 == 1
        require(odd, "window", self.window, "an odd number, with equally many words on each side")
        whole = min(self.hidden, default=1) > 0
        units = "the units of each hidden layer, like [8] or [100, 50], or [] for none"
        require(whole, "hidden", list(self.hidden), units)
        require_known("activation", self.activation, ACTIVATIONS)
        require_known("initializer", self.initializer, INITIALIZERS)
        require_known("loss", self.loss, ("logistic", "max-margin", "softmax", "crf"))
        require(0 <= self.agreement <= 1000, "agreement", self.agreement, "from 0 to 1000")


@record()
class TrainingSettings:
    """How the network is trained.

    ``batch_size`` counts windows, or sentences for the loss crf; 0 puts all of them in one batch.

    A small corpus needs enough steps: its mini-batches get smaller until an epoch has
    ``min_batches`` of them, or each is one window or sentence. The warm-up takes at most a fifth of
    the training.

    With an ``average`` above 0, the model is the moving average of the weights instead of the last
    weights: every ``average_every`` steps, the average keeps this fraction of itself and takes the
    rest from the weights.

    With ``dropout_by_batch``, all windows of a mini-batch drop the same hidden units: see
    `window_ner.nn.thinning`.

    With ``partial``, a file need not annotate every label: see `window_ner.data.annotation`.

    ``keep`` says which epoch the model is: the best on dev, or the last; then ``patience`` has no
    effect.

    ``optimizer_settings`` and ``schedule_settings`` are the arguments of the optimiser and the
    schedule in `window_ner.nn`, such as ``optimizer_settings = {momentum = 0.95}``.
    """

    optimizer: str = "adam"
    optimizer_settings: Mapping[str, float] = field(default_factory=dict)
    learning_rate: float = 2e-3
    schedule: str = "constant"
    schedule_settings: Mapping[str, float] = field(default_factory=dict)
    warmup_steps: int = 0
    batch_size: int = 64
    min_batches: int = 0
    epochs: int = 8
    patience: int = 3
    keep: Keep = "best"
    l2: float = 0.0
    dropout_inputs: float = 0.0
    dropout_hidden: float = 0.0
    dropout_by_batch: bool = False
    average: float = 0.0
    average_every: int = 20
    partial: bool = True

    def __post_init__(self) -> None:
        require_known("optimizer", self.optimizer, OPTIMIZERS)
        require_known("schedule", self.schedule, SCHEDULES)
        require(self.learning_rate > 0, "learning_rate", self.learning_rate, "above 0")
        require_at_least(0, self, ("warmup_steps", "batch_size", "min_batches", "l2"), "0 or more")
        require_at_least(1, self, ("epochs", "patience", "average_every"), "1 or more")
        for name in ("dropout_inputs", "dropout_hidden", "average"):
            value = getattr(self, name)
            require(0 <= value < 1, name, value, "at least 0 and below 1")
        if self.optimizer_settings:
            from window_ner.nn.optimizers import make_optimizer

            try:
                make_optimizer(self.optimizer, **self.optimizer_settings)
            except ValueError as error:
                raise ValueError(f"optimizer_settings: {error}") from None
        if self.schedule_settings:
            from window_ner.nn.schedules import make_schedule

            try:
                make_schedule(self.schedule, 1, 0, **self.schedule_settings)
            except ValueError as error:
                raise ValueError(f"schedule_settings: {error}") from None


@record()
class AugmentationSettings:
    """The share of training documents that is copied in another spelling.

    ``swap_names`` is the number of copies of all documents in which names of the same label take
    each other's place. See `window_ner.data.augmentation`.
    """

    lower_case: float = 0.0
    upper_case: float = 0.0
    title_case: float = 0.0
    loose_sentences: float = 0.0
    swap_names: int = 0

    def __post_init__(self) -> None:
        for name in ("lower_case", "upper_case", "title_case", "loose_sentences"):
            value = getattr(self, name)
            require(0 <= value <= 1, name, value, "a share from 0 to 1")
        require(0 <= self.swap_names <= 100, "swap_names", self.swap_names, "from 0 to 100")


@record()
class StartSettings:
    """A training that starts from a model.

    ``new_units`` is the number of hidden units that are added for new labels, if the model has no
    fine labels; see `window_ner.training.start`. ``freeze`` keeps the weights of the model as they
    are: only those of the new units and of the tags are trained. ``rehearsal`` is the number of
    sentences of the sample corpus that are read too if labels are kept; see
    `window_ner.training.rehearsal`.
    """

    new_units: int = 100
    freeze: bool = False
    rehearsal: int = 100

    def __post_init__(self) -> None:
        require_at_least(0, self, ("new_units", "rehearsal"), "0 or more")


@record()
class FineTuningSettings:
    """When and how the word vectors are trained.

    ``freeze_below`` and ``tune_above`` are numbers of training windows. ``unseen_weight`` is the
    weight of unseen words in the choice between them. The settings from ``vector_rate`` on limit
    how the vectors move; their defaults have no effect. See `window_ner.training.fine_tuning`.
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
        require(ordered, "freeze_below", self.freeze_below, "at most tune_above")
        require(self.vector_rate > 0, "vector_rate", self.vector_rate, "above 0")
        share = 0 <= self.unseen_weight <= 1
        require(share, "unseen_weight", self.unseen_weight, "from 0 to 1")
        require_at_least(0, self, ("pull", "unfreeze_after"), "0 or more")
        require_at_least(1, self, ("trial_epochs", "min_count"), "1 or more")


@record()
class SecondPassSettings:
    """Whether the network reads a text twice; see `window_ner.model.second_pass`.

    The training data is divided into ``folds``, and each fold is tagged by a first pass that was
    trained on the other folds; 0 means one pass. The first pass is the same network with other
    hidden layers, trained for ``first_epochs``.
    """

    folds: int = 0
    first_hidden: tuple[int, ...] = (128,)
    first_epochs: int = 8

    def __post_init__(self) -> None:
        require(
            self.folds == 0 or self.folds > 1, "folds", self.folds, "0 (one pass), or 2 or more"
        )
        whole = len(self.first_hidden) > 0 and min(self.first_hidden) > 0
        units = "the units of one or more hidden layers, like [128]"
        require(whole, "first_hidden", list(self.first_hidden), units)
        require(self.first_epochs >= 1, "first_epochs", self.first_epochs, "1 or more")


@record()
class ValidationSettings:
    """How a training without a dev split measures how good it is.

    A corpus of fewer than ``max_sentences`` is cross-validated in ``cross_folds`` parts; 0 chooses
    their number by the number of sentences. Of a larger corpus, a tenth is held out. With
    ``curve``, a model that is trained on half of the sentences is measured too. See
    `window_ner.training.cross_validation`.
    """

    cross_folds: int = 0
    max_sentences: int = 500
    curve: bool = True

    def __post_init__(self) -> None:
        chosen = self.cross_folds == 0
        expected = "0 (chosen), or 2 or more"
        require(chosen or self.cross_folds > 1, "cross_folds", self.cross_folds, expected)
        require_at_least(0, self, ("max_sentences",), "0 or more")


@record()
class Settings:
    """All settings of a training run."""

    vectors: VectorSettings = field(default_factory=VectorSettings)
    features: FeatureSettings = field(default_factory=FeatureSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    start: StartSettings = field(default_factory=StartSettings)
    fine_tuning: FineTuningSettings = field(default_factory=FineTuningSettings)
    second_pass: SecondPassSettings = field(default_factory=SecondPassSettings)
    validation: ValidationSettings = field(default_factory=ValidationSettings)

    def for_first_pass(self) -> "Settings":
        """Return the settings of the first of two passes; the agreement is of the second alone."""
        return replace(
            self,
            network=replace(self.network, hidden=self.second_pass.first_hidden, agreement=0.0),
            training=replace(self.training, epochs=self.second_pass.first_epochs),
            second_pass=SecondPassSettings(),
        )

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Return the settings as tables, to write them to a file."""
        return asdict(self)
