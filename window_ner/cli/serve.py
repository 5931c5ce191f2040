"""``window-ner serve``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from window_ner.cli import MODEL_VARIABLE
from window_ner.cli.options import Verbose, complete_models
from window_ner.storage.hub import PREFIX
from window_ner.storage.places import real_path

if TYPE_CHECKING:
    from window_ner.web.served import Export, Found, ServedModel

Host = Annotated[
    str,
    typer.Option(
        "--host",
        metavar="ADDRESS",
        help="The address to listen on; 0.0.0.0 lets other machines in.",
    ),
]
Port = Annotated[
    int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes any free port.")
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="NAME",
        help="A name under which browsers may reach the server, besides localhost and IP "
        "addresses. May be repeated.",
    ),
]


def serve(
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="MODEL",
            autocompletion=complete_models,
            help="A model folder, the name of a bundled model, hf://user/model, or last; repeat it "
            "to offer several models (default: $WINDOW_NER_MODEL, else english).",
        ),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    allow_host: AllowHost = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin",
            metavar="ORIGIN",
            help="A page of another server that may use the API, like https://example.org. May be "
            "repeated.",
        ),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Find names in the browser, and over HTTP.

    The page shows the names as you type, and why a word is one: what each word of its window adds,
    and the network with its values and gradients. POST /api/tag answers programs as Hugging Face's
    token classification does; /openapi.json describes all of the API. Nothing leaves this machine,
    and no text is written to a log. Ctrl-C stops the server.

    \b
    Examples:
      window-ner serve
      window-ner serve --model english --model models/lecture --port 8080
      curl -H 'Content-Type: application/json' -d '{"inputs": "Angela Merkel"}' \\
        http://127.0.0.1:8000/api/tag
    """
    from window_ner.errors import require_extra

    require_extra("web", "serve")
    from window_ner.web.app import make_app
    from window_ner.web.server import address_of, listen, run

    with listen(host, port) as listener:
        served = load_served(model, verbose=verbose)
        app = make_app(served, _exports(), hosts=allow_host or (), origins=allow_origin or ())
        address = address_of(listener)
        run(
            app, listener, ready=lambda: typer.echo(f"serving  {address}  (Ctrl-C stops)", err=True)
        )


def load_served(named: list[str] | None, *, verbose: bool) -> "dict[str, ServedModel]":
    """Load the models and give each a name; equal names get numbers."""
    from window_ner.cli.models import find_model, load_model
    from window_ner.web.served import ServedModel

    served: dict[str, ServedModel] = {}
    default = os.environ.get(MODEL_VARIABLE) or None  # one model: its path may contain spaces
    for each in named or (default,):
        stem = name = _name_of(each, find_model(each))
        number = 1
        while name in served:
            number += 1
            name = f"{stem}-{number}"
        served[name] = ServedModel(name, load_model(each, verbose=verbose))
    return served


def _name_of(named: str | None, folder: Path) -> str:
    if named and named.startswith(PREFIX):
        return named.removeprefix(PREFIX)  # its folder in the cache is named after a commit
    return real_path(folder).name


def _exports() -> "dict[str, Export]":
    """Return the formats of downloads: some of those of ``predict``."""
    from functools import partial

    from window_ner.web.served import Export

    types = {
        "json": "application/json",
        "jsonl": "application/jsonl",
        "csv": "text/csv",
        "html": "text/html",
        "conll": "text/plain",
    }
    return {name: Export(kind, partial(_written, name)) for name, kind in types.items()}


def _written(form: str, found: "Found") -> str:
    """Return a text with its names as ``predict`` writes it."""
    import io

    from window_ner.cli.predict.documents import Answer, Document
    from window_ner.cli.predict.writers import Format, make_writer

    writer = make_writer(Format(form), io.StringIO(), [])
    answer = Answer(Document(found.text), found.tokenized, found.entities)
    return writer.head() + writer.body([answer]) + writer.foot()
