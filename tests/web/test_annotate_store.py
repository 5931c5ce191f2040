import errno
import json
import multiprocessing
import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from window_ner.data.formats.reading import read_corpus
from window_ner.errors import InputError
from window_ner.web.annotate.answers import Answer, Mark, sentences_of
from window_ner.web.annotate.exports import as_conll, as_jsonl, as_label_studio
from window_ner.web.annotate.store import ConflictError, Store

TEXT = "Take aspirin daily. Then 20 mg of ibuprofen 😀 helps. No names here."


def make_store(path, labels=("DRUG", "DOSE")):
    return Store(list(sentences_of(TEXT, {"file": "a.txt"}, 0)), labels, path)


def an_answer(*marks, status="complete", version=0, picked="teach"):
    return Answer(status, tuple(Mark(*mark) for mark in marks), version, picked)


ASPIRIN = (5, 12, "DRUG")


def test_a_text_is_cut_into_sentences_that_know_where_they_come_from(tmp_path):
    items = make_store(tmp_path / "a.jsonl").items
    assert items[0].text == "Take aspirin daily."
    assert all(TEXT[i.source["start"] :].startswith(i.text) for i in items)


def test_an_answer_is_in_the_file_when_it_is_stored(tmp_path):
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        assert store.answer(0, an_answer(ASPIRIN)).version == 1
        (line,) = store.path.read_text("utf-8").splitlines()
    record = json.loads(line)
    assert record["text"] == "Take aspirin daily."
    assert record["entities"] == [{"text": "aspirin", "label": "DRUG", "start": 5, "end": 12}]


def test_the_annotation_goes_on_where_it_stopped(tmp_path):
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        store.answer(0, an_answer(ASPIRIN))
        store.answer(1, an_answer(status="partial"))
        store.answer(2, an_answer(status="skipped"))
        store.answer(0, an_answer(version=1))
        answers = dict(store.answers)
    again = make_store(store.path)
    with again.open():
        assert again.answers == answers
        assert again.answers[0] == an_answer(version=2)


def test_a_corrected_answer_keeps_why_the_sentence_was_shown_first(tmp_path):
    """The F1 is measured on sentences drawn at random, also on those that were corrected."""
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        store.answer(0, an_answer(picked="random"))
        store.answer(0, an_answer(ASPIRIN, version=1, picked="review"))
        assert store.answers[0].picked == "random"
        assert store.examples()[0].is_random


def test_replaced_answers_are_removed_when_the_server_stops(tmp_path):
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        for version in range(3):
            store.answer(0, an_answer(version=version))
        assert len(store.path.read_bytes().splitlines()) == 3
    assert len(store.path.read_bytes().splitlines()) == 1


@pytest.mark.parametrize("kept", range(1, 40))
def test_a_line_that_was_cut_by_a_kill_is_no_answer_and_the_next_one_is_whole(tmp_path, kept):
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        store.answer(0, an_answer(ASPIRIN))
    line = store.path.read_bytes()
    store.path.write_bytes(line + line[:kept])
    again = make_store(store.path)
    with again.open():
        assert list(again.answers) == [0]
        again.answer(1, an_answer())
    third = make_store(store.path)
    with third.open():
        assert list(third.answers) == [0, 1]


def test_two_tabs_do_not_overwrite_each_other(tmp_path):
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        store.answer(0, an_answer(ASPIRIN))
        with pytest.raises(ConflictError):
            store.answer(0, an_answer())
        assert store.answers[0].marks == (Mark(*ASPIRIN),)


def test_a_second_server_does_not_open_the_file(tmp_path):
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        message = "another window-ner annotate has this file open"
        with pytest.raises(InputError, match=message), make_store(store.path).open():
            pass
    with make_store(store.path).open():
        pass


@pytest.mark.parametrize(
    "marks",
    [
        [(5, 11, "DRUG")],
        [(6, 12, "DRUG")],
        [(12, 5, "DRUG")],
        [(5, 999, "DRUG")],
        [(5, 12, "PER")],
        [(0, 12, "DRUG"), (5, 18, "DOSE")],
    ],
)
def test_a_name_is_made_of_whole_words_and_overlaps_with_no_other(tmp_path, marks):
    store = make_store(tmp_path / "a.jsonl")
    with store.open(), pytest.raises(InputError):
        store.answer(0, an_answer(*marks))
    assert not store.path.exists()


def test_answers_about_other_sentences_are_kept(tmp_path):
    path = tmp_path / "a.jsonl"
    other = {"text": "Another sentence.", "entities": []}
    path.write_text(f"{json.dumps(other)}\n", "utf-8")
    store = make_store(path)
    with store.open():
        store.answer(0, an_answer())
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert records[0] == other
    assert len(records) == 2


def test_a_sentence_that_is_there_twice_keeps_both_answers_under_another_path(tmp_path):
    def store_of(file):
        items = list(sentences_of("Rest now. Take aspirin. Rest now.", {"file": file}, 0))
        return Store(items, ["DRUG"], tmp_path / "a.jsonl")

    first = store_of("a.txt")
    with first.open():
        first.answer(0, an_answer())
        first.answer(2, an_answer(status="skipped"))
        first.answer(2, an_answer(status="partial", version=1))
    again = store_of("./a.txt")
    with again.open():
        assert again.answers == first.answers


def test_a_renamed_file_takes_no_answer_of_a_file_with_the_same_sentence(tmp_path):
    def store_of(*files):
        items = [item for n, f in enumerate(files) for item in sentences_of("Yes.", {"file": f}, n)]
        return Store(items, ["DRUG"], tmp_path / "a.jsonl")

    first = store_of("a.txt", "b.txt")
    with first.open():
        first.answer(1, an_answer(status="partial"))  # its line comes first
        first.answer(0, an_answer())
    again = store_of("a.txt", "renamed.txt")
    with again.open():
        assert again.answers == first.answers


def test_lines_of_another_tool_keep_their_bytes(tmp_path):
    path = tmp_path / "a.jsonl"
    line = b'{"text":"half a character: \\ud83d", "entities":[], "meta": {"n": 1.0}}\r\n'
    path.write_bytes(line)
    with make_store(path).open():
        pass
    assert path.read_bytes() == line


def test_a_line_of_another_tool_keeps_its_bytes_until_its_sentence_is_answered(tmp_path):
    path = tmp_path / "a.jsonl"
    line = b'{"text":"Take aspirin daily.","entities":[],"comment":"ask Ann","answer":"reject"}\n'
    path.write_bytes(line)
    store = make_store(path)
    with store.open():
        assert store.answers[0].status == "skipped"
    assert path.read_bytes() == line
    with store.open():
        store.answer(0, an_answer(ASPIRIN, version=1))
    assert [json.loads(line)["answer"] for line in path.read_bytes().splitlines()] == ["accept"]


@pytest.mark.parametrize(
    ("annotated", "status"),
    [(None, "complete"), (["DOSE", "DRUG", "TIME"], "complete"), (["DRUG"], "partial")],
)
def test_a_line_that_annotates_some_labels_only_is_partial(tmp_path, annotated, status):
    """Its other words may be names of the other labels, so that nothing may be learnt from them."""
    path = tmp_path / "a.jsonl"
    line = {"text": "Take aspirin daily.", "entities": [], "annotated": annotated}
    path.write_text(f"{json.dumps(line)}\n", "utf-8")
    store = make_store(path)
    with store.open():
        assert store.answers[0].status == status
    assert json.loads(path.read_bytes()) == line


def test_a_sentence_that_was_answered_before_there_was_a_label_is_partial(tmp_path):
    path = tmp_path / "a.jsonl"
    store = make_store(path)
    with store.open():
        store.answer(0, an_answer(ASPIRIN))
    again = Store(store.items, [*store.labels, "BRAND"], path)
    with again.open():
        assert again.answers[0].status == "partial"
        (example,) = again.examples()
        assert (example.is_complete, example.annotated) == (False, set(store.labels))
        again.answer(0, an_answer(ASPIRIN, version=1))
        (example,) = again.examples()
        assert (example.is_complete, example.annotated) == (True, set())
    assert json.loads(path.read_bytes())["annotated"] == [*store.labels, "BRAND"]
    corpus = read_corpus(path)
    assert corpus.documents[0].annotated == {*store.labels, "BRAND"}


def test_an_answer_replaces_a_line_whose_names_are_not_whole_words(tmp_path):
    path = tmp_path / "a.jsonl"
    half = {"text": "Take aspirin daily.", "entities": [{"start": 5, "end": 9, "label": "DRUG"}]}
    path.write_text(f"{json.dumps(half)}\n", "utf-8")
    with make_store(path).open():
        pass
    assert json.loads(path.read_bytes()) == half
    store = make_store(path)
    with store.open():
        assert store.answers == {}
        store.answer(0, an_answer(ASPIRIN))
    assert json.loads(path.read_bytes())["entities"][0]["end"] == 12


@pytest.mark.parametrize(
    "text, name",
    [
        ("Take aspirin daily.", {"text": "aspirin daily", "start": 5, "end": 12}),  # by hand
        ("😀😀 A and B.", {"text": "A", "start": 5, "end": 8}),  # each 😀 is counted twice
    ],
)
def test_a_name_that_is_not_at_its_offsets_is_asked_again(tmp_path, text, name):
    path = tmp_path / "a.jsonl"
    line = json.dumps({"text": text, "entities": [{**name, "label": "DRUG"}]}).encode() + b"\n"
    path.write_bytes(line)
    store = Store(list(sentences_of(text, {"file": "a.txt"}, 0)), ["DRUG"], path)
    with store.open():
        assert store.answers == {}
    assert path.read_bytes() == line


def test_a_file_that_an_editor_began_with_a_bom_stays_readable(tmp_path):
    path = tmp_path / "a.jsonl"
    lines = [{"text": text, "entities": []} for text in ("Take aspirin daily.", "Of another file.")]
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8-sig")
    with make_store(path).open():
        pass
    first, second = read_corpus(path).sentences  # lines about other sentences are first now
    assert (first.tokens[0], second.tokens[0]) == ("Of", "Take")


def test_what_another_program_writes_into_the_file_meanwhile_stays(tmp_path, caplog):
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        store.answer(0, an_answer())
        ours = store.path.read_bytes()
        theirs = ours.replace(b'"complete": true', b'"complete": false') + b'{"text": "My own line.'
        store.path.write_bytes(theirs)
        store.answer(1, an_answer())
    content = store.path.read_bytes()
    assert content.startswith(theirs + b"\n{")
    assert len(content.splitlines()) == 3
    assert "a.jsonl: another program has changed this file" in caplog.text


def test_the_server_is_no_other_program(tmp_path, caplog, monkeypatch):
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
            patch.setattr("window_ner.web.annotate.store.wait_for_disk", fill_the_disk)
            store.answer(1, an_answer())
        store.answer(1, an_answer())
    assert caplog.text == ""


def test_a_reason_that_is_none_does_not_stop_the_annotation(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "Take aspirin daily.", "entities": [], "picked": "\\ud800"}\n')
    store = make_store(path)
    with store.open():
        assert store.answer(0, an_answer(version=1)).picked == "order"


def test_an_output_that_is_no_regular_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    message = "pipe: is no regular file; choose another --output"
    with pytest.raises(InputError, match=message), make_store(tmp_path / "pipe").open():
        pass


def test_the_last_answers_are_known_after_a_restart(tmp_path):
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        for number in (2, 0, 1):
            store.answer(number, an_answer())
        store.answer(2, an_answer(version=1))
    again = make_store(store.path)
    with again.open():
        assert [item.number for item in again.last_answered(2)] == [1, 2]


def test_an_answer_that_does_not_fit_on_the_disk_leaves_no_part_of_it(tmp_path, monkeypatch):
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        store.answer(0, an_answer(ASPIRIN))
        before = store.path.read_bytes()
        with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
            patch.setattr("window_ner.web.annotate.store.wait_for_disk", fill_the_disk)
            store.answer(1, an_answer())
        assert store.path.read_bytes() == before
        assert store.version(1) == 0
        store.answer(1, an_answer())
        assert len(store.path.read_bytes().splitlines()) == 2


def fill_the_disk(file):
    file.flush()
    raise OSError(errno.ENOSPC, "No space left on device")


def test_answers_with_a_label_that_is_not_given_any_more_are_refused(tmp_path):
    """Else the sentence would be asked again, and the file would have two answers to it."""
    path = tmp_path / "a.jsonl"
    label = {"text": "Take aspirin daily.", "entities": [{"start": 5, "end": 12, "label": "PER"}]}
    path.write_text(f"{json.dumps(label)}\n", "utf-8")
    message = r"a\.jsonl:1: has the label PER; add it to --labels, or choose another --output"
    with pytest.raises(InputError, match=message), make_store(path).open():
        pass
    assert json.loads(path.read_text("utf-8")) == label


@pytest.mark.parametrize(
    "content",
    [
        *(
            "{}\n{}\n",
            "text\nmore\n",
            "[1]\n\n{}\n",
            "one line",
            '{"a": 1}',
            "[1]",
            '{"text": "a"}',
        ),
        '{"text": "a", "entities": [{"start": 1e999, "end": 1, "label": "DRUG"}]}',
    ],
)
def test_a_file_of_something_else_is_not_touched(tmp_path, content):
    path = tmp_path / "a.jsonl"
    path.write_text(content)
    message = r"a\.jsonl:1: is no answer"
    with pytest.raises(InputError, match=message), make_store(path).open():
        pass
    assert path.read_text() == content


def _answer_until_killed(path, told):
    store = make_store(path)
    with store.open():
        for version in range(100_000):
            store.answer(version % 3, an_answer(version=version // 3))
            told.send(version)


def test_a_killed_server_loses_no_answer_that_it_told(tmp_path):
    path = tmp_path / "a.jsonl"
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(
        target=_answer_until_killed, args=(path, theirs)
    )
    process.start()
    while ours.recv() < 50:
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    last = 50
    while ours.poll():
        last = ours.recv()
    store = make_store(path)
    with store.open():
        assert store.version(last % 3) >= last // 3 + 1


# Reading it elsewhere


@given(data=st.data())
def test_train_reads_the_file_as_it_is(tmp_path_factory, data):
    store = make_store(tmp_path_factory.mktemp("a") / "a.jsonl")
    with store.open():
        for item in store.items:
            tokens = item.tokenized
            chosen = data.draw(st.sets(st.integers(0, len(tokens.tokens) - 1), max_size=3))
            marks = [(tokens.starts[i], tokens.ends[i], "DRUG") for i in chosen]
            status = data.draw(st.sampled_from(["complete", "partial", "skipped"]))
            store.answer(item.number, an_answer(*marks, status=status))
    examples = store.examples()
    if not examples:
        return
    corpus = read_corpus(store.path)
    assert list(corpus.sentences) == [each.sentence for each in examples]
    complete = [document.annotated == set(store.labels) for document in corpus.documents]
    assert complete == [each.is_complete for each in examples]


def test_columns_have_no_character_that_train_cannot_read(tmp_path):
    items = list(sentences_of("\ufeff Take\0it.", {"file": "a.txt"}, 0))
    store = Store(items, ["DRUG"], tmp_path / "a.jsonl")
    with store.open():
        store.answer(0, an_answer((0, 1, "DRUG")))
    (tmp_path / "a.conll").write_text(as_conll(store), "utf-8")
    (sentence,) = read_corpus(tmp_path / "a.conll").sentences
    assert sentence.tokens == ("\ufffd", "Take", "\ufffd", "it", ".")


def test_the_annotation_is_exported(tmp_path):
    store = make_store(tmp_path / "a.jsonl")
    with store.open():
        store.answer(0, an_answer(ASPIRIN))
        start = store.items[1].text.index("ibuprofen")
        store.answer(1, an_answer((start, start + 9, "DRUG"), status="partial"))
        store.answer(2, an_answer(status="skipped"))
    assert as_conll(store) == "Take O\naspirin B-DRUG\ndaily O\n. O\n\n"
    (tmp_path / "b.jsonl").write_text(as_jsonl(store), "utf-8")
    (tmp_path / "c.json").write_text(as_label_studio(store), "utf-8")
    for name in ("b.jsonl", "c.json"):
        tags = [sentence.tags for sentence in read_corpus(tmp_path / name).sentences]
        assert tags == [each.sentence.tags for each in store.examples()]
