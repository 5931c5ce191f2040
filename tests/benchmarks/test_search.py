"""The search over settings continues after a stop, and ranks the settings it has tried."""

from benchmarks.search import combinations, missing, table


def a_run(changes, seed, dev):
    return {
        "config": "tagger",
        "changes": list(changes),
        "seed": seed,
        "dev": dev,
        "dev_unseen_words": dev / 2,
        "cpu_seconds": 1.0,
    }


def test_every_value_is_tried_with_every_other():
    assert combinations(["a=1,2", "b=3,4"]) == [
        ("a=1", "b=3"),
        ("a=1", "b=4"),
        ("a=2", "b=3"),
        ("a=2", "b=4"),
    ]
    assert combinations([]) == [()]


def test_a_finished_run_is_not_repeated():
    done = [a_run(["a=1"], 1, 0.9)]
    todo = [("tagger", ("a=1",), 1), ("tagger", ("a=1",), 2), ("tagger", ("a=2",), 1)]
    assert list(missing(done, todo)) == todo[1:]


def test_the_best_mean_is_the_first_row():
    runs = [a_run(["a=1"], 1, 0.90), a_run(["a=2"], 2, 0.93), a_run(["a=2"], 1, 0.91)]
    rows = table(runs).splitlines()[2:]
    assert [row.split(" | ")[1:4] for row in rows] == [
        ["a=2", "92.00", "91.00, 93.00"],
        ["a=1", "90.00", "90.00"],
    ]
