"""Objectives: they compute a loss from tags, and choose tags by scores.

=============  ======================  ================================  ====================
objective      scores of a window      loss                              decision
=============  ======================  ================================  ====================
logistic       1: part of a name?      cross-entropy of each window      s > threshold
max-margin     1                       true windows above corrupted      s > threshold
softmax        1 per tag               cross-entropy of each window      best score
crf            1 per tag               likelihood of the sentence        Viterbi
=============  ======================  ================================  ====================

An objective with one score finds names without labels; its only label is `NAME`. The others are
trained on BIOES tags, whatever the tag scheme of the corpus.

To turn scores into probabilities of spans, they are divided by a temperature. It is not trained but
fitted on dev (`window_ner.model.calibration`), and no decision depends on it.
"""
