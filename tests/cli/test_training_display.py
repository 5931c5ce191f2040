"""What ``window-ner train`` shows while it goes on."""

import io
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from window_ner.cli.train.command import _commands_for
from window_ner.cli.train.display import TrainingDisplay
from window_ner.model.about import Decision, Epoch


def record(epoch, dev):
    return Epoch(epoch, 1 / epoch, "span_f1", dev, dev_unseen_words=dev / 2, seconds=0.5)


def shown(scores, *, terminal=True, before=(), height=40):
    """Run through epochs with these dev scores; return what a terminal was left with."""
    stream = io.StringIO()
    console = Console(
        file=stream, force_terminal=terminal, color_system=None, width=90, height=height
    )
    history = [record(i, dev) for i, dev in enumerate(before, 1)]
    with TrainingDisplay(20, history, console) as display:
        display.decided(Decision(True, "because", "", {}))
        for epoch, dev in enumerate(scores, len(before) + 1):
            display.batch(f"epoch {epoch}", 0.5, 0.1)
            display.epoch(record(epoch, dev))
        display.live.refresh()
    return stream.getvalue()


def final_table(text):
    """Return the rows of the last table that was printed."""
    lines = text.split("epoch    loss")[-1].splitlines()[1:]
    return [line.split() for line in lines if "/20" in line]


def test_where_there_is_no_terminal_each_epoch_is_one_line_with_the_time_left(capsys, monkeypatch):
    clock = iter(range(0, 1000, 10))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    assert shown([0.5, 0.6, 0.55], terminal=False) == ""
    first, second, third = capsys.readouterr().err.splitlines()
    assert re.fullmatch(
        r"epoch 1/20: loss 1.0000, dev span F1 50.0, unseen words 25.0, best so far, "
        r"up to \d+:\d\d left",
        first,
    )
    assert second.startswith("epoch 2/20: loss 0.5000, dev span F1 60.0")
    assert "best" not in third


def test_nothing_is_said_of_unseen_words_if_their_score_is_0(capsys):
    """It may only mean that no name has such words."""
    shown([0.0], terminal=False)
    assert ": loss 1.0000, dev span F1 0.0, best so far" in capsys.readouterr().err
    assert final_table(shown([0.0]))[0][:4] == ["1/20", "1.0000", "0.0", "0.50"]


def test_the_last_epoch_has_no_time_left(capsys):
    shown([0.5], terminal=False, before=[0.5] * 19)
    assert "left" not in capsys.readouterr().err


def test_a_trial_or_a_first_pass_is_a_line_too_and_none_of_the_time_of_an_epoch(capsys):
    console = Console(file=io.StringIO())
    with TrainingDisplay(20, console=console) as display:
        for done in (0.5, 1.0):
            display.batch("first pass 1/5, epoch 1", done, 0.25)
        display.batch("epoch 1", 1.0, 0.125)
        display.epoch(record(1, 0.5))
    assert [line[:24] for line in capsys.readouterr().err.splitlines()] == [
        "first pass 1/5, epoch 1:",
        "epoch 1/20: loss 1.0000,",
    ]


def test_what_stays_is_a_row_for_each_epoch_and_one_best():
    rows = final_table(shown([0.5, 0.75, 0.6]))
    assert [row[0] for row in rows] == ["1/20", "2/20", "3/20"]
    assert rows[1] == ["2/20", "0.5000", "75.0", "37.5", "0.50", "★", "best"]
    assert ["best" in row for row in rows] == [False, True, False]


def test_a_training_that_is_gone_on_with_shows_the_epochs_from_before():
    rows = final_table(shown([0.6], before=[0.8, 0.7]))
    assert [row[0] for row in rows if "best" in row] == ["1/20"]
    assert [row[0] for row in rows] == ["1/20", "2/20", "3/20"]


@pytest.mark.parametrize("height", [5, 12])
def test_a_low_screen_shows_the_best_epoch_and_the_last_ones(height):
    display = TrainingDisplay(
        20,
        [record(i, dev) for i, dev in enumerate([0.9] + [0.5] * 19, 1)],
        Console(file=io.StringIO(), force_terminal=True, width=90, height=height),
    )
    with display.console.capture() as capture:
        display.console.print(display._picture())
    lines = capture.get().splitlines()
    assert "best" in lines[1]
    assert "20/20" in lines[-2]
    assert len(lines) <= max(height, 6)


def test_no_table_is_left_by_a_training_that_ends_before_its_first_epoch():
    assert "dev span F1" not in shown([])


@pytest.mark.parametrize(
    ("outputs", "labels", "text"),
    [
        (1, (), '"Museums in Paris are amazing."'),
        (3, ("LOC",), '"Museums in Paris are amazing."'),
        (3, ("DRUG",), "--input FILE"),
    ],
)
def test_the_command_to_try_a_model_has_an_example_with_a_name_or_a_file(outputs, labels, text):
    model = SimpleNamespace(
        objective=SimpleNamespace(outputs=outputs),
        about=SimpleNamespace(corpus=SimpleNamespace(test=None), labels=labels),
    )
    commands = _commands_for(Path("drugs"), model)
    assert commands == [
        f"window-ner predict --model drugs {text}",
        "window-ner eval FILE --model drugs",
    ]
