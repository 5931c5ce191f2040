"""From text to the numbers that the network takes: corpora, tokens, vocabulary, features, windows."""
