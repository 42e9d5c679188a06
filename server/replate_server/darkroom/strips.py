"""A picture worked on in strips of rows, on as many cores as this process may use."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import cv2

_PIXELS = 1 << 15
"""In a strip: few enough to stay in a core's cache from step to step."""


def in_strips(height: int, width: int, work: Callable[[slice], None]) -> None:
    """Has `work` done on every strip of rows of a picture, each once, in no order and several at a time.

    `work` writes to its own rows alone. It takes as many threads as OpenCV may (`cv2.setNumThreads`), and runs
    numpy, which lets others on meanwhile. The first error is raised. Not to be called within `work`.
    """
    step = max(_PIXELS // max(width, 1), 1)
    strips = [slice(start, min(start + step, height)) for start in range(0, height, step)]
    threads = min(cv2.getNumThreads(), len(strips))
    if threads < 2:
        for rows in strips:
            work(rows)
        return
    for _ in _pool(cv2.getNumThreads()).map(work, strips):
        """Waited for, and its error raised."""


@lru_cache(maxsize=1)
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="darkroom")
