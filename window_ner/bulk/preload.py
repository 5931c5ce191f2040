# ruff: noqa: F401
"""Imports what each worker needs; for the process from which workers are forked."""

from window_ner.bulk.start import uncollected

with uncollected():
    import distributed.nanny
    import fsspec.implementations.local

    import window_ner.bulk.parquet
    import window_ner.bulk.work
