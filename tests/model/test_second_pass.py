"""A document is read twice, and the second pass knows what the first thought of it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from window_ner.data.conll import parse_conll
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.model.model import Model
from window_ner.model.objectives.registry import OBJECTIVES
from window_ner.model.second_pass import of_others
from window_ner.model.stored_model import load_model, save_model
from window_ner.model.tagger import Tagger
from window_ner.settings.inputs import FeatureSettings
from window_ner.settings.toml import change_settings, settings_from
from window_ner.storage.arrays import arrays_to_bytes
from window_ner.training.checkpoint import CHECKPOINT, RNG_STATE, load_checkpoint
from window_ner.training.first_pass import FirstPassTraining
from window_ner.training.folds import folds_of, joined
from window_ner.training.new_model import untrained_model
from window_ner.training.plan import Plan, Progress
from window_ner.training.run import TrainingRun, train
from window_ner.training.trainer import Trainer

NAMES = {"Ann": "B-PER", "Bob": "B-PER", "Rome": "B-LOC", "Oslo": "B-LOC"}


def document(*sentences):
    lines = ["-DOCSTART- O\n"]
    for sentence in sentences:
        lines += [*(f"{word} {NAMES.get(word, 'O')}" for word in sentence.split()), ""]
    return "\n".join(lines) + "\n"


CORPUS = parse_conll(
    document("Ann left for Oslo", "Oslo is cold")
    + document("Rome is warm", "Bob saw Rome")
    + document("Bob met Ann in Oslo", "Ann left")
    + document("The man saw Bob", "The man left"),
    name="tiny",
)


@pytest.fixture(scope="module")
def vectors():
    words = sorted({t.lower() for s in CORPUS.sentences for t in s.tokens} | {"paris", "stays"})
    table = np.random.default_rng(0).normal(size=(len(words), 6)).astype(np.float32)
    return [WordVectors("tiny", words, table)]


def settings_of(loss="crf", **tables):
    return settings_from(
        {
            "features": {"capitals": 3, "flags": ["document-lower"], "context": ["document"]},
            "network": {"loss": loss, "hidden": [9], "activation": "relu"},
            "training": {"batch_size": 2, "learning_rate": 0.02, "epochs": 3, "average": 0.5},
            "fine_tuning": {"mode": "on"},
            "second_pass": {"folds": 2, "first_hidden": [7], "first_epochs": 2},
            **tables,
        },
        "test",
    )


def interrupted_in(beginning):
    """Ctrl-C in the run whose name begins so."""

    def stop(run, done, loss):
        if run.startswith(beginning):
            raise KeyboardInterrupt

    return Progress(batch=stop)


@pytest.fixture(scope="module")
def model(vectors):
    return train(Plan(settings_of(), CORPUS, CORPUS, vectors, seed=3))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=20))
def test_of_others_is_of_every_other_token_of_the_group(tokens):
    groups = np.array([group for group, _ in tokens], dtype=np.int64)
    values = np.array([[value, -value] for _, value in tokens], dtype=float).reshape(-1, 2)
    found = of_others(values, groups)
    for i, group in enumerate(groups):
        others = [values[j] for j, g in enumerate(groups) if g == group and j != i] or [[0, 0]]
        expected = [*np.mean(others, axis=0), *np.max(others, axis=0)]
        assert_allclose(found[i], expected, atol=1e-12)


def test_the_second_pass_gets_the_first_ones_marginals_at_other_places_of_the_word(model):
    text = model.encode([["ann", "saw", "rome"], ["Rome", "saw", "Bob"]])
    alone = replace(model, first_pass=None).encode([["ann", "saw", "rome"], ["Rome", "saw", "Bob"]])
    marginals = model.first_pass.scored(alone).marginals()
    mean, greatest = np.split(text.centre, 2, axis=1)
    assert_allclose(mean[[1, 2, 3, 4]], marginals[[4, 3, 2, 1]], rtol=1e-5, atol=1e-6)
    assert_allclose(mean, greatest, rtol=1e-5, atol=1e-6)  # as each word comes twice at most
    assert not text.centre[[0, 5]].any()


def test_the_same_word_in_another_document_tells_nothing(model):
    sentences = [["Oslo", "stays"], ["Oslo", "stays"]]
    apart = model.after_first_pass(model.encoder.encode(sentences, [1, 1]))
    together = model.after_first_pass(model.encoder.encode(sentences, [2]))
    assert not apart.centre.any()
    assert_allclose(together.centre.sum(axis=1), 2, rtol=1e-5)


@pytest.mark.parametrize("loss", ["crf", "softmax", "logistic"])
def test_tagging_by_tables_finds_what_the_plain_networks_find(loss, vectors):
    model = train(Plan(settings_of(loss), CORPUS, CORPUS, vectors, seed=1))
    sentences = [list(s.tokens) for s in CORPUS.sentences]
    by_tables = Tagger(model).read(sentences).scores
    assert_allclose(by_tables, model.scored(model.encode(sentences)).scores, rtol=1e-2, atol=1e-2)


def test_no_document_is_read_by_a_first_pass_that_was_trained_on_it(vectors, monkeypatch):
    settings = settings_of()
    folds = folds_of(CORPUS, 2)
    model = untrained_model(settings, joined(folds), vectors)
    trained_on, asked_about = [], []
    epoch, encode = Trainer.epoch, Model.encode_corpus

    def spied_epoch(trainer, report):
        trained_on.append(len(trainer.train.text))
        return epoch(trainer, report)

    def spied_encode(reader, corpus):
        if reader.first_pass is not None:
            asked_about.append((corpus, trained_on[-1]))
        return encode(reader, corpus)

    monkeypatch.setattr(Trainer, "epoch", spied_epoch)
    monkeypatch.setattr(Model, "encode_corpus", spied_encode)
    *_, first = FirstPassTraining(model, folds, frozenset(), seed=1).steps()
    assert [corpus for corpus, _ in asked_about] == folds
    assert [tokens for _, tokens in asked_about] == [f.token_count for f in folds[::-1]]
    assert trained_on[0] == CORPUS.token_count == len(first.centre)


def test_folds_are_parts_of_the_corpus():
    folds = folds_of(CORPUS, 3)
    assert sorted(map(repr, joined(folds).documents)) == sorted(map(repr, CORPUS.documents))
    assert [len(fold.documents) for fold in folds] == [2, 1, 1]


def test_where_no_documents_are_marked_sentences_are_dealt_out():
    unmarked = parse_conll("Ann B-PER\n\nOslo B-LOC\n\nleft O\n", name="unmarked")
    assert [fold.sentences for fold in folds_of(unmarked, 3)] == [
        (sentence,) for sentence in unmarked.sentences
    ]


def test_too_few_documents_for_the_folds_are_refused():
    with pytest.raises(InputError, match=r"4 documents.*folds = 5"):
        folds_of(CORPUS, 5)


def test_a_saved_tagger_tags_like_before(model, tmp_path):
    save_model(model, tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    sentences = [["Ann", "saw", "Paris"], ["ann", "stays"]]
    spans, probabilities = Tagger(model).find(sentences)
    again, same = Tagger(loaded).find(sentences)
    assert spans == again
    assert_array_equal(probabilities, same)


@pytest.mark.parametrize("loss", OBJECTIVES)
def test_a_model_of_two_passes_with_any_loss_can_be_read_again(loss, vectors, tmp_path):
    model = train(Plan(settings_of(loss), CORPUS, CORPUS, vectors, seed=1))
    save_model(model, tmp_path / "model")
    sentences = [list(s.tokens) for s in CORPUS.sentences]
    again = Tagger(load_model(tmp_path / "model")).read(sentences)
    assert_array_equal(again.scores, Tagger(model).read(sentences).scores)


def test_the_places_of_a_name_agree_in_the_second_pass_alone(model, tmp_path):
    settings = change_settings(model.about.settings, {"agreement": 2})
    about = replace(model.about, settings=settings)
    agreeing = replace(model.with_objective(model.objective.with_agreement(2)), about=about)
    save_model(agreeing, tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    assert (loaded.objective.agreement, loaded.first_pass.objective.agreement) == (2, 0)
    assert settings.for_first_pass().network.agreement == 0


@pytest.mark.parametrize("lost", ["first.E.rows", "first.U", "first.transitions"])
def test_a_model_without_its_first_pass_is_refused(lost, model, tmp_path, monkeypatch):
    def without(arrays):
        return arrays_to_bytes({name: a for name, a in arrays.items() if name != lost})

    monkeypatch.setattr("window_ner.model.stored_model.arrays_to_bytes", without)
    save_model(model, tmp_path / "model")
    with pytest.raises(InputError, match=r"first pass|lack|expected the shape"):
        load_model(tmp_path / "model")


def test_a_row_of_the_first_pass_that_no_word_has_is_refused(model, tmp_path, monkeypatch):
    def out_of_range(arrays):
        return arrays_to_bytes({**arrays, "first.E.rows": arrays["first.E.rows"] + 1000})

    monkeypatch.setattr("window_ner.model.stored_model.arrays_to_bytes", out_of_range)
    save_model(model, tmp_path / "model")
    with pytest.raises(InputError, match="first pass"):
        load_model(tmp_path / "model")


def test_an_interrupted_second_pass_goes_on_without_the_first(vectors, tmp_path):
    def no_first_pass(run, done, loss):
        assert "first pass" not in run

    folder = tmp_path / "model"
    whole = train(Plan(settings_of(), CORPUS, CORPUS, vectors))
    train(
        Plan(settings_of(), CORPUS, CORPUS, vectors),
        output=folder,
        progress=interrupted_in("epoch 2"),
    )
    resumed = train(
        Plan(settings_of(), CORPUS, CORPUS, vectors),
        resume=load_checkpoint(folder),
        progress=Progress(batch=no_first_pass),
    )
    for name, expected in whole.scorer.parameters.items():
        assert_array_equal(resumed.scorer.parameters[name], expected, err_msg=name)


@pytest.mark.parametrize("network", [2, 3])
def test_an_interrupted_first_pass_is_a_model_and_goes_on(network, vectors, tmp_path):
    begun = []

    def note(run, done, loss):
        begun.append(run.split(",")[0])

    folder = tmp_path / "model"
    whole = train(Plan(settings_of(), CORPUS, CORPUS, vectors))
    stop = interrupted_in(f"first pass {network}/3, epoch 2")
    kept = train(Plan(settings_of(), CORPUS, CORPUS, vectors), output=folder, progress=stop)
    alone = load_model(folder)
    assert alone.about.interrupted
    assert alone.first_pass is None
    sentences = [list(s.tokens) for s in CORPUS.sentences]
    assert Tagger(alone).tag_batch(sentences) == Tagger(kept).tag_batch(sentences)
    checkpoint = load_checkpoint(folder)
    assert checkpoint.settings == settings_of()
    resumed = train(
        Plan(settings_of(), CORPUS, CORPUS, vectors),
        resume=checkpoint,
        progress=Progress(batch=note),
    )
    assert begun[0] == f"first pass {network}/3"
    assert resumed.about.goal is None
    assert not resumed.about.interrupted
    for name, expected in whole.scorer.parameters.items():
        assert_array_equal(resumed.scorer.parameters[name], expected, err_msg=name)


def test_an_interrupt_in_the_first_epoch_of_the_second_pass_keeps_the_first(vectors, tmp_path):
    folder = tmp_path / "model"
    arguments = settings_of(), CORPUS, CORPUS, vectors
    for resume in (None, folder):  # and again, when it has gone on from there
        checkpoint = load_checkpoint(resume) if resume else None
        alone = train(
            Plan(*arguments), output=folder, resume=checkpoint, progress=interrupted_in("epoch 1")
        )
        assert alone.first_pass is None
        assert alone.about.interrupted
    resumed = train(Plan(*arguments), resume=load_checkpoint(folder))
    assert_array_equal(
        resumed.network.parameters["U"], train(Plan(*arguments)).network.parameters["U"]
    )


@pytest.mark.parametrize("rows", [slice(0, -1), slice(0, 0)])
def test_a_second_pass_does_not_go_on_without_all_that_the_first_said(
    rows, vectors, tmp_path, monkeypatch
):
    def cut(arrays):
        return arrays_to_bytes({n: a[rows] if n == "centre" else a for n, a in arrays.items()})

    monkeypatch.setattr("window_ner.training.checkpoint.arrays_to_bytes", cut)
    folder = tmp_path / "model"
    train(
        Plan(settings_of(), CORPUS, CORPUS, vectors),
        output=folder,
        progress=interrupted_in("epoch 2"),
    )
    with pytest.raises(InputError, match="first pass read another text"):
        train(Plan(settings_of(), CORPUS, CORPUS, vectors), resume=load_checkpoint(folder))


def test_a_first_pass_with_the_settings_of_another_training_does_not_go_on(vectors, tmp_path):
    folder = tmp_path / "model"
    stop = interrupted_in("first pass 2")
    kept = train(Plan(settings_of(), CORPUS, CORPUS, vectors), output=folder, progress=stop)
    goal = replace(kept.about.goal, features=FeatureSettings(capitals=4))
    kept = replace(kept, about=replace(kept.about, goal=goal))
    save_model(kept, folder, {n: (folder / n).read_bytes() for n in (CHECKPOINT, RNG_STATE)})
    with pytest.raises(InputError, match="first pass belongs to another training"):
        load_checkpoint(folder)


def test_the_choice_to_fine_tune_is_made_without_a_first_pass_that_knows_nothing(vectors):
    """The trials are one-pass networks: what a second pass is told is not known yet."""
    inputs = []

    def note(run, done, loss):
        if run.startswith("trial"):
            inputs.append(run)

    rule = {"mode": "auto", "freeze_below": 1, "trial_epochs": 1}
    plan = Plan(settings_of(fine_tuning=rule), CORPUS, CORPUS, vectors)
    run = TrainingRun(plan, None, None, Progress(batch=note))
    run.prepare()
    assert run.train.text.centre is None
    run.choose_fine_tuning()
    assert set(inputs) == {"trial, frozen", "trial, fine-tuned"}
    assert set(run.model.about.fine_tuning.trials) == {"frozen", "fine-tuned"}


def test_a_copy_in_another_spelling_is_in_the_fold_of_its_document(vectors, monkeypatch):
    seen = []

    class Spy(FirstPassTraining):
        def steps(self, begun=None):
            seen.extend(self.folds)
            return super().steps(begun)

    monkeypatch.setattr("window_ner.training.run.FirstPassTraining", Spy)
    train(Plan(settings_of(augmentation={"upper_case": 1.0}), CORPUS, CORPUS, vectors))
    for fold in seen:
        words = {token for s in fold.sentences for token in s.tokens}
        originals = {word for word in words if not word.isupper()}
        assert {word for word in words if word.isupper()} == {w.upper() for w in originals}
    assert sum(fold.token_count for fold in seen) == 2 * CORPUS.token_count
