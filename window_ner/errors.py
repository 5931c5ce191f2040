"""The error for wrong input from the user, which the commands print in one line."""


class InputError(ValueError):
    """An error in the user's input: a file, a setting or a call.

    The message says what is wrong, where, and what to do.
    """


_TRAIN_EXTRA = {"gensim": "gensim", "sklearn": "scikit-learn", "seqscore": "seqscore"}
"""Modules that training and scoring import -> the packages that provide them."""


def require_train_extra(what: str) -> None:
    """Check that the packages of the extra ``train`` are installed.

    Raises
    ------
    InputError
        If a package is missing that ``what``, such as "training", needs.
    """
    from importlib.util import find_spec

    missing = [package for module, package in _TRAIN_EXTRA.items() if find_spec(module) is None]
    if missing:
        raise InputError(
            f"{what} needs packages that are not installed: {', '.join(missing)}; "
            "pip install 'window-ner[train]'"
        )


def require_web_extra(command: str) -> None:
    """Check that the packages of the extra ``web`` are installed.

    Raises
    ------
    InputError
        If a package is missing that the command needs.
    """
    from importlib.util import find_spec

    missing = [package for package in ("starlette", "uvicorn") if find_spec(package) is None]
    if missing:
        raise InputError(
            f"{command} needs packages that are not installed: {', '.join(missing)}; "
            "pip install 'window-ner[web]'"
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
