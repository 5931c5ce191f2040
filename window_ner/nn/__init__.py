"""The mathematics: every function stands beside its hand-derived gradient.

This room knows arrays only: no words, no files, no screen.
"""
