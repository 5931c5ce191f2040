# ruff: noqa: F401
"""Imports what each worker needs; for the process from which workers are forked."""

import signal

from window_ner.bulk.start import garbage_collection_off

# A terminal sends Ctrl-C to all processes of a command. The command itself ends the others, which
# would each print a traceback.
signal.signal(signal.SIGINT, signal.SIG_IGN)

with garbage_collection_off():
    import distributed.nanny
    import fsspec.implementations.local

    import window_ner.bulk.parquet
    import window_ner.bulk.work
