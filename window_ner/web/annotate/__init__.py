"""The server of ``window-ner annotate``: a person marks names, and a model learns from them.

`answers.py` says what a sentence and an answer are, `lines.py` how an answer is a line of a file,
`store.py` keeps the answers on disk, `picking.py` chooses the next sentence, `learning.py` trains
in the background, `curve.py` says how good the model is, and `api.py` joins them for the page.
"""
