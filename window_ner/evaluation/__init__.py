"""Measuring a model: scores, mistakes, and the reliability of its probabilities."""
