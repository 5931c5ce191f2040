"""What it costs to start: the help page and one sentence, beside Python and NumPy."""

import os
import subprocess
import sys
import tempfile
from functools import partial
from statistics import median

from benchmarks.speed.markdown import table
from benchmarks.speed.measuring import ONE_THREAD, both_clocks

_COMMAND = "import sys; from window_ner.cli import program; sys.argv[0] = 'window-ner'; program()"

_PROGRAMS = {
    "python -c pass": ("pass",),
    "import numpy": ("import numpy",),
    "window-ner --help": (_COMMAND, "--help"),
    "window-ner predict, one sentence": (_COMMAND, "predict", "Ann Lee lives in Oslo."),
    "the same, --format json": (
        _COMMAND,
        "predict",
        "--format",
        "json",
        "Ann Lee lives in Oslo.",
    ),
    "window_ner.load()": ("import window_ner; window_ner.load()",),
}

_BESIDE = {
    "window-ner --help": "python -c pass",
    "window-ner predict, one sentence": "import numpy",
    "the same, --format json": "import numpy",
    "window_ner.load()": "import numpy",
}


def start_table(rounds: int) -> str:
    """Time whole processes, in turns; a ratio is the median of those of the rounds.

    The first round, which is not counted, compiles the modules into a folder for this purpose, as
    pip does when it installs a package. A checkout has no compiled modules if the environment says
    PYTHONDONTWRITEBYTECODE.
    """
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in _PROGRAMS}
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, **ONE_THREAD, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for number in range(rounds + 1):
            for name, arguments in _PROGRAMS.items():
                command = [sys.executable, "-c", *arguments]
                run = partial(
                    subprocess.run, command, env=environment, check=True, capture_output=True
                )
                clocks = both_clocks(run)
                if number:
                    times[name].append(clocks)
    rows = []
    for name, of_name in times.items():
        busy, clock = (1e3 * median(each) for each in zip(*of_name, strict=True))
        ratio = "–"
        if other := _BESIDE.get(name):
            pairs = zip(of_name, times[other], strict=True)
            ratio = f"{median(own[0] / base[0] for own, base in pairs):.1f} × {other}"
        rows.append([name, f"{busy:.0f} ms", f"{clock:.0f} ms", ratio])
    return table("whole process | processor time | wall clock | against", rows)
