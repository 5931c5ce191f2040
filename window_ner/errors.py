"""The error for wrong input from the user, which the commands print in one line."""

from collections.abc import Sequence

MOST_LISTED = 20
"""The largest number of labels that a message lists."""


class InputError(ValueError):
    """An error in the user's input: a file, a setting or a call.

    The message says what is wrong, where, and what to do.
    """


def reason(error: Exception) -> str:
    """Return why something failed: of a system error the words, without its number and path."""
    return getattr(error, "strerror", None) or str(error)


def listed(words: Sequence[str], most: int = MOST_LISTED) -> str:
    """List words for a message, and only count those after the first ``most``.

    >>> listed(["PER", "LOC", "ORG", "MISC"], most=2)
    'PER, LOC and 2 more'
    """
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more:,} more" if more > 0 else "")


_EXTRAS = {
    "train": {"gensim": "gensim", "sklearn": "scikit-learn", "seqscore": "seqscore"},
    "web": {"starlette": "starlette", "uvicorn": "uvicorn"},
    "bulk": {"pyarrow": "pyarrow", "distributed": "distributed", "fsspec": "fsspec"},
}
"""Extra -> the modules that it is for -> the packages that provide them."""


def require_extra(extra: str, what: str) -> None:
    """Check that the packages of an extra (train, web or bulk) are installed.

    Raises
    ------
    InputError
        If a package is missing that ``what``, such as "training", needs.
    """
    from importlib.util import find_spec

    packages = _EXTRAS[extra]
    missing = [package for module, package in packages.items() if find_spec(module) is None]
    if missing:
        raise InputError(
            f"{what} needs packages that are not installed: {', '.join(missing)}; "
            f"pip install 'window-ner[{extra}]'"
        )


def require_matplotlib(what_needs: str, besides: str = "") -> None:
    """Check for matplotlib before a picture is drawn.

    Parameters
    ----------
    what_needs
        The beginning of the message, such as "the picture needs".
    besides
        The end of the message.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise InputError(
            f"{what_needs} matplotlib: pip install 'window-ner[plots]'{besides}"
        ) from None
