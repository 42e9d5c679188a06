"""A frame made larger as a filter does it: every channel by what it is, and nothing made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from replate.frame import Frame, FrameSpec
from replate_server.darkroom.development import colour_channels
from replate_server.darkroom.finite import finite
from replate_server.darkroom.geometry import scaled
from replate_server.darkroom.resize import Nature, resize

Channels = tuple[int, ...]


def enlarged_spec(spec: FrameSpec, scale: int) -> FrameSpec:
    """What there is to say of a frame `scale` times as large: its windows are, and nothing else changes."""
    return replace(
        spec, data_window=scaled(spec.data_window, scale), display_window=scaled(spec.display_window, scale), figures=()
    )


def enlarge(frame: Frame, scale: int) -> Frame:
    """The frame `scale` times as large, pixel edges on pixel edges.

    Colour (premultiplied, as it is stored) and alpha are interpolated by Lanczos without ringing, so that what is solid
    or empty stays so; NaN and infinity are mended as `develop` does. So are other layers that have R, G and B, but for
    Cryptomattes. All else is picked: a mean of two depths or two ids is a third. Motion in pixels, in channels named u
    and v, is `scale` times as long.
    """
    spec = enlarged_spec(frame.spec, scale)
    height, width, _ = spec.shape
    pixels = np.empty(spec.shape, spec.pixel_type.dtype)
    for channels, nature in _natures(frame):
        planes: Any = frame.pixels[..., list(channels)]
        if nature is Nature.COLOUR:
            planes = finite(np.ascontiguousarray(planes))[0]
        large = resize(planes, width, height, Nature.COLOUR if nature is Nature.COLOUR else Nature.DATA)
        pixels[..., list(channels)] = large * large.dtype.type(scale) if nature is Nature.MOTION else large
    return Frame(spec, pixels)


def without_new_negatives(frame: Frame, plain: Frame, radius: int) -> Frame:
    """The frame, with colour that is negative only where that of another, as large, is within `radius` pixels.

    What is interpolated in one space leads a little below 0 in another.
    """
    places = list(colour_channels(frame))
    if frame.pixels[..., places].min(initial=0) >= 0:
        return frame
    pixels = frame.pixels.copy()
    reach = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    for place in places:
        least = cv2.erode(plain.pixels[..., place].astype(np.float32), reach, borderType=cv2.BORDER_REPLICATE)
        pixels[..., place] = np.maximum(pixels[..., place], np.minimum(least, 0))
    return frame.with_pixels(pixels)


def _natures(frame: Frame) -> Iterator[tuple[Channels, Nature]]:
    """Every channel once, in groups of what they are."""
    names = frame.spec.channels
    seen = set(colour_channels(frame))
    own = tuple(index for index, name in enumerate(names) if index in seen or name == "A")
    yield own, Nature.COLOUR
    layers: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if index not in own:
            layers.setdefault(name.rpartition(".")[0], []).append(index)
    for layer, channels in layers.items():
        kinds = [names[index].rpartition(".")[2] for index in channels]
        if set("RGB") <= set(kinds) <= set("RGBA") and not _ids(frame.spec, layer):
            yield tuple(channels), Nature.COLOUR
            continue
        for index, kind in zip(channels, kinds, strict=True):
            yield (index,), Nature.MOTION if kind in ("u", "v") else Nature.DATA


def _ids(spec: FrameSpec, layer: str) -> bool:
    """Whether a layer belongs to a Cryptomatte: its ranks are named after it, "CryptoObject00"."""
    kinds = [
        str(value) for key, value in spec.metadata.items() if key.startswith("cryptomatte/") and key.endswith("/name")
    ]
    return "crypto" in layer.lower() or any(layer.startswith(kind) for kind in kinds if kind)
