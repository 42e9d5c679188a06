"""Pictures that are made when they are asked for: a clip of 4K frames would fill the memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from replate_server.operations.contract import Tensor


class OnDemand(Sequence[Tensor]):
    """What `make` gives for each of some frame numbers. Nothing is kept."""

    def __init__(self, make: Callable[[int], Tensor], numbers: Sequence[int]) -> None:
        self._make, self._numbers = make, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Tensor: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Tensor]: ...
    def __getitem__(self, index: int | slice) -> Tensor | Sequence[Tensor]:
        if isinstance(index, slice):
            return OnDemand(self._make, self._numbers[index])
        return self._make(self._numbers[index])

    def __iter__(self) -> Iterator[Tensor]:
        return (self._make(number) for number in self._numbers)
