"""`Tagger.pipe`: the same names in any number of processes, and errors that say which text."""

import pytest

from window_ner.errors import InputError
from window_ner.model.stream import batches

TEXTS = [
    "Angela Merkel met Tim Cook in Cupertino.",
    "",
    "Nothing is here.",
    "Shares of Nestlé fell in Zurich.",
    "Kenya beat Ethiopia in Berlin.",
]


@pytest.mark.parametrize("other_threads", [0, 1], ids=["forked", "spawned"])
def test_two_processes_find_the_same_as_one_in_the_same_order(
    tiny_tagger, other_threads, monkeypatch
):
    places = [place for place in ("Oslo", "Paris") for _ in range(5)]
    texts = [f"{'It rains. ' * i}Ann Lee met Zoë Smith in {p}." for i, p in enumerate(places)]
    alone = list(tiny_tagger.pipe(texts))
    assert [found[-1].text for found in alone] == places
    monkeypatch.setattr("threading.active_count", lambda: 1 + other_threads)
    assert list(tiny_tagger.pipe(iter(texts), batch_size=3, jobs=2)) == alone


@pytest.mark.usefixtures("no_other_threads")
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_has_the_index_of_the_text_that_caused_it(english, jobs):
    with pytest.raises(InputError, match="expected a text, got None; leave it out") as caught:
        list(english.pipe([*TEXTS, None, *TEXTS], batch_size=4, jobs=jobs))
    assert caught.value.__notes__ == ["This happened at texts[5]."]


@pytest.mark.usefixtures("no_other_threads")
def test_what_is_not_read_is_not_tagged(english):
    read = []

    def stream():
        for text in TEXTS * 100:
            read.append(text)
            yield text

    results = english.pipe(stream(), batch_size=2, jobs=2)
    assert next(results)[0].text == "Angela Merkel"
    results.close()
    assert len(read) < 50


def test_a_wrong_number_of_processes_is_told(english):
    with pytest.raises(InputError, match="jobs must be 1 or more; got 0"):
        english.pipe(TEXTS, jobs=0)


def test_long_texts_make_small_batches():
    sizes = [len(texts) for _, texts in batches(["x" * 90_000] * 7 + ["x"] * 5, 4)]
    assert sizes == [3, 3, 4, 2]
    assert [first for first, _ in batches("abcde", 2)] == [0, 2, 4]
    assert list(batches([], 2)) == []


def test_the_first_batch_can_be_shorter():
    sizes = [len(texts) for _, texts in batches(["x" * 10_000] * 30, 256, 20_000)]
    assert sizes == [2, 20, 8]
