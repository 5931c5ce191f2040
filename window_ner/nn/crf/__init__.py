"""Conditional random fields over sentences: likelihood, marginals and best paths."""
