# ruff: noqa: F401
"""Imports what each worker needs; for the process from which workers are forked."""

from window_ner.bulk.start import made_to_last

with made_to_last():
    import distributed.nanny
    import fsspec.implementations.local

    import window_ner.bulk.parquet
    import window_ner.bulk.work
