"""What the network is trained for: from tags to a loss, and from scores back to tags.

=============  ======================  ================================  ====================
objective      scores of a window      loss                              decision
=============  ======================  ================================  ====================
logistic       1: part of a name?      cross-entropy of each window      s > threshold
max-margin     1                       true windows above corrupted      s > threshold
softmax        1 per tag               cross-entropy of each window      best score
crf            1 per tag               likelihood of the sentence        Viterbi
=============  ======================  ================================  ====================

An objective of one score knows names without labels; its only label is `NAME`. The others are
trained on BIOES tags, whatever scheme the corpus is written in.

Where scores become probabilities of spans they are divided by a temperature, a parameter that is
not trained but fitted on dev (`window_ner.calibration`); no decision depends on it.
"""
