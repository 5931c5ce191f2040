import pytest


@pytest.fixture
def file(tmp_path):
    """Write bytes or text to a file; return its name as it is given to --vectors."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write
