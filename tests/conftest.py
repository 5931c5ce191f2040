import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_test_run(tmp_path_factory):
    """Cached word vectors are made anew by each run, and never in the user's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINDOW_NER_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def corpora():
    """The folder of corpora that the project may use but not hand on, such as CoNLL-2003."""
    folder = os.environ.get("WINDOW_NER_CORPORA")
    if not folder:
        pytest.skip("WINDOW_NER_CORPORA is not set: it names the folder of CoNLL-2003 and others")
    path = Path(folder)
    if not path.is_dir():
        pytest.skip(f"WINDOW_NER_CORPORA={folder} is not a folder")
    return path
