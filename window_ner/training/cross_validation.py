"""Cross-validation: how good a model is and how long to train it, without a dev split.

A dev split would take the few sentences that the training needs, and a tenth of a hundred sentences
measures nothing. So the sentences are divided into folds. For each fold, a network is trained on
the other folds, and scored on this one after each epoch. The folds together give

- F1 by epoch, and so the number of epochs: the model is then trained on all sentences for so long;
- F1 of that number of epochs, with an interval by the bootstrap over sentences;
- the temperature that turns scores into probabilities;
- the learning curve, from further networks that are trained on half of the other folds.

The networks have the vocabulary and the features of the model. These depend on the words of all
sentences, but on no tag. They do not rehearse the labels that a training keeps
(`window_ner.training.rehearsal`): the folds show new labels only, and a hundred further sentences
in each of five networks would take longer than all else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from window_ner.data.augmentation import augment
from window_ner.data.corpus import Corpus
from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.windows import PADDING
from window_ner.errors import listed
from window_ner.evaluation.bootstrap import draw_f1, f1_of, interval
from window_ner.model.cross_validated import CrossValidated, LearningCurve
from window_ner.model.model import Model
from window_ner.model.scorer import Scored
from window_ner.nn.arrays import Floats, Ints
from window_ner.settings.tables import Settings
from window_ner.training.dev_scores import counts_by_sentence, fitted_temperature
from window_ner.training.encoded_split import EncodedSplit, encode_split
from window_ner.training.first_pass import Report
from window_ner.training.folds import joined, labels_in_one
from window_ner.training.kept_weights import kept_weights
from window_ner.training.learning_curve import half_of, learning_curve
from window_ner.training.new_model import draw_scorer
from window_ner.training.plan import Plan, Progress
from window_ner.training.start import Start
from window_ner.training.trainer import Trainer, frozen_parameters

_SENTENCES = 150
"""The number of folds times the number of sentences is at most this; three folds are the least."""

_CURVE_SENTENCES = 60
"""Sentences that the learning curve is scored on: the folds that have so many are enough."""


def cross_validates(settings: Settings, corpus: Corpus) -> bool:
    """Whether a training without a dev split cross-validates; if not, it holds out a dev split.

    Max-margin fits its threshold on dev, and the second of two passes has folds of its own: these
    need a dev split.
    """
    validation = settings.validation
    return (
        len(corpus.sentences) < validation.max_sentences
        and settings.network.loss != "max-margin"
        and not settings.second_pass.folds
    )


def fold_count(settings: Settings, corpus: Corpus) -> int:
    """Return the number of folds of the settings; else five, or fewer for more sentences.

    Time matters: of fifty sentences or more, each network learns enough with three folds.
    """
    return settings.validation.cross_folds or min(5, max(3, _SENTENCES // len(corpus.sentences)))


def cross_validate(
    plan: Plan, model: Model, folds: Sequence[Corpus], fine_tune: bool, progress: Progress
) -> CrossValidated:
    """Cross-validate the training of a plan; see `CrossValidation`."""
    if rare := labels_in_one(folds):
        progress.note(
            f"too few sentences have the labels {listed(rare)} to say how well they are found; "
            "most of their names count as missed"
        )
    base = plan.base.model if plan.base else None
    validation = CrossValidation(model, base, folds, fine_tune, plan.seed, progress.batch)
    try:
        return validation.carry_out()
    except KeyboardInterrupt:
        progress.note("interrupted in the cross-validation; the next start begins with it again")
        raise


@dataclass(frozen=True)
class Network:
    """A network in training, and the fold that it is scored on."""

    trainer: Trainer
    held: EncodedSplit

    def scored(self) -> Scored:
        """Score the fold."""
        return self.trainer.result().scored(self.held.text)


@dataclass(frozen=True)
class CrossValidation:
    """Networks that are each trained on all folds but one, and scored on that one.

    Attributes
    ----------
    model
        The untrained model, whose encoder and settings the networks have.
    base
        The model that the weights come from; None draws them at random.
    folds
        The folds, without the copies of `augment`.
    fine_tune
        Whether the word vectors are trained.
    seed
        Random seed.
    report
        Called during the training.
    """

    model: Model
    base: Model | None
    folds: Sequence[Corpus]
    fine_tune: bool
    seed: int
    report: Report = lambda what, done, loss: None

    def carry_out(self) -> CrossValidated:
        """Train the networks, choose the number of epochs, and measure what it gives."""
        training, rng = self.model.about.settings.training, np.random.default_rng([self.seed, 8])
        networks = [self._network(self._others(n), n, n) for n in range(len(self.folds))]
        results: list[list[Scored]] = []
        counts: list[Ints] = []
        for number in range(1, training.epochs + 1):
            self._train_epoch(networks, f"cross-validation, epoch {number}")
            results.append([network.scored() for network in networks])
            counts.append(_counts(networks, results[-1]))
            f1 = f1_of(np.array(counts).sum(axis=1))
            for network in networks:
                network.trainer.observe(float(f1[-1, 0]))
            if training.keep == "best" and number - f1[:, 0].argmax() > training.patience:
                break
        epochs = len(f1) if training.keep == "last" else choose_epochs(f1[:, 0])
        of_epoch = counts[epochs - 1][:, 0]
        low, high = interval(draw_f1(of_epoch, rng))
        return CrossValidated(
            folds=len(self.folds),
            sentences=len(of_epoch),
            epochs=epochs,
            scores=tuple((float(everywhere), float(unseen)) for everywhere, unseen in f1),
            f1=float(f1[epochs - 1, 0]),
            low=low,
            high=high,
            temperature=fitted_temperature(
                (scored, network.held)
                for scored, network in zip(results[epochs - 1], networks, strict=True)
            ),
            curve=self._curve(networks, epochs, results[epochs - 1], rng),
        )

    def _curve(
        self,
        full: Sequence[Network],
        epochs: int,
        results: Sequence[Scored],
        rng: np.random.Generator,
    ) -> LearningCurve | None:
        """Train on half of the other folds; compare with the ``results`` of all of them.

        The networks are trained for as many steps as ``full`` in so many epochs. In as many epochs,
        they would take half of the steps, and be worse for that reason alone. To save time, only
        the first folds are scored, if they have enough sentences. There is no curve if no right
        name is found in them, or half of the sentences is too little to train on.
        """
        if not self.model.about.settings.validation.curve:
            return None
        sizes = np.cumsum([len(fold.sentences) for fold in self.folds])
        scored = range(1 + min(int(sizes.searchsorted(_CURVE_SENTENCES)), len(self.folds) - 1))
        after = _counts(full[: len(scored)], results[: len(scored)])[:, 0]
        if not after[:, 0].any():  # no right name: whether more sentences would help is open
            return None
        wholes = [self._others(n) for n in scored]
        halves = [half_of(whole, rng) for whole in wholes]
        if not all(half.labels for half in halves) or halves == wholes:  # half of one is one
            return None
        like = full[0].trainer
        networks = [
            self._network(half, n, len(self.folds) + n, like) for n, half in enumerate(halves)
        ]
        epochs = round(epochs * like.steps_per_epoch / networks[0].trainer.steps_per_epoch)
        for number in range(1, epochs + 1):
            self._train_epoch(networks, f"half of the sentences, epoch {number}")
        before = _counts(networks, [network.scored() for network in networks])[:, 0]
        numbers = [
            round(np.mean([len(corpus.sentences) for corpus in corpora]))
            for corpora in (halves, wholes)
        ]
        return learning_curve(numbers, np.stack([before, after], axis=1), rng)

    def _others(self, number: int) -> Corpus:
        return joined([fold for n, fold in enumerate(self.folds) if n != number])

    def _network(
        self, part: Corpus, held: int, number: int, like: Trainer | None = None
    ) -> Network:
        """Make network ``number``, to be trained on ``part`` and scored on a fold.

        Its training is planned to have as many steps as that of ``like``.
        """
        model, settings = self.model, self.model.about.settings
        rng = np.random.default_rng([self.seed, 7, number])
        train = augment(part, settings.augmentation, rng)
        seen = np.zeros_like(model.seen)
        if self.base is not None:
            seen[: len(self.base.seen)] = self.base.seen
        seen[model.encoder.vocabulary.rows(part.tokens)] = True
        model = replace(model, seen=seen)
        splits = [encode_split(model, corpus) for corpus in (train, self.folds[held])]
        # A network needs its own copy of the vectors, but only of the words that it meets.
        met = np.unique(np.concatenate([[PADDING, UNKNOWN], *(s.text.rows["E"] for s in splits)]))
        table = model.network.parameters["E"].take(met, axis=0)
        start = None
        if self.base is None:
            scorer = draw_scorer(settings.network, table, model.encoder, model.about.labels, rng)
        else:
            start = Start.from_model(
                self.base,
                part,
                model.about.labels,
                keep_labels=model.about.keeps_labels,
                settings=settings.start,
            )
            scorer = start.draw(settings.network, table, model.encoder, rng)
        training, scored_on = (_renumbered(split, met) for split in splits)
        kept = kept_weights(scorer, start)
        frozen = frozen_parameters(self.fine_tune, kept)

        def trainer(epochs: int) -> Trainer:
            return Trainer(
                scorer, training, settings, frozen=frozen, rng=rng, epochs=epochs, kept=kept
            )

        network = Network(trainer(settings.training.epochs), scored_on)
        if like is None:
            return network
        times = like.steps_per_epoch / network.trainer.steps_per_epoch
        return replace(network, trainer=trainer(round(times * settings.training.epochs)))

    def _train_epoch(self, networks: Sequence[Network], name: str) -> None:
        """Train each network for an epoch; the progress is that of all together."""
        for before, network in enumerate(networks):

            def report(done: float, loss: float, before: int = before) -> None:
                self.report(name, (before + done) / len(networks), loss)

            network.trainer.epoch(report)


def _renumbered(split: EncodedSplit, met: Ints) -> EncodedSplit:
    """Change the rows of E to the rows of a table that has the rows ``met`` alone."""
    rows = {**split.text.rows, "E": np.searchsorted(met, split.text.rows["E"])}
    return replace(split, text=replace(split.text, rows=rows))


def _counts(networks: Sequence[Network], results: Sequence[Scored]) -> Ints:
    """Count the names of the sentences of all folds: (S, 2, 3), see `counts_by_sentence`."""
    pairs = zip(networks, results, strict=True)
    return np.concatenate([counts_by_sentence(scored, n.held) for n, scored in pairs])


def choose_epochs(f1: Floats) -> int:
    """Choose the number of epochs by the mean F1 of an epoch, the one before and the one after it.

    With a hundred sentences, F1 varies by a point from epoch to epoch; the best of many epochs is
    the best by luck. ``f1`` (E,) is F1 after each epoch; beyond the ends, F1 is as at the end.
    """
    near = np.lib.stride_tricks.sliding_window_view(np.pad(f1, 1, mode="edge"), 3)
    return int(near.mean(axis=1).argmax()) + 1
