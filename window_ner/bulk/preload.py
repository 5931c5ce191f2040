# ruff: noqa: F401
"""Imports what each worker needs; for the process from which workers are forked."""

from window_ner.bulk.start import garbage_collection_off

with garbage_collection_off():
    import distributed.nanny
    import fsspec.implementations.local

    import window_ner.bulk.parquet
    import window_ner.bulk.work
