import multiprocessing
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from window_ner.data.corpus import Sentence
from window_ner.data.tag_schemes import Span, spans_of
from window_ner.errors import InputError
from window_ner.web.annotate.answers import Example, Item
from window_ner.web.annotate.curve import FOLDS
from window_ner.web.annotate.learning import (
    Learner,
    retrain,
    retrain_apart,
    send,
    train_for,
    without_interrupts,
)
from window_ner.web.annotate.picking import disagreements, doubts, pick, unlikeness

RNG = np.random.default_rng


def items(*texts):
    return [Item(i, text, {}) for i, text in enumerate(texts)]


def examples(count, complete=True):
    sentence = Sentence(("Take", "aspirin", "daily", "."), ("O", "B-DRUG", "O", "O"))
    return [Example(i, sentence, complete, i % 2 == 0) for i in range(count)]


class Remembers:
    """A tagger that finds what it has learnt, word by word."""

    def __init__(self, learnt):
        self.names = {
            word: tag[2:]
            for each in learnt
            for word, tag in zip(each.sentence.tokens, each.sentence.tags, strict=True)
            if tag != "O"
        }

    def find(self, sentences):
        words = [word for sentence in sentences for word in sentence]
        found = [Span(i, i + 1, self.names[w]) for i, w in enumerate(words) if w in self.names]
        return found, np.ones(len(found))


class Learning:
    """A learner whose training is replaced, and may be waited for."""

    def __init__(self, given, retrain=None, curve_file=None):
        self.given, self.trained = given, []
        self.learner = Learner(
            None, lambda: self.given, retrain or self.retrain, curve_file=curve_file
        )

    def retrain(self, start, learnt):
        self.trained.append(len(learnt))
        return Remembers(learnt)

    def tell(self, count):
        self.learner.tell(count)
        for _ in range(1000):
            if not self.learner.is_training:
                return self.learner.learnt
            threading.Event().wait(0.01)
        raise AssertionError("it does not end")


def test_nothing_is_learnt_from_few_answers_or_from_no_name():
    assert not Learning(examples(4)).tell(4).has_learnt
    nameless = [e._replace(sentence=Sentence(("a",), ("O",))) for e in examples(6)]
    assert not Learning(nameless).tell(6).has_learnt


def test_a_model_is_trained_after_every_five_answers():
    learning = Learning(examples(5))
    assert learning.tell(5).trained_on == 5
    assert learning.tell(9).trained_on == 5
    learning.given = examples(10)
    assert learning.tell(10).trained_on == 10
    assert learning.trained == [5, 10]


def test_an_answer_during_a_training_counts_for_the_next_five():
    def retrain(start, learnt):
        learning.given = examples(6)
        learning.learner.tell(6)
        return learning.retrain(start, learnt)

    learning = Learning(examples(5), retrain)
    assert learning.tell(5).trained_on == 5
    assert learning.trained == [5]


def test_a_training_that_is_wanted_while_another_ends_is_shown():
    """`tell` has said so, but then the thread says that the earlier training is over."""
    shown, done = [], threading.Event()

    def retrain(start, learnt):
        shown.append(learning.learner.is_training)
        done.set()
        return Remembers(learnt)

    learning = Learning(examples(5), retrain)
    learning.learner._wanted.set()
    assert done.wait(60)  # also on a busy machine
    assert shown == [True]


def test_the_score_is_that_of_models_that_have_not_seen_the_sentence():
    unique = [
        e._replace(sentence=Sentence(("Take", f"drug{e.number}"), ("O", "B-DRUG")))
        for e in examples(12)
    ]
    learning = Learning(unique)
    (point,) = learning.tell(12).curve
    assert (point.f1, point.low, point.high) == (0, 0, 0)  # no drug was seen in another sentence
    assert learning.trained == [12, 8, 8, 8]
    (point,) = Learning(examples(12)).tell(12).curve
    assert (point.f1, point.low, point.high) == (1, 1, 1)
    assert (point.trained_on, point.measured_on) == (12 * (FOLDS - 1) // FOLDS, 12)


def test_the_score_is_measured_on_random_sentences_once_there_are_twenty():
    assert not Learning(examples(20)).tell(20).curve[-1].is_random
    point = Learning(examples(40)).tell(40).curve[-1]
    assert (point.is_random, point.measured_on) == (True, 20)
    all_random = [each._replace(is_random=True) for each in examples(12)]
    assert Learning(all_random).tell(12).curve[-1].is_random


def test_the_curve_goes_on_when_the_server_starts_again(tmp_path):
    file = tmp_path / "curve.json"
    (first,) = Learning(examples(12), curve_file=file).tell(12).curve
    again = Learning(examples(18), curve_file=file)
    assert again.learner.learnt.curve == (first,)
    learnt = again.tell(18)
    assert [point.trained_on for point in learnt.curve] == [8, 12]
    assert learnt.held_out
    fewer = Learning(examples(15), curve_file=file)  # answers were deleted
    assert [point.trained_on for point in fewer.tell(15).curve] == [8, 10]
    assert Learning([], curve_file=file).learner.learnt.curve == ()  # all were


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b"[1]", b"[[]]", b'[{"f1": 1}]', b"\xff"])
def test_a_curve_that_cannot_be_read_begins_anew(tmp_path, content):
    file = tmp_path / "curve.json"
    file.write_bytes(content)
    assert len(Learning(examples(12), curve_file=file).tell(12).curve) == 1


def test_partial_sentences_are_learnt_from_but_not_measured_on():
    learning = Learning([*examples(8), *examples(8, complete=False)])
    learnt = learning.tell(16)
    assert learnt.trained_on == 16
    assert learnt.curve == ()


def test_a_model_learns_which_labels_a_sentence_annotates(monkeypatch):
    whole, other, partial = examples(3, complete=False)
    given = [whole._replace(is_complete=True), other._replace(annotated={"DRUG"}), partial]
    monkeypatch.setattr("window_ner.api.train", lambda *_, train, **__: train)
    corpus = retrain(None, given)
    assert [d.annotated for d in corpus.documents] == [None, {"DRUG"}, set()]


def test_the_score_is_measured_again_when_there_are_a_fifth_more_sentences():
    given = [each._replace(is_complete=each.number < 12) for each in examples(40)]
    learning = Learning(given)
    for count in (20, 25, 30, 35, 40):
        learning.given = given[:count]
        learnt = learning.tell(count)
    assert [point.trained_on for point in learnt.curve] == [13, 16, 20, 26]  # 23 is not enough


def test_a_model_that_has_seen_no_name_finds_none():
    """A training without a name is refused, though other folds may have one."""
    nameless = Sentence(("Rest", "now"), ("O", "O"))
    given = [e if e.number == 4 else e._replace(sentence=nameless) for e in examples(12)]

    def retrain(start, learnt):
        assert any(set(each.sentence.tags) != {"O"} for each in learnt)
        return Remembers(learnt)

    learnt = Learning(given, retrain).tell(12)
    assert (learnt.problem, learnt.curve[-1].f1) == ("", 0)


def test_a_training_that_fails_is_told_and_the_next_one_may_succeed():
    calls = []

    def fail_once(start, learnt):
        calls.append(len(learnt))
        if len(calls) == 1:
            raise ValueError("no vectors")
        return Remembers(learnt)

    learning = Learning(examples(5), fail_once)
    assert learning.tell(5).problem == "training failed: no vectors"
    learnt = learning.tell(5)
    assert (learnt.problem, learnt.has_learnt) == ("", True)


def test_a_model_learns_new_labels_from_sentences_complete_and_partial(tiny_tagger):
    words = ["aspirin", "ibuprofen", "codeine", "morphine", "insulin", "heparin"]
    made = [
        Example(i, Sentence(("Take", w, "daily", "."), ("O", "B-DRUG", "O", "O")), i % 3 > 0, True)
        for i, w in enumerate(words)
    ]
    learnt = retrain_apart(tiny_tagger, made)  # to train the bundled model further takes seconds
    assert learnt.labels == ["DRUG"]
    found = learnt.tag(["Take", "aspirin", "daily", "."])
    assert spans_of(found) == [Span(1, 2, "DRUG")]


def test_a_training_that_fails_in_its_process_is_told(tiny_tagger):
    broken = Example(0, Sentence(("a",), ("I-X", "O")), True, True)
    with pytest.raises(InputError):
        retrain_apart(tiny_tagger, [broken])


def test_a_process_that_starts_without_interrupts_is_not_reached_by_one():
    look = "import signal as s; print(s.SIGINT in s.pthread_sigmask(s.SIG_BLOCK, ()))"
    with without_interrupts():
        assert subprocess.check_output([sys.executable, "-c", look]).strip() == b"True"
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_training_ends_quietly_if_its_server_was_killed():
    ours, theirs = multiprocessing.Pipe(duplex=False)
    ours.close()
    send(theirs, "no vectors")


def test_a_training_ends_quietly_if_its_server_ends_before_it_sent_the_model():
    ours, theirs = multiprocessing.Pipe()
    ours.close()
    process = multiprocessing.get_context("spawn").Process(target=train_for, args=(theirs,))
    process.start()
    theirs.close()
    process.join()
    assert process.exitcode == 0


# The next sentence


def test_without_a_model_and_on_request_the_sentence_is_random_or_the_next_one():
    every = items(*(f"Sentence number {i}." for i in range(50)))
    assert pick("order", every, [], None, RNG(0)).item.number == 0
    drawn = {pick("random", every, [], None, RNG(i)).item.number for i in range(30)}
    assert len(drawn) > 15
    assert pick("teach", every, [], None, RNG(0)).why == "random"


def test_the_sentence_that_teaches_most_is_one_that_the_model_doubts(tagger):
    every = items("Paris is in France.", "the Blorgs of Zix met Quon at Vexly", "It rained.")
    doubt = doubts(tagger, every)
    assert doubt.argmax() == 1
    assert (doubt >= 0).all()
    picks = [pick("teach", every, [], tagger, RNG(i)) for i in range(200)]
    assert all(p.item.number == 1 for p in picks if p.why == "teach")
    random = sum(p.why == "random" for p in picks)
    assert 5 <= random <= 40  # a tenth


def test_the_doubt_of_a_sentence_is_that_of_all_its_tags_together(tagger):
    tokens = [["Angela", "Merkel", "slept", "."], ["Oslo"]]
    scored = tagger.read(tokens, [1, 1])
    logs = scored.sentence_log_probabilities()
    best = np.log(scored.marginals().max(axis=1))
    assert logs[1] == pytest.approx(best[4], abs=1e-4)
    assert logs[0] <= best[:4].min() + 1e-4


def test_a_sentence_like_a_recent_one_is_less_new():
    every = items("aspirin helps much", "nothing alike here", "...")
    assert unlikeness(every, [every[0]]).tolist() == [0, 1, 1]
    assert unlikeness(every, []).tolist() == [1, 1, 1]


def test_the_worst_disagreements_come_first():
    a, b, c = Span(0, 1, "A"), Span(1, 2, "A"), Span(0, 1, "B")
    gold = {1: [a], 2: [a, b], 3: [a], 4: [a]}
    held_out = {1: [a], 2: [], 3: [c]}
    found = disagreements(gold, held_out)
    assert [each.number for each in found] == [2, 3]
    assert (found[1].missing, found[1].extra) == ([c], [a])
