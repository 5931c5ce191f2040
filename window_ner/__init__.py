"""A word-window named-entity tagger in plain NumPy, every gradient derived by hand."""
