"""How the memory of freed arrays is used again."""

import numpy as np

_LARGEST = 30 << 20
"""In bytes; glibc keeps no blocks of 32 MiB and more."""


def keep_freed_memory() -> None:
    """Let the C library keep the memory of freed arrays for the next ones; it takes 20 µs.

    glibc gives the memory of a large array back to the system when the array is freed, and the
    system clears each page that it hands out again. Tagging a stream of texts needs the same arrays
    for each batch; clearing them took an eighth of the time to tag known words, and a twentieth for
    new ones. But once a block of some size was freed, glibc keeps smaller ones (mallopt(3),
    M_MMAP_THRESHOLD). So one is freed here; as nothing is written to it, it takes no memory. With
    other C libraries this does nothing.
    """
    np.empty(_LARGEST, np.uint8)
