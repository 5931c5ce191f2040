"""Draw the pictures of the documentation, from the project's own functions.

Needs matplotlib: pip install '.[plots]'. Then, in about three minutes, all of them, or those of the
pages that are named:

    python -m benchmarks.pictures
    python -m benchmarks.pictures learning deep_stacks
"""

import sys

import matplotlib as mpl

from benchmarks.pictures import deep_stacks, learning, neural_networks
from benchmarks.pictures.drawing import STYLE

PAGES = {
    page.__name__.rpartition(".")[2]: page for page in (neural_networks, learning, deep_stacks)
}


def main() -> None:
    mpl.rcParams.update(STYLE)
    for name in sys.argv[1:] or PAGES:
        if name not in PAGES:
            sys.exit(f"no pictures for {name!r}; known: {', '.join(PAGES)}")
        PAGES[name].draw_all()


if __name__ == "__main__":
    main()
