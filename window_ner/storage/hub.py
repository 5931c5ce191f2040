"""Models of the Hugging Face Hub: ``hf://user/model``, or ``hf://user/model@revision``."""

from pathlib import Path

from window_ner.errors import InputError

PREFIX = "hf://"

_FILES = ["*.json", "*.jsonl", "*.txt", "*.safetensors", "README.md"]
"""The files of a model folder. Nothing else of a repository is downloaded, and no code."""


def download_model(name: str) -> Path:
    """Download a model, or find it in the cache of the Hub; return its folder.

    Parameters
    ----------
    name
        ``hf://user/model``; ``@revision`` chooses a branch, a tag or a commit.

    Raises
    ------
    InputError
        If huggingface_hub is not installed, the name is wrong, or there is no such model.
    """
    try:
        from huggingface_hub import errors, snapshot_download
    except ModuleNotFoundError:
        raise InputError(f"{name}: needs huggingface_hub: pip install 'window-ner[hub]'") from None
    repository, _, revision = name.removeprefix(PREFIX).partition("@")
    if repository.count("/") != 1:
        raise InputError(f"{name}: expected hf://user/model or hf://user/model@revision")
    try:
        return Path(snapshot_download(repository, revision=revision or None, allow_patterns=_FILES))
    except errors.LocalEntryNotFoundError:
        raise InputError(
            f"{name}: the Hub cannot be reached, and the model is not in its cache"
        ) from None
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError):
        raise InputError(
            f"{name}: the Hub has no such model, or it is private (log in: hf auth login)"
        ) from None
    except errors.HFValidationError:
        raise InputError(f"{name}: is not a name of the Hub") from None
    except (errors.HfHubHTTPError, OSError) as error:
        told = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(f"{name}: cannot be downloaded ({told[0]})") from None
