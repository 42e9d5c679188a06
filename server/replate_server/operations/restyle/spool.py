"""Arrays put aside in a file: more frames lie between two keyframes than memory may hold."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from numpy.typing import NDArray


class Spool:
    """Arrays by number."""

    def __init__(self, file: IO[bytes]) -> None:
        """`file` is empty, and open for as long as the spool is used."""
        self._file = file
        self._places: dict[int, list[tuple[int, tuple[int, ...], np.dtype[Any]]]] = {}

    def put(self, number: int, *arrays: NDArray[Any]) -> None:
        self._places[number] = []
        for array in arrays:
            self._places[number].append((self._file.seek(0, 2), array.shape, array.dtype))
            self._file.write(np.ascontiguousarray(array).data)

    def get(self, number: int) -> list[NDArray[Any]]:
        """The arrays of a number, as they were put."""
        found = []
        for start, shape, kind in self._places[number]:
            self._file.seek(start)
            array = np.empty(shape, kind)
            self._file.readinto(array.data.cast("B"))  # type: ignore[attr-defined]
            found.append(array)
        return found

    def __contains__(self, number: int) -> bool:
        return number in self._places
