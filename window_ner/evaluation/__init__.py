"""How good a model is: scores, mistakes and reliability."""
