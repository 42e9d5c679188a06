"""Keeps the memory of chunks that come and go, and gives it back when asked."""

from __future__ import annotations

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, of <malloc.h>."""
_MOST_KEPT = 256 << 20
_MOST_RECYCLED = 32 << 20


def keep_freed_memory() -> None:
    """Has glibc keep freed blocks of up to 32 MiB for reuse.

    By default it gives each chunk of a stream back to the kernel and asks for another, and the kernel clears
    every page of it again: on a busy stream that costs more than all copies together. Elsewhere than on glibc
    nothing is done.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_TRIM_THRESHOLD, _MOST_KEPT)
        libc.mallopt(_MMAP_THRESHOLD, _MOST_RECYCLED)


def give_back_freed_memory() -> None:
    """Has glibc return to the machine all that is free, wherever in its heaps; takes milliseconds.

    By itself it returns what lies at the end of a heap alone, of which `keep_freed_memory` has it keep a part, and a
    large model's many tensors lie between others. Elsewhere than on glibc nothing is done.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
