"""A picture worked on in strips of rows, on as many cores as this process may use."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import cv2

_PIXELS = 1 << 17
"""In a strip: few enough to stay near a core from step to step, and so many that no step is over at once. Threads take
turns at the interpreter between any two steps; with steps of microseconds they do nothing else."""
_MOST_THREADS = 8
"""More do not get through sooner, for the same reason."""


def in_strips(height: int, width: int, work: Callable[[slice], None]) -> None:
    """Has `work` done on every strip of rows of a picture, each once, in no order and several at a time.

    `work` writes to its own rows alone, with numpy, which lets other threads on meanwhile. There are as many threads
    as OpenCV may have (`cv2.setNumThreads`), eight at most. The first error is raised. Not to be called within `work`.
    """
    step = max(_PIXELS // max(width, 1), 1)
    strips = [slice(start, min(start + step, height)) for start in range(0, height, step)]
    threads = min(cv2.getNumThreads(), _MOST_THREADS)
    if threads < 2 or len(strips) < 2:
        for rows in strips:
            work(rows)
        return
    for _ in _pool(threads).map(work, strips):
        """Waited for, and its error raised."""


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="darkroom")
