"""Conversions to and from the script's working space, where a Read or a Write is not raw.

In Nuke's own management the working space is linear: float files are as they are, and sRGB is the standard's curve.
With OpenColorIO a space is converted by the config that the script names. All else is refused.
"""

from __future__ import annotations

import os
from dataclasses import replace

import nk
import numpy as np

from engine import channels
from engine.errors import Refused
from engine.image import Image, Plane
from engine.knobs import Knobs

_FLOAT = frozenset({"exr", "hdr", "sxr"})


def to_working(image: Image, space: str, kind: str, script: nk.Script) -> Image:
    """From the space that a Read names, for a file of that ending."""
    return _converted(image, space, kind, script, decode=True)


def from_working(image: Image, space: str, kind: str, script: nk.Script) -> Image:
    return _converted(image, space, kind, script, decode=False)


def _converted(image: Image, space: str, kind: str, script: nk.Script, *, decode: bool) -> Image:
    root = Knobs(script.root, script, 0)
    if root.text("colorManagement") != "Nuke":
        return _by_config(image, space, kind, root, decode=decode)
    if root.text("workingSpaceLUT") != "linear":
        raise Refused(f"the stand-in has no working space {root.text('workingSpaceLUT')} in Nuke's own colours")
    name = space.removeprefix("default (").removesuffix(")")
    if name == "default":
        name = "linear" if kind in _FLOAT else "sRGB"
    if name in ("linear", "raw"):
        return image
    if name != "sRGB":
        raise Refused(f"the stand-in does not convert {space}: raw, linear and sRGB are what it knows")
    curve = _from_srgb if decode else _to_srgb
    return image.having({name: curve(image.planes[name]) for name in channels.RGB if name in image.planes})


def _by_config(image: Image, space: str, kind: str, root: Knobs, *, decode: bool) -> Image:
    import PyOpenColorIO as ocio  # noqa: N813

    path = os.environ.get("OCIO") or (root.text("customOCIOConfigPath") if root.text("OCIO_config") == "custom" else "")
    if not path:
        raise Refused(f"the stand-in has no config {root.text('OCIO_config')}: set $OCIO or a custom one, or read raw")
    config = ocio.Config.CreateFromFile(path)
    if space.startswith("default"):
        space = "scene_linear" if kind in _FLOAT else ""
    if config.getColorSpace(space) is None:
        raise Refused(f"{path} has no colour space {space or 'for this file by default'}")
    pair = (space, root.text("workingSpaceLUT"))
    processor = config.getProcessor(*(pair if decode else pair[::-1])).getDefaultCPUProcessor()
    if image.box.empty or not any(name in image.planes for name in channels.RGB):
        return image
    pixels = np.ascontiguousarray(np.dstack([image.plane(name, image.box) for name in channels.RGB]))
    processor.applyRGB(pixels)
    found = {name: np.ascontiguousarray(pixels[:, :, index]) for index, name in enumerate(channels.RGB)}
    return replace(image, planes={**image.planes, **{name: found[name] for name in found if name in image.planes}})


def _from_srgb(plane: Plane) -> Plane:
    """IEC 61966-2-1."""
    return np.where(plane <= 0.04045, plane / 12.92, ((np.maximum(plane, 0.04045) + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def _to_srgb(plane: Plane) -> Plane:
    return np.where(
        plane <= 0.0031308, plane * 12.92, 1.055 * np.maximum(plane, 0.0031308) ** (1 / 2.4) - 0.055
    ).astype(np.float32)
