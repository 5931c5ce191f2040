"""The limit of BLAS threads holds inside of the block, and is gone after it."""

import threading

import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from window_ner.nn.threads import blas_threads


def threads_of_blas():
    """Each BLAS of the process with its number of threads."""
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    return {library.filepath: library.num_threads for library in found}


@pytest.fixture(autouse=True)
def two_threads():
    """Start from two threads, whatever the environment says."""
    with threadpool_limits(2, user_api="blas"):
        if set(threads_of_blas().values()) != {2}:
            pytest.skip("this BLAS has one thread only")
        yield


def test_the_limit_holds_inside_and_the_number_before_comes_back():
    with blas_threads(1):
        assert set(threads_of_blas().values()) == {1}
    assert set(threads_of_blas().values()) == {2}


def test_the_number_comes_back_after_an_exception():
    with pytest.raises(ZeroDivisionError), blas_threads(1):
        1 / 0  # noqa: B018
    assert set(threads_of_blas().values()) == {2}


def test_a_library_that_has_fewer_threads_keeps_them():
    with threadpool_limits(1, user_api="blas"):
        with blas_threads(2):
            assert set(threads_of_blas().values()) == {1}
        assert set(threads_of_blas().values()) == {1}


def test_of_nested_limits_the_smallest_holds():
    with blas_threads(1):
        with blas_threads(2):
            assert set(threads_of_blas().values()) == {1}
        assert set(threads_of_blas().values()) == {1}
    assert set(threads_of_blas().values()) == {2}


def test_threads_that_leave_in_another_order_leave_nothing_behind():
    entered, left = threading.Event(), threading.Event()

    def first():
        with blas_threads(1):
            entered.set()
            left.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait(10)
    with blas_threads(1):
        left.set()
        thread.join()
        assert set(threads_of_blas().values()) == {1}
    assert set(threads_of_blas().values()) == {2}
