"""Print the version of the project, which is written in pyproject.toml and nowhere else."""

import tomllib
from pathlib import Path

if __name__ == "__main__":
    project = Path(__file__).parents[1] / "pyproject.toml"
    print(tomllib.loads(project.read_text("utf-8"))["project"]["version"])
