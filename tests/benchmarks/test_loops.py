"""The benchmark of loops against matrices runs. These tests do not check its figures."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
from numpy.testing import assert_allclose
from threadpoolctl import threadpool_info

_SCRIPT = Path(__file__).parents[2] / "benchmarks" / "loops.py"
_spec = importlib.util.spec_from_file_location("loops", _SCRIPT)
loops = importlib.util.module_from_spec(_spec)
sys.modules["loops"] = loops
_spec.loader.exec_module(loops)


def test_the_loop_and_the_matrix_product_compute_the_same():
    rng = np.random.default_rng(0)
    W, b, X = rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(6, 4))
    expected = loops.at_once(W, b, X)
    assert_allclose(loops.in_a_loop(W, b, list(X)), expected, rtol=1e-12)
    assert_allclose(loops.by_numbers(W.tolist(), b.tolist(), X.tolist()), expected, rtol=1e-12)


def test_the_table_has_a_row_for_each_case():
    _, _, *rows = loops.table(seconds=0.001).split("\n")
    assert [row.split(" | ")[0] for row in rows] == [f"| {case.name}" for case in loops.CASES]
    assert all(row.endswith("× |") for row in rows)


def test_the_threads_of_blas_are_as_many_after_the_measurement_as_before():
    before = [(pool["filepath"], pool["num_threads"]) for pool in threadpool_info()]
    loops.measure(loops.CASES[1], seconds=0.001)
    assert [(pool["filepath"], pool["num_threads"]) for pool in threadpool_info()] == before
