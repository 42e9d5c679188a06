"""ARRI's LogC3 at EI 800: scene-linear light, much above 1 included, as numbers that a camera would have recorded.

ARRI, "ALEXA Log C Curve: Usage in VFX", 2017, the table of parameters for linear scene exposure factors. Primaries are
whatever they are: only the curve is here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

_A, _B, _C, _D, _E, _F = 5.555556, 0.052272, 0.247190, 0.385537, 5.367655, 0.092809
_CUT = 0.010591

BRIGHTEST = (10 ** ((1 - _D) / _C) - _B) / _A
"""Linear light whose code is 1: about 55, or 8 stops above a middle grey."""


def encode(linear: Image) -> Image:
    """Codes in [0,1] of linear light, float32 of any shape; beyond what they reach it is clipped."""
    code = np.where(linear > _CUT, _C * np.log10(np.maximum(_A * linear + _B, 1e-6)) + _D, _E * linear + _F)
    clipped: Image = code.clip(0, 1).astype(np.float32)
    return clipped


def decode(code: Image) -> Image:
    """The inverse of `encode`: linear light from about -0.017 to `BRIGHTEST`."""
    code = code.clip(0, 1)
    linear = np.where(code > _E * _CUT + _F, (10 ** ((code - _D) / _C) - _B) / _A, (code - _F) / _E)
    return linear.astype(np.float32)
