"""A trained model, and the tagger that it makes."""
