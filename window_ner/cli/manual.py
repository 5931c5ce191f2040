"""The page ``docs/cli.md``, made of the commands themselves: ``make docs``."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import typer

from window_ner.cli import app

_HEAD = """\
# The commands

Made of the code by `make docs`; what is wrong here is wrong in `window_ner/cli`. A test holds the
two together. `window-ner COMMAND --help` says the same.
"""

_GENERAL = """\
## Exit codes

| code | when |
| ---: | --- |
| 0 | done; also if whoever reads the results has seen enough (`window-ner predict … \\| head`) |
| 1 | `gradcheck` has found a gradient to be wrong |
| 2 | the input or the call is wrong; one line on stderr says what, where, and what to do |
| 130 | interrupted by Ctrl-C or SIGTERM; a training keeps its best model so far |

Results are on stdout, and nothing else is. Progress is on stderr: bars and tables if
that is a terminal, else one line an epoch from `train`.

## Environment

| variable | what it does |
| --- | --- |
| `WINDOW_NER_MODEL` | the model of a command that names none |
| `NO_COLOR` | if it is set, to whatever but nothing: no colours |
| `FORCE_COLOR` | colours in pipes and files too |
| `TERM` | if it is `dumb`: no colours, and `predict` shows no progress |
| `XDG_DATA_HOME` | instead of `~/.local/share` on Linux: where to remember which model `last` is |
| `WINDOW_NER_CACHE` | the folder for copies of word vectors that load quickly |
| `XDG_CACHE_HOME` | instead of `~/.cache` on Linux: where that folder is, called `window-ner` |
| `WINDOW_NER_TRACEBACK` | if it is set: as `--traceback` |
| `TMPDIR` | instead of `/tmp`: where a model is put that cannot be written to `--output` |

## Files

| file | what it is |
| --- | --- |
| `models/NAME` | what `train` writes unless `--output` says where; a folder, never code |
| `models/NAME/weights.safetensors` | the weights |
| `models/NAME/settings.json`, `vocabulary.txt`, … | what else the model knows |
| `models/NAME/history.jsonl` | scores and times of each epoch, a line each |
| `models/NAME/manifest.json` | version of the format, and checksums of the other files |
| `models/NAME/checkpoint…` | while a training is not over: what `--resume` needs |
| `models/NAME-report.html` | what `report` writes |
| `models/.NAME.training`, `.NAME.lock` | locks; one that was left is in nobody's way |
| `~/.local/share/window-ner/last-model` | which model `last` is |
| `~/.cache/window-ner` | copies of word vectors; may be removed at any time |
| `NAME.toml` | a config; those that come along are in [configs/](../configs) |
"""


def manual() -> str:
    """Write the page, in Markdown."""
    program: Any = typer.main.get_command(app)  # of Click, in whichever copy typer has it
    context = typer.Context(program, info_name="window-ner", **program.context_settings)
    return "\n".join([_HEAD, *_program(program, context), _GENERAL])


def _program(program: Any, context: Any) -> Iterator[str]:
    yield from _command(program, context)
    summaries = {n: command.help.partition("\n")[0] for n, command in program.commands.items()}
    rows = [f"| [{name}](#window-ner-{name}) | {text} |" for name, text in summaries.items()]
    yield "\n".join(["| command | |", "| --- | --- |", *rows]) + "\n"
    for name, command in program.commands.items():
        yield from _command(command, typer.Context(command, info_name=name, parent=context))


def _command(command: Any, context: Any) -> Iterator[str]:
    """Yield the parts of a section: what the command is called with, what it does, its options."""
    path = context.command_path
    description, _, examples = command.help.partition("\b\n")
    yield f"## {path}\n"
    yield f"```text\n{path} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    yield f"{description.strip()}\n"
    kinds: dict[str, list[str]] = {"argument": [], "option": []}
    for parameter in command.get_params(context):
        kinds[parameter.param_type_name].append(_row(*parameter.get_help_record(context)))
    for kind, rows in kinds.items():
        if rows:
            yield "\n".join([f"| {kind} | | default |", "| --- | --- | --- |", *rows]) + "\n"
    if examples:
        lines = [line.removeprefix("  ") for line in examples.splitlines()[1:]]
        yield "```sh\n" + "\n".join(lines) + "\n```\n"


def _row(name: str, text: str) -> str:
    """Make a row of a table of what Click shows of a parameter: what it does  [default: …; …]."""
    does, _, extra = text.partition("  [")
    default, _, limits = extra.removesuffix("]").removeprefix("default: ").partition("; ")
    if in_words := re.fullmatch(r"(.*) \(default: (.*)\)\.", does):
        does, default = f"{in_words[1]}.", in_words[2]
    elif default == "required":
        default = "must be given"
    elif default:
        default = f"`{default}`"
    does += f" ({limits})" if limits else ""
    cells = (cell.replace("|", r"\|") for cell in (f"`{name}`", does, default))
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.write(manual())
