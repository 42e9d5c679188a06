"""Loops over pixels, compiled by numba, and the random numbers in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compiled when it is first called, for the types it is called with, and kept on the disk.

    It runs without the interpreter's lock.
    """
    return _made(function, fastmath=False)


def loosely_compiled(function: _Function) -> _Function:
    """Likewise, and sums may be taken in any order, which lets several numbers be added at once."""
    return _made(function, fastmath={"reassoc", "contract", "nsz"})


def _made(function: _Function, *, fastmath: bool | set[str]) -> _Function:
    try:
        made: Any = numba.njit(cache=True, nogil=True, fastmath=fastmath)(function)
    except RuntimeError:
        # Where neither the package's folder nor the user's can be written, it is compiled in every process.
        made = numba.njit(nogil=True, fastmath=fastmath)(function)
    return cast(_Function, made)


@compiled
def random_bits(state: NDArray[Any]) -> Any:
    """64 of them, of a `state` [1] uint64 that is not zero: Marsaglia's xorshift."""
    value = state[0]
    value ^= value << np.uint64(13)
    value ^= value >> np.uint64(7)
    value ^= value << np.uint64(17)
    state[0] = value
    return value
