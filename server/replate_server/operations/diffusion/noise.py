"""Noise that belongs to a place in the shot, and not to the take in which it is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def seeded(seed: int, *place: int | str) -> torch.Generator:
    """A generator that is the same for the same seed and place, on the processor: devices draw different numbers."""
    import torch

    digest = blake2b(f"{seed} {place}".encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)


def placed_noise(seed: int, places: Iterable[int | str], shape: tuple[int, int, int]) -> torch.Tensor:
    """Normal noise [1, channels, len(places), rows, columns], float32: each plane is that of its place."""
    import torch

    planes = [torch.randn(shape, generator=seeded(seed, place)) for place in places]
    return torch.stack(planes, dim=1)[None]
