"""The ways in which a pipeline fits on a device, from the quickest to the smallest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from replate_server.operations.contract import Way
from replate_server.operations.diffusion.checkpoint import Checkpoint

TILE = 512
"""Pixels along a side of the tiles in which an autoencoder for pictures works, at the most."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a pipeline is put on a device."""

    place: str = "whole"
    """"whole": all of it stays there. "turns": each part comes when it is its turn, and goes. "blocks": of the largest
    parts only the layers at work, and the next on their way."""
    tiled: bool = False
    """Whether the autoencoder works in tiles and slices."""
    half: bool = True
    """Whether it computes in bfloat16; else in float32."""
    narrow: bool = False
    """Whether the largest parts are kept in 8 bits (float8 e4m3), and widened as they are used."""


Working = Callable[[Fit], int]
"""Bytes that a pipeline needs at work beside its weights, at the largest that it is asked for."""

_ON_A_GPU = (
    (Fit(), "", True),
    (Fit("turns"), "its parts take turns on the device", True),
    (Fit("blocks"), "its layers come to the device as they are needed", True),
    (Fit("blocks", tiled=True), "its layers come as they are needed, and pictures are decoded in tiles", False),
    (Fit("blocks", tiled=True, narrow=True), "its layers come in 8 bits, and pictures are decoded in tiles", False),
)
_ON_A_CPU = (
    (Fit(half=False), "", True),
    (Fit(half=False, tiled=True), "pictures are decoded in tiles", False),
    (Fit(tiled=True), "it computes in 16 bits, and pictures are decoded in tiles", False),
    (Fit(tiled=True, narrow=True), "its weights are kept in 8 bits, and pictures are decoded in tiles", False),
)


def fits(checkpoint: Checkpoint, precise: tuple[str, ...], working: Working, device: str) -> Iterator[tuple[Way, Fit]]:
    """Those that each take less than the one before; `precise` are parts that stay in float32."""
    least = None
    for fit, label, exact in _ON_A_CPU if device == "cpu" else _ON_A_GPU:
        taken = _weights(checkpoint, precise, fit) + working(fit)
        if least is None or taken < least:
            least = taken
            yield Way(label, taken, exact), fit


def large(checkpoint: Checkpoint, precise: tuple[str, ...]) -> tuple[str, ...]:
    """The networks that come by layers, or in 8 bits: those that compute in half precision and have blocks to do it by,
    which the largest of a pipeline all have."""
    return tuple(name for name, part in checkpoint.parts.items() if part.numbers and name not in precise)


def _weights(checkpoint: Checkpoint, precise: tuple[str, ...], fit: Fit) -> int:
    """On the device at once."""
    sizes = {}
    for name, part in checkpoint.parts.items():
        each = 4 if name in precise or not fit.half else 2
        # Norms and embeddings stay wide.
        sizes[name] = part.bytes(each) if name in precise or not fit.narrow else int(part.bytes(1) * 1.1)
    if fit.place == "whole":
        return sum(sizes.values())
    staying = sum(size for name, size in sizes.items() if name in precise)
    coming = {name: size for name, size in sizes.items() if name not in precise}
    # What leads the denoiser is on the device with it.
    leading = sum(size for name, size in coming.items() if name.startswith("controlnet"))
    most = leading + max((size for name, size in coming.items() if not name.startswith("controlnet")), default=0)
    # Of a part that comes by layers two are there, and what has none, such as the embeddings of a text encoder.
    return staying + (most if fit.place == "turns" else most // 8)
