"""What a user did can be wrong: one class for it, so that the commands can say so in one line."""


class InputError(ValueError):
    """A file, a setting or a call is wrong. The message says what, where and what to do."""


_TRAIN_EXTRA = {"gensim": "gensim", "sklearn": "scikit-learn", "seqscore": "seqscore"}
"""Modules that training and scoring import -> the packages they are in."""


def require_train_extra(what: str) -> None:
    """Refuse to begin what would fail later: who only tags need not have all packages.

    Raises
    ------
    InputError
        If a package is not installed that ``what``, such as "training", needs.
    """
    from importlib.util import find_spec

    missing = [package for module, package in _TRAIN_EXTRA.items() if find_spec(module) is None]
    if missing:
        raise InputError(
            f"{what} needs more than tagging does: {', '.join(missing)} not installed; "
            "pip install 'window-ner[train]'"
        )
