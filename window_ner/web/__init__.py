"""The page and the HTTP API of ``window-ner serve``, and the page of ``window-ner annotate``.

Read `app.py` first: it names every address. `safety.py` and `body.py` hold what protects the
server, `work_queue.py` what keeps it quick when many ask at once. The page is plain HTML, CSS and
JavaScript in `static`, without a build step; it loads nothing from elsewhere.
"""
