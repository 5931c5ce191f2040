import json
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import partial

import pytest

pytest.importorskip("starlette", reason="needs the extra web: pip install '.[web]'")


@pytest.fixture(scope="session")
def tagger():
    import window_ner

    return window_ner.load()


@pytest.fixture(scope="session")
def models(tagger):
    from window_ner.web.served import ServedModel

    return {"english": ServedModel("english", tagger)}


@pytest.fixture(scope="session")
def client(models):
    """A client of the app in this process."""
    from starlette.testclient import TestClient

    from window_ner.cli.serve import _exports
    from window_ner.web.app import make_app

    app = make_app(models, _exports(), origins=["https://friend.example"])
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


class Server:
    """A command that serves a page in a process of its own."""

    def __init__(self, *arguments, folder=None):
        command = [sys.executable, "-m", "window_ner", *arguments, "--port", "0"]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=folder
        )
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(line)
            if found := re.search(r"http://(\S+):(\d+)/", line):
                self.url, self.port = found[0], int(found[2])
                return
        raise AssertionError("".join(self.lines))

    def stop(self, how=signal.SIGINT):
        """Stop the server; return its exit code and what else it printed."""
        self.process.send_signal(how)
        _, printed = self.process.communicate(timeout=60)
        return self.process.returncode, printed


@pytest.fixture(scope="session")
def server():
    """A running ``window-ner serve`` with the bundled model."""
    running = Server("serve")
    yield running
    running.process.kill()
    running.process.communicate()


@pytest.fixture
def start_server():
    """Start commands that serve; none is left after the test."""
    started = []

    def start(*arguments, **options):
        started.append(Server(*arguments, **options))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


# A browser of few processes and threads takes less processor time.
FEW_PROCESSES = (
    "--disable-gpu",
    "--in-process-gpu",
    "--no-zygote",
    "--num-raster-threads=1",
    "--js-flags=--single-threaded",
)


@pytest.fixture(scope="module")
def browser():
    """Chromium, driven by Playwright; skipped where one of them is missing.

    Each module has its own, because Playwright runs an event loop in this thread until it ends.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("needs a browser: apt-get install chromium, or set CHROMIUM to its path")
    with playwright.sync_playwright() as driver:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        chromium = driver.chromium.launch(executable_path=path, args=[*sandbox, *FEW_PROCESSES])
        yield chromium
        chromium.close()


UNTIL = """
new Promise((hold, fail) => {
  const end = Date.now() + 300_000;
  const look = () =>
    (CONDITION) ? hold() : Date.now() < end ? setTimeout(look, 50) : fail("never: " + NAME);
  look();
})
"""


def _until(page, condition):
    """Wait until a condition in JavaScript holds, also on a busy machine.

    The page itself looks: each question from here costs the browser a few milliseconds. The page's
    own policy forbids Playwright's waiter, which evaluates text in the page.
    """
    page.evaluate(UNTIL.replace("NAME", json.dumps(condition)).replace("CONDITION", condition))


class Pages:
    """Pages in windows of their own, which must be quiet.

    A page is quiet if it prints nothing to the console and asks no other server.
    """

    def __init__(self, browser):
        self.browser = browser
        self.contexts, self.problems = [], []

    def open(self, url):
        self.contexts.append(self.browser.new_context())
        page = self.contexts[-1].new_page()
        tell = self.problems.append
        page.on("console", lambda message: tell(f"console: {message.text}"))
        page.on("pageerror", lambda error: tell(f"error: {error}"))
        page.on("request", lambda asked: asked.url.startswith(url) or tell(asked.url))
        page.set_default_timeout(300_000)
        page.until = partial(_until, page)
        page.goto(url)
        return page

    def check(self):
        """Check that the pages were quiet since the last check."""
        problems = [p for p in self.problems if not p.startswith(("blob:", "data:"))]
        self.problems.clear()
        assert problems == []

    def close(self):
        for context in self.contexts:
            context.close()
        self.check()


@pytest.fixture(scope="module")
def pages(browser):
    """Pages for all tests of a file."""
    pages = Pages(browser)
    yield pages
    pages.close()


@pytest.fixture
def own_pages(browser):
    """Pages for one test."""
    pages = Pages(browser)
    yield pages
    pages.close()


@pytest.fixture
def open_page(own_pages):
    """Open a page for one test."""
    return own_pages.open
