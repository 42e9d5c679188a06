"""Mattes of several objects as a Cryptomatte, which compositing hosts take apart again by the objects' names.

After Psyop's "Cryptomatte Specification version 1.2.0" (github.com/Psyop/Cryptomatte, folder specification).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import mmh3
import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest
from replate.frame import DATA, Frame, PixelType

NAME = "CryptoReplate"
"""Of the set of objects. Not one that renderers use, so that a plate's objects lie beside a render's in one stream."""
RANKS = 6
"""Objects that a pixel may be divided between; the specification suggests six, always all written."""
_PLACE = 7
"""Letters of the set's place in the metadata; the specification allows no more."""


def cryptomatte(mattes: Frame) -> Frame:
    """A frame of mattes, "dog.A" and "cat.A" in [0,1], as one of ids and coverages in 32-bit float.

    "CryptoReplate00.R" is the id of what covers most of a pixel and ".G" its coverage, ".B" and ".A" those of what
    is next, and so on to "CryptoReplate02". A matte without a name ("A") is the subject's. Number, windows, view and
    metadata stay, and the metadata gets the set's own.

    A pixel is divided between objects, as in a render: where mattes overlap, what is smaller in the frame lies in
    front, and what is behind gets the rest, so that all coverages together are at most 1.

    Raises `BadRequest` where no channel is a matte.
    """
    names = _names(mattes)
    shares = _divided(_planes(mattes, list(names.values())))
    ids = np.array([id_of(name) for name in names], np.uint32).view(np.float32)
    ranked = np.argsort(-shares, axis=-1, kind="stable")[..., :RANKS]
    coverage = np.take_along_axis(shares, ranked, axis=-1)
    pixels = np.zeros((*shares.shape[:2], RANKS, 2), np.float32)
    pixels[..., : ranked.shape[-1], 0] = np.where(coverage > 0, ids[ranked], np.float32(0))
    pixels[..., : ranked.shape[-1], 1] = coverage
    channels = tuple(f"{NAME}{layer:02d}.{channel}" for layer in range(RANKS // 2) for channel in "RGBA")
    spec = replace(
        mattes.spec,
        channels=channels,
        pixel_type=PixelType.FLOAT,
        colour_space=DATA,
        metadata={**mattes.spec.metadata, **header(list(names))},
        depth=None,
    )
    return Frame(spec, pixels.reshape(*shares.shape[:2], 2 * RANKS))


def header(names: Sequence[str]) -> Mapping[str, str]:
    """What a file says of the set, its manifest included, as metadata."""
    manifest = {name: f"{id_of(name):08x}" for name in names}
    said = {
        "name": NAME,
        "hash": "MurmurHash3_32",
        "conversion": "uint32_to_float32",
        "manifest": json.dumps(manifest, ensure_ascii=False, separators=(",", ":")),
    }
    place = f"{_hash(NAME):08x}"[:_PLACE]
    return {f"cryptomatte/{place}/{key}": value for key, value in said.items()}


def id_of(name: str) -> int:
    """An object's id, as the bits of the 32-bit float that stands for it in pixels: neither NaN nor infinite."""
    hashed = _hash(name)
    exponent = min(max(hashed >> 23 & 255, 1), 254)
    return hashed & 0x807FFFFF | exponent << 23


def _hash(name: str) -> int:
    hashed: int = mmh3.hash(name.encode(), signed=False)
    return hashed


def _names(mattes: Frame) -> dict[str, str]:
    """Channels by the names of their objects."""
    channels = mattes.spec.channels
    found = {channel.removesuffix(".A"): channel for channel in channels if channel.endswith(".A")}
    if not found and "A" in channels:
        return {"subject": "A"}
    if not found:
        raise BadRequest(
            f"A Cryptomatte is made of mattes, and none of the channels {', '.join(channels)} is one: "
            "ask for it of the mattes of Segment."
        )
    return found


def _planes(mattes: Frame, channels: Sequence[str]) -> NDArray[np.float32]:
    planes = np.stack([mattes.channel(channel) for channel in channels], axis=-1).astype(np.float32)
    covered: NDArray[Any] = np.clip(np.nan_to_num(planes, nan=0), 0, 1)
    return covered


def _divided(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Coverages [height, width, n] of which no pixel has more than 1."""
    shares, room = np.empty_like(planes), np.ones(planes.shape[:2], np.float32)
    for place in np.argsort(planes.sum(axis=(0, 1), dtype=np.float64), kind="stable"):
        shares[..., place] = np.minimum(planes[..., place], room)
        room -= shares[..., place]
    return shares
