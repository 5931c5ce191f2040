"""A training that starts from a trained model."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import window_ner
from window_ner.data.conll import parse_conll
from window_ner.data.corpus import join_corpora
from window_ner.data.corpus_files import CorpusFiles
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.model.model import Model
from window_ner.model.stored_model import load_model, save_model
from window_ner.model.tagger import Tagger
from window_ner.nn.crf.legality import IMPOSSIBLE
from window_ner.settings.tables import StartSettings
from window_ner.settings.toml import change_settings, settings_from
from window_ner.training import starting_model
from window_ner.training.continued_model import continued_model
from window_ner.training.continued_model import settings_from as continued_settings
from window_ner.training.job import new_job
from window_ner.training.new_model import untrained_model
from window_ner.training.plan import Base, Plan, Progress
from window_ner.training.resembling_labels import resembling_labels
from window_ner.training.run import train
from window_ner.training.start import Start

NEWS = parse_conll(
    """
Ann B-PER
Lee I-PER
left O
Rome B-LOC

Oslo B-LOC
is O
cold O

Bob B-PER
saw O
Ann B-PER

Rome B-LOC
is O
old O
""",
    name="news",
)
DRUGS = parse_conll(
    """
Ann O
takes O
aspirin B-DRUG

Bob O
likes O
Warsaw O

codeine B-DRUG
is O
old O
""",
    name="drugs",
)
SETTINGS = settings_from(
    {
        "vectors": {"most_frequent": 4},
        "features": {"capitals": 3, "flags": ["sentence-start"], "context": ["sentence"]},
        "network": {"loss": "crf", "hidden": [16], "activation": "relu"},
        "training": {"epochs": 8, "batch_size": 2, "learning_rate": 0.02},
        "start": {"rehearsal": 0},
        "fine_tuning": {"mode": "on"},
    },
    "test",
)


@pytest.fixture(scope="module")
def vectors():
    both = [*NEWS.sentences, *DRUGS.sentences]
    words = list(dict.fromkeys(token.lower() for s in both for token in s.tokens))
    table = np.random.default_rng(0).normal(size=(len(words), 6)).astype(np.float32)
    return [WordVectors("tiny", words, table)]


@pytest.fixture(scope="module")
def base(vectors):
    return train(Plan(SETTINGS, NEWS, NEWS, vectors))


def goes_on(base, vectors, corpus=NEWS, labels=("LOC", "PER"), **changes) -> Model:
    settings = continued_settings(base, change_settings(SETTINGS, changes))
    start = Start.from_model(base, corpus, labels, settings=StartSettings(new_units=0))
    return continued_model(base, settings, corpus, vectors, start=start)


def scores(model, corpus):
    """Score a corpus; with two passes, pretend that the first has found nothing."""
    text = model.encoder.encode_corpus(corpus)
    extra = model.encoder.inputs(6) - model.network.parameters["W"].shape[1]
    if extra:
        text = replace(text, centre=np.ones((len(text), -extra), np.float32))
    return model.scored(text).scores


@pytest.mark.parametrize("folds", [0, 2])
def test_before_the_first_step_it_does_what_the_model_does(base, vectors, folds):
    model = goes_on(base, vectors, **{"second_pass.folds": folds})
    assert_allclose(scores(model, NEWS), scores(base, NEWS), rtol=1e-5, atol=1e-5)


def test_a_model_without_a_hidden_layer_is_trained_further(vectors):
    settings = change_settings(SETTINGS, {"hidden": [], "epochs": 1})
    first = train(Plan(settings, NEWS, NEWS, vectors))
    settings = continued_settings(first, settings)
    model = train(Plan(settings, DRUGS, DRUGS, vectors, base=Base(first)))
    assert model.about.labels == ("DRUG",)
    with pytest.raises(InputError, match="has no hidden layer, and two passes need one"):
        continued_settings(first, change_settings(settings, {"second_pass.folds": 2}))


def test_two_passes_cannot_start_from_weights_that_stay(base):
    changes = {"second_pass.folds": 2, "start.freeze": True}
    with pytest.raises(InputError, match=r"start\.freeze would keep them at 0"):
        continued_settings(base, change_settings(SETTINGS, changes))


@pytest.mark.parametrize("keep_labels", [False, True])
def test_a_text_without_names_is_refused(base, vectors, keep_labels):
    text = parse_conll("It O\nrains O\n\nSo O\nwhat O\n", name="weather.conll")
    settings = continued_settings(base, SETTINGS)
    plan = Plan(settings, text, NEWS, vectors, base=Base(base, keep_labels=keep_labels))
    with pytest.raises(InputError, match=r"weather\.conll: no names in it"):
        train(plan)


def test_words_of_the_new_corpus_join_the_vocabulary_with_their_vectors(base, vectors):
    assert base.encoder.vocabulary.row("aspirin") == 1
    model = goes_on(base, vectors, DRUGS)
    row = model.encoder.vocabulary.row("aspirin")
    (given,) = vectors
    assert_array_equal(model.network.parameters["E"][row], given.table[given.row["aspirin"]])
    assert model.seen[row]
    assert_array_equal(
        model.network.parameters["E"][: len(base.seen)], base.network.parameters["E"]
    )


def test_words_of_the_new_corpus_join_the_tables_of_clusters_and_casing(vectors, lexicon_package):
    changes = {"clusters": 2, "casing": 2}
    base = untrained_model(change_settings(SETTINGS, changes), NEWS, vectors)
    fruit = parse_conll("London B-LOC\nhas O\nAPPLE B-ORG\n", name="fruit")
    before = base.encoder.features.form_rows(["apple", "Rome"])
    model = goes_on(base, vectors, fruit)
    lexicon = model.encoder.features.lexicon
    assert lexicon["clusters"].get("apple") == "101"
    assert lexicon["casing"].get("apple") == "1 -5 -10"
    assert not base.encoder.features.lexicon["clusters"].get("apple")
    after = model.encoder.features.form_rows(["apple", "Rome"])
    for table in ("clusters", "casing"):
        assert_array_equal(after[table][1], before[table][1])


def test_the_context_stays_that_of_the_vectors_before_any_training(base, vectors):
    model = goes_on(base, vectors, DRUGS)
    (given,) = vectors
    for word in ("rome", "aspirin"):
        row = model.encoder.vocabulary.row(word)
        before = model.encoder.context_vectors.take(np.array([row]))[0]
        assert_array_equal(before, given.table[given.row[word]])


def test_tags_of_both_models_keep_their_rows_and_transitions(base, vectors):
    model = goes_on(base, vectors, DRUGS, ("DRUG", "PER"))
    old, new = (m.objective.tags.index("B-PER") for m in (base, model))
    was, now = (m.scorer.parameters for m in (base, model))
    assert_array_equal(now["U"][new], was["U"][old])
    assert now["transitions"][new, 0] == was["transitions"][old, 0]
    assert_array_equal(now["W"], was["W"])


def test_a_new_label_begins_as_the_old_one_that_the_model_finds_in_its_names(base, vectors):
    capitals = parse_conll("Rome B-CAPITAL\nis O\nold O\n\nAnn B-FRIEND\nLee I-FRIEND\n")
    labels = ("CAPITAL", "FRIEND", "ODD")
    like = resembling_labels(base, capitals, labels)
    assert {new: [*old] for new, old in like.items()} == {"CAPITAL": ["LOC"], "FRIEND": ["PER"]}
    model = goes_on(base, vectors, capitals, labels)
    was, now = (m.scorer.parameters for m in (base, model))
    number = [m.objective.tags.index for m in (base, model)]
    for old, new in (("B-LOC", "B-CAPITAL"), ("E-PER", "E-FRIEND")):
        assert_array_equal(now["U"][number[1](new)], was["U"][number[0](old)])
    # Rome as a capital, and Ann Lee as a friend, before any training
    text = model.encoder.encode_corpus(capitals)
    assert [span.label for span in model.scored(text).spans] == ["CAPITAL", "FRIEND"]


def test_a_new_label_does_not_begin_as_one_that_stays(base, vectors):
    people = parse_conll("Ann B-FRIEND\nLee I-FRIEND\n")
    alone = Start.from_model(base, people, ("FRIEND",), settings=StartSettings())
    assert [*alone.like["FRIEND"]] == ["PER"]
    for labels in (("FRIEND", "LOC", "PER"), ("FRIEND", "PER")):  # LOC resembles it too little
        assert Start.from_model(base, people, labels, settings=StartSettings()).like == {}


def test_two_new_labels_that_begin_as_one_do_not_run_into_each_other(base, vectors):
    people = parse_conll("Ann B-FRIEND\nLee I-FRIEND\n\nBob B-FOE\nsaw O\n")
    model = goes_on(base, vectors, people, ("FOE", "FRIEND"))
    between = model.scorer.parameters["transitions"]
    number = model.objective.tags.index
    assert between[number("B-FOE"), number("E-FRIEND")] <= IMPOSSIBLE
    assert between[number("B-FOE"), number("E-FOE")] > IMPOSSIBLE / 2


def test_training_on_does_not_change_the_model_it_starts_from(base, vectors):
    before = {name: np.array(p) for name, p in base.scorer.parameters.items()}
    seen = base.seen.copy()
    settings = continued_settings(base, SETTINGS)
    trained = train(Plan(settings, DRUGS, DRUGS, vectors, base=Base(base, "news")))
    assert trained.about.labels == ("DRUG",)
    assert trained.about.started_from == "news"
    for name, array in base.scorer.parameters.items():
        assert_array_equal(array, before[name])
    assert_array_equal(base.seen, seen)


def test_labels_of_the_old_model_are_kept_if_asked_for(base, vectors):
    settings = continued_settings(base, SETTINGS)
    plan = Plan(settings, DRUGS, DRUGS, vectors, base=Base(base, "news", keep_labels=True))
    assert train(plan).about.labels == ("DRUG", "LOC", "PER")


def test_both_passes_start_from_the_model(base, vectors):
    settings = continued_settings(
        base, change_settings(SETTINGS, {"second_pass.folds": 2, "first_epochs": 1, "epochs": 1})
    )
    assert settings.second_pass.first_hidden == (16,)
    trained = train(Plan(settings, NEWS, NEWS, vectors, base=Base(base, "news")))
    moved = np.abs(trained.first_pass.parameters["W"] - base.scorer.parameters["W"]).max()
    assert 0 < moved < 0.2  # one epoch; a random start would be farther away


@pytest.fixture
def lost(base):
    """The model, whose word vectors are not at hand."""
    settings = change_settings(SETTINGS, {"vectors.sets": "no-such-file.txt", "epochs": 1})
    return replace(base, about=replace(base.about, settings=settings))


def trained_on_drugs(model, notes):
    plan = Plan(continued_settings(model, SETTINGS), DRUGS, DRUGS, base=Base(model))
    return train(plan, progress=Progress(note=notes.append))


def test_without_its_word_vectors_those_of_new_words_are_estimated(lost, monkeypatch):
    words = [*lost.encoder.vocabulary.words, "aspirin", "codeine"]
    table = np.random.default_rng(1).normal(size=(len(words), 3)).astype(np.float32)
    others = WordVectors("others", words, table)
    monkeypatch.setattr(starting_model, "load_word_vectors", lambda source, note: others)
    notes = []
    model = trained_on_drugs(lost, notes)
    assert model.encoder.vocabulary.words == tuple(words)
    (note,) = notes
    assert note.startswith("vectors of new words are estimated from glove-6b-50d: ")


def test_without_any_word_vectors_unknown_words_stay_unknown(lost, monkeypatch):
    def missing(source, note):
        raise InputError(f"{source} is not installed")

    monkeypatch.setattr(starting_model, "load_word_vectors", missing)
    notes = []
    assert trained_on_drugs(lost, notes).encoder.vocabulary == lost.encoder.vocabulary
    (note,) = notes
    assert "no-such-file.txt" in note
    assert note.startswith("words that the model does not know stay unknown: ")


def test_a_model_with_two_passes_or_one_score_cannot_be_the_start(base):
    twice = change_settings(SETTINGS, {"second_pass.folds": 2})
    with pytest.raises(InputError, match="one pass; this one has two"):
        continued_settings(replace(base, about=replace(base.about, settings=twice)), SETTINGS)


# ------------------------------------------------------------------ what a program and a shell say

QUICK = {"epochs": 2, "warmup_steps": 0, "rehearsal": 0}


@pytest.fixture(scope="module")
def folder(base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "news"
    about = replace(base.about, settings=change_settings(base.about.settings, RANDOM))
    save_model(replace(base, about=about), folder)
    return folder


RANDOM = {"vectors.sets": "random-6d"}


def test_a_program_starts_from_a_folder_and_trains_on_several_files(folder, tmp_path):
    tagger = window_ner.train(
        "fast", init=folder, keep_labels=True, train=[NEWS, DRUGS], dev=NEWS, settings=QUICK
    )
    about = tagger.model.about
    assert (about.labels, about.keeps_labels) == (("DRUG", "LOC", "PER"), True)
    assert about.started_from == str(folder.resolve())
    assert about.corpus.name == "news + drugs"
    assert about.settings.network == replace(SETTINGS.network, hidden=(116,), agreement=2)
    save_model(tagger.model, tmp_path / "model")
    assert load_model(tmp_path / "model").about == about


def test_its_own_dev_split_is_scored_as_in_the_training(folder, tmp_path):
    """The split does not annotate the labels that are kept, so their names do not count."""
    split = tmp_path / "drugs.conll"
    split.write_text("takes O\naspirin B-DRUG\n\nAnn O\nleft O\nRome O\n")
    tagger = window_ner.train(
        "fast", init=folder, keep_labels=True, train=[split, split], dev=split, settings=QUICK
    )
    report = window_ner.evaluate(tagger, "dev")
    assert report["span"]["f1"] == tagger.model.epoch.dev
    assert window_ner.evaluate(tagger, split)["span"]["predicted"] > report["span"]["predicted"]


def test_an_interrupted_training_starts_again_from_the_same_model(folder, tmp_path):
    def stop(epoch):
        raise KeyboardInterrupt

    given = {"init": folder, "train": DRUGS, "dev": DRUGS, "settings": QUICK}
    whole = window_ner.train("fast", **given)
    output = tmp_path / "model"
    window_ner.train("fast", **given, output=output, progress=Progress(epoch=stop))
    resumed = window_ner.train(output=output, resume=True, train=DRUGS, dev=DRUGS)
    for name, array in resumed.model.scorer.parameters.items():
        assert_array_equal(array, whole.model.scorer.parameters[name])


def test_a_model_in_memory_is_asked_for_again(folder, tmp_path):
    def stop(epoch):
        raise KeyboardInterrupt

    given, base = {"train": DRUGS, "dev": DRUGS}, window_ner.load(folder)
    output = tmp_path / "model"
    other = {"settings": QUICK, "progress": Progress(epoch=stop), "output": output}
    window_ner.train("fast", init=base, **given, **other)
    with pytest.raises(InputError, match="started from a model in memory; give the same model"):
        window_ner.train(output=output, resume=True, **given)
    window_ner.train(output=output, resume=True, init=base, **given)
    window_ner.train("fast", vectors="random-10d", overwrite=True, **given, **other)
    with pytest.raises(InputError, match="started from no model; leave out init"):
        window_ner.train(output=output, resume=True, init=folder, **given)


def test_a_note_says_that_the_model_to_start_from_knows_the_text_that_f1_is_measured_on(
    base, tmp_path
):
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    for file in (old, new):
        file.write_text("Take [aspirin | DRUG].\nIt rains.\n" * 2)
    about = replace(base.about, corpus=CorpusFiles("old.txt", (str(old),)))
    init = Tagger(replace(base, about=about))

    def notes(train, dev=()):
        job = new_job(init=init, train=train, dev=dev)
        return [note for note in job.notes if note.startswith("the model to start from")]

    worse = "the model to start from was trained on old.txt too, so the new model will be worse on"
    assert notes([old, new]) == [f"{worse} new text than cross-validation says"]
    assert notes(new, dev=old) == [f"{worse} new text than dev says"]
    assert notes(old, dev=new) == notes(new) == []


def test_a_training_does_not_replace_the_model_that_it_starts_from(folder):
    with pytest.raises(InputError, match="is the model to start from; choose another --output"):
        window_ner.train("fast", init=folder, train=DRUGS, output=folder, overwrite=True)
    assert load_model(folder).about.labels == ("LOC", "PER")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"vectors": "random-10d"}, "keeps its vectors"),
        ({"settings": {"hidden": 3}}, "keeps its network"),
        ({"settings": {"capitals": 5}}, "keeps its features"),
        ({"init": None, "keep_labels": True}, "name the model to start from"),
        ({"init": "nowhere"}, "nowhere: no such model folder"),
    ],
)
def test_what_a_training_from_a_model_cannot_change_is_named(folder, changed, message):
    with pytest.raises(InputError, match=message):
        window_ner.train("fast", **{"init": folder, "train": DRUGS, **changed})


@pytest.mark.parametrize(
    ("own", "config", "settings", "expected"),
    [(0, "tagger", {}, 2), (1, "few", {}, 1), (1, "tagger", {"agreement": 3}, 3)],
)
def test_the_agreement_is_that_of_the_config_or_else_of_the_model(
    base, own, config, settings, expected
):
    about = replace(base.about, settings=change_settings(base.about.settings, {"agreement": own}))
    init = Tagger(replace(base, about=about))
    job = new_job(config, init=init, train=DRUGS, dev=DRUGS, changes=settings)
    assert job.plan.settings.network.agreement == expected


def test_the_agreement_of_the_model_cannot_be_set_to_0(base):
    about = replace(base.about, settings=change_settings(base.about.settings, {"agreement": 1}))
    init = Tagger(replace(base, about=about))
    with pytest.raises(InputError, match="keeps its network"):
        new_job("few", init=init, train=DRUGS, dev=DRUGS, changes={"agreement": 0})


def test_the_command_says_why_it_takes_the_config_for_few_sentences(folder, tmp_path, call_main):
    file = tmp_path / "weather.conll"
    file.write_text("It O\nrains O\n")
    call = ("--from", str(folder), "--train", str(file), "--output", str(tmp_path / "model"))
    code, out, err = call_main("train", *call)
    assert (code, "config   few, because few sentences go on from a model\n" in out) == (2, True)
    assert err.endswith("weather.conll: no names in it; every tag is O\n")


def test_the_command_says_what_it_starts_from(folder, tmp_path, call_main):
    file = tmp_path / "drugs.conll"
    file.write_text(
        "\n".join(
            f"{t} {tag}"
            for s in DRUGS.sentences
            for t, tag in zip((*s.tokens, ""), (*s.tags, ""), strict=True)
        )
    )
    code, out, _ = call_main(
        "train",
        "--from",
        str(folder),
        "--keep-labels",
        "--train",
        str(file),
        "--train",
        str(file),
        "--dev",
        str(file),
        "--set",
        "epochs=1",
        "--output",
        str(tmp_path / "new"),
    )
    assert code == 0
    assert f"from     {folder}, and keeps its labels" in out.replace("\n", " ")
    assert "drugs.conll: 18 tokens" in out


def test_corpora_without_documents_join_as_single_sentences():
    joined = join_corpora([NEWS, DRUGS])
    assert len(joined.documents) == len(NEWS.sentences) + len(DRUGS.sentences)
    assert joined.name == "news + drugs"
