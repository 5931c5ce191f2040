"""The recipes of docs/scale.md for other engines find what the tagger finds."""

import re
from pathlib import Path

import pytest

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402

from window_ner.arrow import tag_table  # noqa: E402

PAGE = (Path(__file__).parents[1] / "docs" / "scale.md").read_text("utf-8")
RECIPES = dict(re.findall(r"^### (\w+[ \w]*)\n\n```py\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
PACKAGES = {"PySpark": "pyspark", "Ray Data": "ray", "DuckDB": "duckdb", "Polars": "polars"}


def test_there_is_a_recipe_for_each_engine():
    assert RECIPES.keys() == PACKAGES.keys()


@pytest.mark.parametrize("engine", PACKAGES)
def test_the_recipe_gives_each_text_its_names(engine, tmp_path, monkeypatch):
    package = PACKAGES[engine]
    pytest.importorskip(package, reason=f"{package} is large and not installed: pip install it")
    monkeypatch.chdir(tmp_path)
    texts = ["Angela Merkel met Tim Cook in Cupertino.", None, "It rains.", "😀 Ann Lee left Oslo."]
    table = pa.table({"id": pa.array(range(40), pa.int64()), "text": texts * 10})
    (tmp_path / "in").mkdir()
    pq.write_table(table, "in/a.parquet", row_group_size=7)
    exec(compile(RECIPES[engine], f"docs/scale.md: {engine}", "exec"), {"__name__": "docs"})
    rows = [row for file in sorted(Path("out").rglob("*.parquet")) for row in read(file)]
    assert sorted(rows, key=lambda row: row["id"]) == tag_table(table).to_pylist()


def read(file):
    return pq.read_table(file).select(["id", "text", "entities"]).to_pylist()
