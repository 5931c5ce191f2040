"""Looking into a model: explanations, gradient checks, moved word vectors."""
