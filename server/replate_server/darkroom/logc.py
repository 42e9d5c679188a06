"""ARRI's LogC3 at EI 800: scene-linear light, much above 1 included, as a camera would have recorded it.

ARRI, "ALEXA Log C Curve: Usage in VFX", 2017, the table of parameters for linear scene exposure factors. Only the curve
is here; primaries are whatever they are. A stop has as much room far above white as below it, so that pictures of such
codes can be enlarged and mixed where those of `compress`, with all halves above 2 in a sixteenth of the range, cannot.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.finite import LARGEST_HALF
from replate_server.darkroom.range import compress, expand

Image = NDArray[np.float32]

_A, _B, _C, _D, _E, _F = 5.555556, 0.052272, 0.247190, 0.385537, 5.367655, 0.092809
_CUT = 0.010591

BRIGHTEST = (10 ** ((1 - _D) / _C) - _B) / _A
"""Linear light whose code is 1: about 55, or 8 stops above a middle grey."""


def encode(linear: Image) -> Image:
    """Codes of linear light, float32 of any shape: from 0, which is light of -0.017, up to 1 and beyond."""
    code = np.where(linear > _CUT, _C * np.log10(np.maximum(_A * linear + _B, 1e-6)) + _D, _E * linear + _F)
    return np.maximum(code, 0).astype(np.float32)


def decode(code: Image) -> Image:
    """The inverse of `encode`."""
    code = np.maximum(code, 0)
    linear = np.where(code > _E * _CUT + _F, (10 ** ((code - _D) / _C) - _B) / _A, (code - _F) / _E)
    return linear.astype(np.float32)


REACH = float(encode(np.array([LARGEST_HALF], np.float32))[0])
"""The code of the brightest half float: 1.76."""


def logged(display: Image) -> Image:
    """A picture of `compress` as one in [0,1] of codes, divided by `REACH`."""
    picture: Image = (encode(expand(display)) / np.float32(REACH)).clip(0, 1)
    return picture


def unlogged(picture: Image) -> Image:
    """The inverse of `logged`."""
    return compress(decode(picture * np.float32(REACH)))
