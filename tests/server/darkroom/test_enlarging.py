"""A frame made larger by a filter keeps what it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from replate.frame import Box, Frame, FrameSpec, PixelType
from replate_server.darkroom.enlarging import enlarge


def frame(channels: tuple[str, ...], pixels: np.ndarray, pixel_type: PixelType = PixelType.FLOAT, **more) -> Frame:
    height, width = pixels.shape[:2]
    spec = FrameSpec(
        1001, Box(-2, 3, width, height), Box(0, 0, 20, 12), channels, pixel_type, "lin_rec709", pixel_aspect=2.0, **more
    )
    return Frame(spec, pixels.astype(pixel_type.dtype))


def noise(channels: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((9, 14, channels), np.float32)


def test_the_windows_are_as_many_times_as_large_and_nothing_else_is_said_anew():
    source = frame(("R", "G", "B"), noise(3), view="left", metadata={"reel": "A7"})
    large = enlarge(source, 3)
    assert large.spec == replace(source.spec, data_window=Box(-6, 9, 42, 27), display_window=Box(0, 0, 60, 36))


def test_colour_lies_where_it_lay_and_highlights_neither_ring_nor_fade():
    """Averaged back by area, a smooth picture is itself; a bright light keeps its strength, its surroundings theirs."""
    y, x = np.mgrid[:9, :14]
    smooth = np.stack([0.2 + x / 40, 0.5 + y / 40, 0.3 + (x + y) / 80], axis=-1).astype(np.float32)
    back = enlarge(frame(("R", "G", "B"), smooth), 2).pixels.reshape(9, 2, 14, 2, 3).mean((1, 3))
    assert np.abs(back - smooth)[1:-1, 1:-1].max() < 1e-3
    lit = np.full((9, 14, 3), 0.1, np.float32)
    lit[4:6, 5:8] = 900
    large = enlarge(frame(("R", "G", "B"), lit), 4).pixels
    assert large.min() == np.float32(0.1)
    assert large.max() == 900


def test_an_alpha_stays_solid_and_empty():
    planes = np.zeros((9, 14, 4), np.float32)
    planes[:, 7:] = 0.5, 0.4, 0.3, 1.0
    alpha = enlarge(frame(("R", "G", "B", "A"), planes, PixelType.HALF), 2).channel("A")
    assert (alpha[:, :13] == 0).all() and (alpha[:, 15:] == 1).all()
    assert alpha.min() == 0 and alpha.max() == 1


def test_depth_and_ids_are_picked_and_motion_grows_with_the_picture():
    names = ("R", "G", "B", "Z", "forward.u", "forward.v", "CryptoObject00.R", "CryptoObject00.G", "CryptoObject00.B")
    planes = noise(9)
    planes[0, 0, 3] = np.inf
    large = enlarge(frame(names, planes), 2)
    for name, times in (("Z", 1), ("forward.u", 2), ("forward.v", 2), ("CryptoObject00.R", 1)):
        picked = np.repeat(np.repeat(planes[..., names.index(name)], 2, 0), 2, 1)
        assert np.array_equal(large.channel(name), picked * np.float32(times)), name


def test_a_pass_of_colour_is_colour_unless_the_metadata_says_that_it_is_ids():
    names = ("R", "G", "B", "diffuse.R", "diffuse.G", "diffuse.B", "objects00.R", "objects00.G", "objects00.B")
    planes = np.concatenate([noise(3)] * 3, axis=-1)
    large = enlarge(frame(names, planes, metadata={"cryptomatte/1234567/name": "objects"}), 4)
    assert np.array_equal(large.channel("diffuse.G"), large.channel("G"))
    assert set(large.channel("objects00.G").ravel()) == set(planes[..., 1].ravel())


def test_what_is_not_finite_in_colour_is_mended_and_spreads_nowhere():
    planes = noise(3)
    planes[4, 4, 1], planes[2, 9, 0] = np.nan, np.inf
    large = enlarge(frame(("R", "G", "B"), planes, PixelType.HALF), 2).pixels
    assert np.isfinite(large).all()
    assert large[..., 1].max() <= 1
