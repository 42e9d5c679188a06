"""LogC3 is ARRI's, and light comes back from it."""

from __future__ import annotations

import numpy as np
import PyOpenColorIO
import pytest

from pictures import every_finite_half
from replate_server.darkroom.logc import BRIGHTEST, decode, encode, logged, unlogged
from replate_server.darkroom.range import compress, expand


def test_middle_grey_and_black_have_arri_s_codes():
    # The same paper: 400 and 95 of 1023.
    assert encode(np.array([0.18, 0.0], np.float32)) * 1023 == pytest.approx([400, 95], abs=0.6)
    assert pytest.approx(55.08, abs=0.01) == BRIGHTEST


def test_every_half_that_it_reaches_comes_back():
    light = every_finite_half().astype(np.float32)
    light = light[(light >= -0.017) & (light <= BRIGHTEST)]
    back = decode(encode(light))
    # Where codes are straight their own rounding counts, as everything near black in a log curve.
    assert np.abs(back - light).max() <= BRIGHTEST * 2**-12
    assert (np.abs(back - light) <= np.maximum(np.abs(light) * 2**-12, 2e-7)).all()


def test_it_is_the_curve_that_opencolorio_has():
    config = PyOpenColorIO.Config.CreateFromFile("ocio://studio-config-latest")
    curve = config.getProcessor("ARRI LogC3 (EI800)", "Linear ARRI Wide Gamut 3").getDefaultCPUProcessor()
    # Greys, which no change of primaries moves.
    codes = np.repeat(np.linspace(0.02, 1, 50, dtype=np.float32)[:, None], 3, axis=1)
    theirs = codes.copy()
    curve.applyRGB(theirs)
    assert np.allclose(decode(codes), theirs, rtol=2e-4, atol=2e-5)


def test_every_half_goes_through_a_picture_and_back() -> None:
    light = every_finite_half().astype(np.float32)
    light = light[light >= -0.017]
    picture = logged(compress(light))
    assert picture.min() >= 0 and picture.max() <= 1
    back = expand(unlogged(np.rint(picture * 65535).astype(np.float32) / 65535))
    # In 16 bits, as takes are kept.
    assert (np.abs(back - light) <= np.maximum(np.abs(light) * 2**-11, 4e-6)).all()
