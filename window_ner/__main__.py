"""``python -m window_ner``."""

from window_ner.cli import program

program()
