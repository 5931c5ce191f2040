"""The curves of the pitfall experiment: means over seeds, for each size and mode."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from window_ner.analysis.pitfall import MODES, WORDS
from window_ner.analysis.pitfall_records import CurvePoint, Record, point_of


@dataclass(frozen=True)
class Summary:
    """The scores of a mode at a size: the means over the seeds, and their standard deviations.

    ``gain`` is the mean difference to the frozen vectors with the same seed; None if there are no
    runs with frozen vectors.
    """

    size: int
    mode: str
    seeds: int
    mean: dict[str, float]
    deviation: dict[str, float]
    lowest: dict[str, float]
    highest: dict[str, float]
    gain: dict[str, float] | None


def summarise(records: Sequence[Record], split: str = "dev") -> list[Summary]:
    """Summarise the runs over their seeds, by size and by mode in the order of the records."""
    scores = {point_of(record): record["scores"][split] for record in records}
    groups: dict[tuple[int, str], list[CurvePoint]] = {}
    modes = list(dict.fromkeys([*MODES, *(run.mode for run in scores)]))
    for run in sorted(scores, key=lambda run: (run.size, modes.index(run.mode), run.seed)):
        groups.setdefault((run.size, run.mode), []).append(run)
    summaries = []
    for (size, mode), runs in groups.items():
        values = {words: [float(scores[run][words]) for run in runs] for words in WORDS}
        pairs = [(run, replace(run, mode="frozen")) for run in runs]
        paired = [(scores[run], scores[frozen]) for run, frozen in pairs if frozen in scores]
        gain = {
            words: fmean(a[words] - b[words] for a, b in paired) for words in WORDS * bool(paired)
        }
        summaries.append(
            Summary(
                size,
                mode,
                len(runs),
                mean={words: fmean(v) for words, v in values.items()},
                deviation={w: stdev(v) if len(v) > 1 else 0.0 for w, v in values.items()},
                lowest={words: min(v) for words, v in values.items()},
                highest={words: max(v) for words, v in values.items()},
                gain=gain or None,
            )
        )
    return summaries
