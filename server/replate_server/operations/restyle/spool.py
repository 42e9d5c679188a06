"""Sights put aside in a file: more frames lie between two keyframes than memory may hold."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from replate_server.operations.contract import Tensor
from replate_server.operations.restyle.carrying import Sight


class Spool:
    """Sights by number, of pictures of one size."""

    def __init__(self, file: IO[bytes]) -> None:
        """`file` is empty, and open for as long as the spool is used."""
        self._file = file
        self._places: dict[int, int] = {}
        self._size = (0, 0)

    def put(self, sight: Sight) -> None:
        self._places[sight.number] = self._file.seek(0, 2)
        self._size = sight.trust.shape[0], sight.trust.shape[1]
        for plane in (sight.picture, sight.trust, sight.settled, sight.error):
            self._file.write(np.ascontiguousarray(plane, np.float16).data)
        self._file.write(np.ascontiguousarray(sight.home, np.float32).data)

    def __contains__(self, number: int) -> bool:
        return number in self._places

    def get(self, number: int) -> Sight:
        self._file.seek(self._places[number])
        picture, trust, settled, error = (self._read(channels, np.float16) for channels in ((3,), (), (), ()))
        return Sight(number, picture, trust, settled, self._read((2,), np.float32), error)

    def _read(self, channels: tuple[int, ...], kind: type) -> Tensor:
        shape = (*self._size, *channels)
        data = self._file.read(int(np.prod(shape)) * np.dtype(kind).itemsize)
        plane: NDArray[Any] = np.frombuffer(data, kind).reshape(shape)
        return plane.astype(np.float32)
