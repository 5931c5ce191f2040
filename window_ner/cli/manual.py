"""Generates ``docs/cli.md`` and the page of ``--help`` from the commands: ``make docs``."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import typer

from window_ner.cli.app import app

_HEAD = """\
# The commands

`make docs` generates this page from `window_ner/cli`; correct mistakes there. A test checks that it
is up to date. `window-ner COMMAND --help` says the same.
"""

_GENERAL = """\
## Exit codes

| code | when |
| ---: | --- |
| 0 | done; also if the reader of the results stops early (`window-ner predict … \\| head`) |
| 1 | `gradcheck` has found a wrong gradient, or a part of `bulk` failed |
| 2 | the input or the call is wrong; one line on stderr says what, where, and what to do |
| 130 | interrupted by Ctrl-C or SIGTERM; a training keeps its best model so far |

Results go to stdout, and nothing else does. Progress goes to stderr: bars and tables if stderr is a
terminal, else one line an epoch from `train`.

## Environment

| variable | what it does |
| --- | --- |
| `WINDOW_NER_MODEL` | the model to use if there is no `--model` |
| `NO_COLOR` | if it is set and not empty: no colours |
| `FORCE_COLOR` | colours in pipes and files too |
| `TERM` | if it is `dumb`: no colours, and `predict` shows no progress |
| `XDG_DATA_HOME` | Linux: used instead of `~/.local/share`, to remember which model `last` is |
| `WINDOW_NER_CACHE` | the folder for copies of word vectors that load quickly |
| `XDG_CACHE_HOME` | Linux: used instead of `~/.cache`, for copies of word vectors |
| `WINDOW_NER_TRACEBACK` | if it is set: the same as `--traceback` |
| `HF_HOME` | where models of the Hugging Face Hub are kept (`~/.cache/huggingface`) |
| `TMPDIR` | used instead of `/tmp`: where a model is saved if it cannot be written to `--output` |

## Files

| file | what it is |
| --- | --- |
| `models/NAME` | the model folder that `train` writes without `--output`; it contains no code |
| `models/NAME/weights.safetensors` | the weights |
| `models/NAME/settings.json`, `vocabulary.txt`, … | the rest of the model |
| `models/NAME/history.jsonl` | scores and time of each epoch, one epoch a line |
| `models/NAME/README.md` | the model card, which you may edit; the Hugging Face Hub shows it |
| `models/NAME/manifest.json` | version of the format, and checksums of all but the card |
| `models/NAME/checkpoint…` | what `--resume` needs, until the training is complete |
| `models/NAME-report.html` | the page that `report` writes |
| `models/.NAME.training`, `.NAME.lock` | locks; a leftover lock does no harm |
| `~/.local/share/window-ner/last-model` | which model `last` is |
| `~/.cache/window-ner` | copies of word vectors; may be removed at any time |
| `NAME.toml` | a config; the bundled ones are in [configs/](../configs) |
"""

_HELP_PAGE = '''\
"""What ``window-ner --help`` prints. ``make docs`` makes this file."""

HELP = """\\
{}
"""
'''


def help_page() -> str:
    """Return the module ``window_ner/cli/help_page.py``."""
    program, context = _whole()
    context.terminal_width = 78  # what typer takes in a terminal of 80 columns or more
    return _HELP_PAGE.format(program.get_help(context))


def manual() -> str:
    """Return the page ``docs/cli.md``, in Markdown."""
    program, context = _whole()
    return "\n".join([_HEAD, *_program(program, context), _GENERAL])


def _whole() -> tuple[Any, Any]:
    """Return the whole program and its context, of Click in whichever copy typer has it."""
    program: Any = typer.main.get_command(app)
    return program, typer.Context(program, info_name="window-ner", **program.context_settings)


def _program(program: Any, context: Any) -> Iterator[str]:
    yield from _command(program, context)
    summaries = {n: command.help.partition("\n")[0] for n, command in program.commands.items()}
    rows = [f"| [{name}](#window-ner-{name}) | {text} |" for name, text in summaries.items()]
    yield "\n".join(["| command | |", "| --- | --- |", *rows]) + "\n"
    for name, command in program.commands.items():
        yield from _command(command, typer.Context(command, info_name=name, parent=context))


def _command(command: Any, context: Any) -> Iterator[str]:
    """Yield the parts of a section: the usage of the command, its description, its options."""
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
    """Make a table row from the help that Click shows for a parameter: text  [default: …; …]."""
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
    sys.stdout.write(help_page() if sys.argv[1:] == ["help"] else manual())
