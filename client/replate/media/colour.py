"""Colour of pictures that were made to be looked at, to scene-linear and back.

OpenImageIO does the arithmetic with OpenColorIO's built-in config, the one in
which a server names colour spaces by default.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
import OpenImageIO as oiio  # noqa: N813
from numpy.typing import NDArray

from replate.errors import BadRequest
from replate.frame import DATA, MetadataValue

CONFIG = "ocio://default"
LINEAR = "lin_rec709"
"""What display-referred pictures become: linear, Rec.709 primaries. An alias every built-in config has."""
DISPLAY = "srgb_tx"
"""sRGB code values with Rec.709 primaries: what an ordinary picture file holds."""
UNKNOWN = "scene_linear"
"""The role that stands in where a file does not say."""
CINEON = "cineon"
"""Printing density of scanned film. Not in the config: see `cineon_to_linear`."""

Plane = NDArray[np.float32]

_NAMES = {
    "lin_ap0_scene": "ACES2065-1",
    "lin_ap1_scene": "ACEScg",
    "lin_rec709_scene": LINEAR,
    "lin_rec2020_scene": "lin_rec2020",
    "lin_p3d65_scene": "lin_p3d65",
    "data": DATA,
}
"""Names that configs old and new have, for the identifiers that files carry."""

_PRIMARIES = {
    "ACES2065-1": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
    "ACEScg": (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767),
    LINEAR: (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329),
    "lin_rec2020": (0.708, 0.292, 0.17, 0.797, 0.131, 0.046, 0.3127, 0.329),
    "lin_p3d65": (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329),
}
"""CIE xy of red, green, blue, white: SMPTE ST 2065-1, ACES S-2014-004, BT.709, BT.2020, SMPTE EG 432-1."""


def known(space: str) -> bool:
    """Whether the built-in config has a space, alias or role of this name."""
    return space == DATA or bool(_config().getColorSpaceIndex(space) >= 0) or bool(_interop(space))


def interop_name(space: str) -> str:
    """The Color Interop Forum's identifier that EXR files carry, or empty where there is none."""
    return "" if space == UNKNOWN else _interop(space)


def space_of_linear(attributes: Mapping[str, MetadataValue]) -> str:
    """The colour space of a scene-linear picture from its header; `UNKNOWN` where the header does not say."""
    own = attributes.get("replate:colour_space")
    if isinstance(own, str) and own:
        return own
    named = attributes.get("oiio:ColorSpace") or attributes.get("colorInteropID")
    if isinstance(named, str) and named:
        return _NAMES.get(named, named)
    primaries = attributes.get("chromaticities")
    if isinstance(primaries, tuple) and len(primaries) == 8:
        for space, reference in _PRIMARIES.items():
            if np.allclose(primaries, reference, atol=1e-3):
                return space
    return UNKNOWN


def space_of_display(attributes: Mapping[str, MetadataValue]) -> str:
    """The space that code values of an integer picture are in: what its header says, else sRGB.

    A DPX says "Printing density" or "Logarithmic" for scanned film (`CINEON`);
    one that says nothing, or a video standard, is read like any other picture.
    """
    if attributes.get("dpx:Transfer") in ("Printing density", "Logarithmic"):
        return CINEON
    named = attributes.get("oiio:ColorSpace")
    return named if isinstance(named, str) and named != DATA and known(named) else DISPLAY


def decode(rgb: Plane, space: str) -> Plane:
    """Code values [height, width, 3] of a space to `LINEAR`. Raises `BadRequest` for an unknown one."""
    return cineon_to_linear(rgb) if space == CINEON else convert(rgb, space, LINEAR)


def convert(rgb: Plane, source: str, target: str) -> Plane:
    """Pixels [height, width, 3] from one space of the built-in config to another; data stays as it is.

    Raises `BadRequest` for a space the config does not have.
    """
    if DATA in (source, target):
        return rgb
    for space in (source, target):
        if not known(space):
            raise BadRequest(
                f'The colour space "{space}" is not in OpenColorIO\'s built-in config: name one that is, '
                f'such as "{DISPLAY}", "ACEScg" or "{LINEAR}".'
            )
    result = oiio.ImageBuf()
    done = oiio.ImageBufAlgo.colorconvert(
        result, oiio.ImageBuf(np.ascontiguousarray(rgb)), source, target, False, "", "", CONFIG
    )
    if not done:
        raise BadRequest(f'Colour cannot be taken from "{source}" to "{target}" ({result.geterror()}).')
    return np.asarray(result.get_pixels(oiio.FLOAT), dtype=np.float32)


def cineon_to_linear(code: Plane) -> Plane:
    """Printing density to scene-linear, 1.0 at reference white.

    Code values in [0,1] of 1023; reference black 95 and white 685, 0.002 density
    a code value, negative gamma 0.6 (Kodak, "Conversion of 10-bit Log Film Data
    to 8-bit Linear or Video Data", 1995).
    """
    offset = 10.0 ** ((95.0 - 685.0) * 0.002 / 0.6)
    linear: Plane = np.asarray(
        (10.0 ** ((code * 1023.0 - 685.0) * (0.002 / 0.6)) - offset) / (1.0 - offset), np.float32
    )
    return linear


@functools.cache
def _config() -> oiio.ColorConfig:
    return oiio.ColorConfig(CONFIG)


@functools.cache
def _interop(space: str) -> str:
    return str(_config().get_color_interop_id(space) or "")
