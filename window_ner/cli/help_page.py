"""What ``window-ner --help`` prints. ``make docs`` makes this file."""

HELP = """\
Usage: window-ner [OPTIONS] COMMAND [ARGS]...

  Find names in English text with a word-window network in plain NumPy.

Options:
  --version             Show the version.
  --traceback           Show where in the code an error came from.
  --install-completion  Install completion for the current shell.
  --show-completion     Show completion for the current shell, to copy it or
                        customize the installation.
  -h, --help            Show this message and exit.

Commands:
  train      Train a tagger on annotated text; keep the best epoch on dev.
  predict    Find names in texts, files, folders or a stream.
  bulk       Find names in many large files, on all cores or a Dask cluster.
  eval       Score a model on annotated text, as conlleval does.
  serve      Find names in the browser, and over HTTP.
  annotate   Mark names in the browser while a model learns them.
  info       Show a model card: training data, scores, weaknesses.
  report     Show a training run as one HTML page.
  explain    Show how a word's score is computed, and what each word adds.
  gradcheck  Compare a network's gradients with differences of its loss.
  pitfall    Measure when to fine-tune the word vectors.

  Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 a gradient
  is wrong or a part of bulk failed, 2 the input or the call is wrong, 130
  interrupted (Ctrl-C, SIGTERM).
  NO_COLOR is respected. --install-completion lets the Tab key complete options,
  models and configs.
"""
