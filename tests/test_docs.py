"""Run every Python block of the documentation and compare the output that a page shows."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
NEEDS = {"presidio.md": "presidio_analyzer", "spacy.md": "spacy"}
"""Pages whose code needs a package that is not always installed."""

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_page(text, filename):
    """Run the ```python blocks of a page in order, in one namespace.

    If a ```text block follows directly, the output must be exactly this text.
    """
    namespace = {"__name__": "docs"}
    blocks = list(BLOCK.finditer(text))
    for block, after in zip(blocks, [*blocks, None][1:], strict=True):
        if block[1] != "python":
            continue
        lines_before = "\n" * (
            text.count("\n", 0, block.start()) + 1
        )  # so that errors show the right line
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(lines_before + block[2], filename, "exec"), namespace)
        if after and after[1] == "text" and not text[block.end() : after.start()].strip():
            assert output.getvalue() == after[2], f"{filename}: the output differs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_the_page_runs_and_prints_what_the_page_says(page, monkeypatch):
    if package := NEEDS.get(page.name):
        pytest.importorskip(package, reason=f"the code of this page needs {package}")
    monkeypatch.chdir(ROOT)
    run_page(page.read_text("utf-8"), str(page))


RIGHT = """\
```python
x = 1
```

Words between the blocks.

```python
print(x + 1)
```

```text
2
```
"""


def test_blocks_share_one_namespace_and_their_output_is_compared():
    run_page(RIGHT, "page.md")


def test_a_page_with_another_output_fails():
    with pytest.raises(AssertionError, match=r"page\.md"):
        run_page(RIGHT.replace("\n2\n", "\n3\n"), "page.md")


def test_an_error_in_a_block_says_its_line():
    with pytest.raises(ZeroDivisionError) as error:
        run_page(RIGHT.replace("x + 1", "x / 0"), "page.md")
    last = error.traceback[-1]
    assert (str(last.path).endswith("page.md"), last.lineno + 1) == (True, 8)


def test_only_text_right_under_a_block_is_its_output():
    run_page(RIGHT.replace("```text", "A remark.\n\n```text").replace("\n2\n", "\n3\n"), "page.md")


def test_a_page_may_have_no_code():
    run_page("# Words alone\n", "page.md")


def test_the_answers_that_pages_show_are_those_of_the_bundled_model(english):
    readme, predict, serve = (
        (ROOT / name).read_text("utf-8")
        for name in ("README.md", "docs/predict.md", "docs/serve.md")
    )

    def shown(pattern, page):
        (score,) = re.findall(pattern, page)
        return float(score)

    for name, label, *_, score, _, _, _ in english(
        "Angela Merkel met Tim Cook at Apple in Cupertino."
    ):
        assert shown(rf"\[{name} \| {label} (.*?)\]", readme) == pytest.approx(score, abs=0.006)
        assert shown(rf'"score": (.*?), "word": "{name}"', serve) == pytest.approx(score, abs=1e-3)
    (oslo,) = english("In Oslo.")
    assert shown('"end": 7, "score": (.*?)}', predict) == pytest.approx(oslo.score, abs=1e-3)
