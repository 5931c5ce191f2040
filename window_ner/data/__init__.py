"""From text to the input of the network: corpora, tokens, vocabulary, features, windows."""
