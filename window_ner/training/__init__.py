"""Training: from settings and a corpus to a trained model."""
