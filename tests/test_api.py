"""What a Python program sees."""

import doctest
import subprocess
import sys

import pytest

import window_ner


def test_the_example_of_the_package_is_true():
    assert doctest.testmod(window_ner).failed == 0


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, window_ner; print(*sorted(m for m in sys.modules if m == 'numpy'))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert done.stdout.strip() == b""


def test_every_public_name_is_there():
    for name in window_ner.__all__:
        assert getattr(window_ner, name)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nlp'"):
        window_ner.nlp  # noqa: B018


def test_a_model_that_is_not_there_is_an_input_error():
    with pytest.raises(window_ner.InputError, match="no such model folder"):
        window_ner.load("english-gnus")


def test_a_model_is_found_by_its_name_from_anywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert window_ner.load("english-news").tag(["Paris"]) == ["B-LOC"]
