"""What the name of a text file says about its format."""

from pathlib import Path


def ending_of(file: Path | str) -> str:
    """Return the ending of a file's name in lower case and without .gz, like ``.jsonl``."""
    return Path(Path(file).name.lower().removesuffix(".gz")).suffix
