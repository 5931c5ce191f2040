"""Finds the names in many large files, on the cores of this machine or a cluster, with Dask.

Files are cut into parts of a fixed number of rows (`parts`). A worker tags a part and writes one
file of the output (`work`). What was written is recorded (`job`, `receipts`), so the same command
goes on where an earlier one ended (`run`).
"""
