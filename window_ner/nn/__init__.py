"""The mathematics of the network: every function with its hand-derived gradient beside it.

The modules of this package work on arrays only. They know no words, read no files and print
nothing.
"""
