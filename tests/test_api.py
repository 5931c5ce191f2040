"""What a Python program sees."""

import doctest
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import window_ner
from window_ner.data.conll import format_conll
from window_ner.data.sources import hold_out_dev
from window_ner.storage.resources import resource_folder
from window_ner.training.job import new_job, resumed_job
from window_ner.training.plan import Progress

SAMPLE = resource_folder("data/sample")
QUICK = {"epochs": 2, "vectors.sets": "random-10d", "max_sentences": 0}


@pytest.fixture(scope="module")
def dev():
    return window_ner.read_conll(SAMPLE / "dev.conll")


@pytest.fixture(scope="module")
def trained(dev):
    return window_ner.train("lecture", train=dev, settings=QUICK)


def test_the_example_of_the_package_is_true():
    assert doctest.testmod(window_ner).failed == 0


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, window_ner; print(*sorted(m for m in sys.modules if m == 'numpy'))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stdout.strip() == b""


def test_every_public_name_is_there():
    for name in window_ner.__all__:
        assert getattr(window_ner, name)
        assert name in dir(window_ner)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nlp'"):
        window_ner.nlp  # noqa: B018


def test_a_type_checker_knows_which_names_the_package_has(tmp_path):
    from mypy import api

    (tmp_path / "mine.py").write_text("import window_ner\nwindow_ner.load()\nwindow_ner.laod()\n")
    files = [window_ner.__file__, str(tmp_path / "mine.py")]
    quick = ["--config-file=", "--follow-imports=skip", "--cache-dir", str(tmp_path)]
    found, _, _ = api.run([*quick, *files])
    assert 'mine.py:3: error: Module has no attribute "laod"' in found
    assert "Found 1 error in 1 file" in found


def test_a_model_that_is_not_there_is_an_input_error():
    with pytest.raises(window_ner.InputError, match="no such model folder"):
        window_ner.load("english-gnus")
    for impossible in ("a\0b", "x" * 300):
        with pytest.raises(window_ner.InputError, match=r"no such model folder|cannot be read"):
            window_ner.load(impossible)
    for nothing in ("", 5):
        with pytest.raises(window_ner.InputError, match=f"{nothing!r} names no model"):
            window_ner.load(nothing)


@pytest.mark.parametrize(
    ("sentences", "documents", "message"),
    [
        ([["Ann"], ["Ann", float("nan")]], None, "sentence 1: the token nan is not a string"),
        ([[None]], None, "sentence 0: the token None is not a string"),
        ([(token for token in ["Ann"])], None, "sentence 0: expected a list of tokens, got gen"),
        ([["Ann"]], 1, "documents: expected numbers of sentences, got 1"),
    ],
)
def test_what_is_not_text_is_named(tiny_tagger, sentences, documents, message):
    with pytest.raises(window_ner.InputError, match=message):
        tiny_tagger.tag_batch(sentences, documents)


def test_nothing_cannot_be_scored(tiny_tagger):
    with pytest.raises(window_ner.InputError, match="no file and no corpus is given"):
        window_ner.evaluate(tiny_tagger, None)


def test_a_model_is_found_by_its_name_from_anywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert window_ner.load("english").tag(["Paris"]) == ["B-LOC"]


def test_training_on_files_is_training_on_what_is_in_them(tmp_path, dev, trained):
    again = window_ner.train(
        "lecture",
        train=SAMPLE / "dev.conll",
        settings=["epochs=2", "max_sentences=0"],
        vectors="random-10d",
        output=tmp_path / "model",
    )
    weights = trained.model.scorer.parameters
    for folder in (tmp_path / "model", str(tmp_path / "model")):
        for name, array in window_ner.load(folder).model.scorer.parameters.items():
            assert_array_equal(array, weights[name])
            assert_array_equal(array, again.model.scorer.parameters[name])


@pytest.mark.parametrize("seed", [2**31 - 1, 10**30, np.int64(3), True])
def test_a_model_of_any_seed_can_be_read_again(tmp_path, seed):
    corpus = window_ner.make_corpus([["Ann", "left"]] * 4, [["B-PER", "O"]] * 4)
    settings = {"epochs": 1, "vectors.sets": "random-5d"}
    tagger = window_ner.train("lecture", train=corpus, dev=corpus, settings=settings, seed=seed)
    tagger.save(tmp_path / "model")
    assert window_ner.load(tmp_path / "model").model.about.seed == seed


def test_the_dev_split_is_what_the_epoch_is_chosen_by(dev):
    other = window_ner.read_conll(SAMPLE / "test.conll")
    runs = [
        window_ner.train("lecture", train=dev, dev=split, settings=QUICK) for split in (dev, other)
    ]
    scores = [run.model.history[-1].dev for run in runs]
    assert scores[0] != scores[1]
    assert runs[0].model.history[-1].loss == runs[1].model.history[-1].loss


def test_settings_may_be_what_numpy_counts_with(dev):
    settings = {**QUICK, "hidden": (np.int64(3),), "learning_rate": np.float64(0.01)}
    tagger = window_ner.train("lecture", train=dev, settings=settings, fine_tune="off")
    chosen = tagger.model.about.settings
    assert (chosen.network.hidden, chosen.training.learning_rate) == ((3,), 0.01)
    assert chosen.fine_tuning.mode == "off"
    json.dumps(tagger.model.about.as_dict())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epoch": 3}, "epoch=3: unknown setting 'epoch'; did you mean epochs?"),
        ({"epochs": "3"}, "epochs='3': training.epochs must be a whole number"),
        ({"hidden": [0]}, "hidden=.*the units of each hidden layer"),
        ({3: 4}, "3=4: unknown setting '3'"),
        ({"optimizer_settings": {3: 0.9}}, "unknown setting '3' of adam"),
        ({"optimizer_settings": {"name": 0.9}}, "unknown setting 'name' of adam"),
        ({"schedule_settings": {"warmup_steps": 3}}, "unknown setting 'warmup_steps' of linear"),
        ("epochs=3\nhidden=4", "epochs must be a whole number; got '3.nhidden=4'"),
    ],
)
def test_a_wrong_setting_is_named(settings, message):
    with pytest.raises(window_ner.InputError, match=message):
        window_ner.train(settings=settings)


def job_for(labels, config=None):
    tags = [[f"B-{label}" if label else "O"] for label in labels]
    corpus = window_ner.make_corpus([["Oslo"]] * len(tags), tags)
    return new_job(config, train=corpus, dev=corpus, vectors=["random-4d"])


def test_a_corpus_with_labels_gets_a_config_that_keeps_them():
    job = job_for(["CITY", "PRODUCT", ""])
    assert (job.plan.config, job.dropped_labels) == ("tagger", ())


def test_a_small_corpus_that_starts_from_a_model_gets_the_config_for_few_sentences(english):
    corpus = window_ner.make_corpus([["Ann", "left"]], [["B-FRIEND", "O"]])
    assert new_job(init=english, train=corpus, dev=corpus).plan.config == "few"
    assert new_job(init=english).plan.config == "few"  # the sample corpus


def test_a_training_goes_on_from_the_bundled_model_also_after_it_was_sent_to_a_process(
    english, tmp_path
):
    X = [["Take", drug, "daily", "."] for drug in ("aspirin", "codeine", "morphine", "insulin")]
    drugs = window_ner.make_corpus(X, [["O", "B-DRUG", "O", "O"]] * len(X))
    sent = pickle.loads(pickle.dumps(english))
    settings = {"epochs": 8, "keep": "last"}
    learnt = window_ner.train("few", init=sent, train=drugs, dev=drugs, settings=settings)
    assert learnt.labels == ["DRUG"]
    assert learnt.tag(X[0]) == ["O", "B-DRUG", "O", "O"]
    learnt.save(tmp_path / "model")
    loaded = window_ner.load(tmp_path / "model")
    assert_array_equal(loaded.read(X).scores, learnt.read(X).scores)


def test_a_corpus_of_names_without_kinds_gets_the_lectures_config():
    assert job_for(["NAME", ""]).plan.config == "lecture"
    assert new_job().plan.config == "lecture"


def test_the_lectures_config_says_which_labels_it_drops():
    assert job_for(["CITY", "PRODUCT"], "lecture").dropped_labels == ("CITY", "PRODUCT")
    assert job_for(["NAME"], "lecture").dropped_labels == ()


def test_evaluating_gives_what_the_command_prints(dev, trained, tmp_path, call_main):
    report = window_ner.evaluate(trained, dev, mistakes=2)
    assert (report["tokens"], len(report["mistakes"])) == (dev.token_count, 2)
    assert 0 < report["span"]["f1"] <= 1
    trained.save(tmp_path / "model")
    for split in (SAMPLE / "dev.conll", str(SAMPLE / "dev.conll")):
        again = window_ner.evaluate(tmp_path / "model", split, mistakes=2)
        assert again == {**report, "split": str(split)}
    command = "eval", str(split), "--model", str(tmp_path / "model"), "--format", "json"
    code, printed, _ = call_main(*command, "--errors", "2")
    assert code == 0
    assert json.loads(printed) == json.loads(json.dumps(again))


def test_a_split_of_the_training_corpus_is_found_if_it_was_in_files(trained):
    on_files = window_ner.train("lecture", train=SAMPLE / "dev.conll", settings=QUICK)
    assert window_ner.evaluate(on_files, "dev")["tokens"] < 1000
    with pytest.raises(window_ner.InputError, match=r"\(dev\.conll\) has no dev split"):
        window_ner.evaluate(trained, "dev")


def stop(record):
    raise KeyboardInterrupt


@pytest.mark.parametrize("in_memory", [True, False])
def test_an_interrupted_training_goes_on_to_the_same_weights(tmp_path, dev, in_memory):
    file = tmp_path / "few.conll"
    file.write_text(format_conll(dev.documents[:3]))
    data = window_ner.read_conll(file) if in_memory else file
    settings = {**QUICK, "epochs": 3, "hidden": [4], "warmup_steps": 0, "min_batches": 5}
    whole = window_ner.train("fast", train=data, settings=settings)
    begun = window_ner.train(
        "fast",
        train=data,
        settings=settings,
        output=tmp_path / "model",
        progress=Progress(epoch=stop),
    )
    assert (len(begun.model.history), begun.model.about.interrupted) == (1, True)
    again = {"train": data} if in_memory else {}
    resumed = window_ner.train(output=tmp_path / "model", resume=True, **again)
    assert resumed.model.about == whole.model.about
    for name, array in resumed.model.scorer.parameters.items():
        assert_array_equal(array, whole.model.scorer.parameters[name])


def test_data_in_memory_are_asked_for_again_and_must_be_the_same(tmp_path, dev):
    folder = tmp_path / "model"
    window_ner.train(
        "lecture", train=dev, settings=QUICK, output=folder, progress=Progress(epoch=stop)
    )
    with pytest.raises(
        window_ner.InputError, match="corpus was not read from files; give the same corpus again"
    ):
        window_ner.train(output=folder, resume=True)
    with pytest.raises(window_ner.InputError, match=r"was trained on .* tokens"):
        window_ner.train(output=folder, resume=True, train=dev, dev=dev)
    train, held = hold_out_dev(dev)
    assert resumed_job(folder, train=train, dev=iter([held])).plan.dev == held


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"seed": -1}, "seed must be a whole number, 0 or more; got -1"),
        ({"seed": 1.5}, "seed must be a whole number, 0 or more; got 1.5"),
        ({"fine_tune": False}, "fine_tuning.mode must be"),
        ({"settings": "epoch=1"}, "epoch"),
        ({"train": window_ner.make_corpus([], [])}, "no sentence in it"),
        ({"train": []}, "train is empty; name a file"),
        ({"train": Path().glob("*.none")}, "train is empty; name a file"),
    ],
)
def test_a_wrong_argument_of_a_training_is_named(dev, given, message):
    with pytest.raises(window_ner.InputError, match=message):
        window_ner.train("lecture", **{"train": dev, **given})


def test_files_may_come_from_a_generator(tmp_path, dev):
    for number in range(2):
        (tmp_path / f"{number}.conll").write_text(format_conll(dev.documents[number : number + 1]))
    files = (tmp_path / f"{number}.conll" for number in range(2))
    job = new_job("fast", train=files, dev=SAMPLE / "dev.conll")
    assert len(job.plan.train.documents) == 2
    assert [Path(file).name for file in job.plan.files.train] == ["0.conll", "1.conll"]
    dev_files = (file for file in [SAMPLE / "dev.conll"])
    assert new_job("fast", train=SAMPLE / "dev.conll", dev=dev_files).plan.dev is not None


def test_the_labels_to_score_are_one_or_many(tiny_tagger):
    tags = ["B-PER", "I-PER", "O", "B-LOC", "O"]
    text = window_ner.make_corpus([["Ann", "Lee", "left", "Oslo", "."]], [tags])
    scores = [
        window_ner.evaluate(tiny_tagger, text, labels=labels)["span"]
        for labels in ("PER", ["PER"], {"PER"}, (label for label in ["PER"]))
    ]
    assert scores[1:] == scores[:-1]
    assert scores[0]["support"] == 1
    with pytest.raises(window_ner.InputError, match="labels: there is no label 3; there are"):
        window_ner.evaluate(tiny_tagger, text, labels=[3])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "resuming needs output"),
        ({"output": "x", "settings": QUICK}, "leave out"),
        ({"output": "x", "vectors": "random-10d"}, "leave out"),
        ({"output": "x", "config": "fast"}, "leave out"),
        ({"output": "x", "seed": 2}, "leave out"),
        ({"output": "nowhere"}, "no such model folder"),
    ],
)
def test_what_cannot_go_on_is_said(given, message):
    with pytest.raises(window_ner.InputError, match=message):
        window_ner.train(resume=True, **given)


def test_a_corpus_is_made_of_lists_in_any_scheme():
    tokens = [["Ann", "Lee", "left"], [], ["Rome"]]
    iob2 = [["B-PER", "I-PER", "O"], [], ["B-LOC"]]
    bioes = [["B-PER", "E-PER", "O"], [], ["S-LOC"]]
    corpora = [window_ner.make_corpus(tokens, tags, documents=[2, 1]) for tags in (iob2, bioes)]
    assert corpora[0].documents == corpora[1].documents
    assert [corpus.scheme for corpus in corpora] == ["IOB2", "BIOES"]
    assert [len(d.sentences) for d in corpora[0].documents] == [1, 1]
    assert corpora[0].sentences[0].tags == ("B-PER", "I-PER", "O")
    assert not window_ner.make_corpus(tokens, iob2).has_documents


@pytest.mark.parametrize(
    ("tokens", "tags", "documents", "message"),
    [
        ([["a"]], [], None, "1 sentences, but tags for 0"),
        ([["a"], ["a", "b"]], [["O"], ["O"]], None, "sentence 1: 2 tokens, but 1 tags"),
        (
            ["Rome"],
            ["OOOO"],
            None,
            "sentence 0: expected a list of tokens",
        ),
        ([["a"]], [["PER"]], None, "sentence 0: 'PER' is not a tag"),
        ([["a"]], [["B-P\ud800"]], None, "sentence 0: 'B-P.*' is not a tag"),
        ([[1]], [["O"]], None, "sentence 0: 1 is not a string"),
        ([["a"]], [["O"]], [2], "the documents have 2 sentences, but there are 1"),
    ],
)
def test_lists_that_are_no_corpus_are_refused(tokens, tags, documents, message):
    with pytest.raises(window_ner.InputError, match=message):
        window_ner.make_corpus(tokens, tags, documents)


def test_a_string_is_not_taken_for_a_list_of_its_letters(trained):
    for call in (
        lambda: trained.tag("Ann left"),
        lambda: trained.tag_batch(["Ann left"]),
        lambda: trained.pipe("Ann left"),
    ):
        with pytest.raises(window_ner.InputError, match="a string"):
            call()


def test_a_stream_is_read_as_it_is_asked_for(trained):
    read = []
    stream = trained.pipe((read.append(i) or f"Ann {i}" for i in range(100)), batch_size=4)
    next(stream)
    assert len(read) == 4
    assert len(list(stream)) == 99


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_has_at_least_one_text(trained, size):
    with pytest.raises(window_ner.InputError, match="batch_size"):
        trained.pipe(["Ann"], batch_size=size)


@pytest.mark.parametrize("documents", [[1], [3], [1, -1, 2], [2, 2]])
def test_documents_that_are_not_of_these_sentences_are_refused(trained, documents):
    with pytest.raises(window_ner.InputError, match="documents"):
        trained.tag_batch([["Ann"], ["left"]], documents)


@pytest.mark.parametrize("name", ["glove-6b-50d", "glove-6b-100d", "random-50d"])
def test_a_name_of_vectors_is_not_taken_for_a_file(name):
    assert new_job(vectors=[name]).plan.settings.vectors.sets == (name,)
