"""Analysing a model: explanations, gradient checks, and how training moved the word vectors."""
