"""What a model leaves alone comes back as it was; what it paints comes back as light that the plate could hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures import DEFAULT_CONFIG, LINEAR, every_finite_half, frame_of, halves, same_bits
from replate.errors import BadRequest, Failed
from replate_server.darkroom.development import develop
from replate_server.darkroom.range import BLACK, WHITE

SPACES = (LINEAR, "ACEScg", "ACEScct", "sRGB - Texture")
RGBA = ("R", "G", "B", "A")


def nudged(display):
    """The least change there is, so that nothing is the plate's own and all goes through the inverse."""
    return np.nextafter(display, np.float32(0.5))


@given(halves(channels=4), st.sampled_from(SPACES))
def test_an_identity_model_returns_any_finite_half_picture(pixels, space):
    frame = frame_of(pixels, RGBA, space)
    development = develop(frame, DEFAULT_CONFIG)
    assert development.display.dtype == np.float32
    assert development.display.min() >= 0.0 and development.display.max() <= 1.0
    assert development.warnings == ()
    finished = development.finish(development.display.copy())
    assert finished.spec == frame.spec
    assert same_bits(finished.pixels, pixels)


@given(halves(channels=4), st.sampled_from([LINEAR, "ACEScg"]))
def test_the_inverse_alone_is_within_half_precision(pixels, space):
    development = develop(frame_of(pixels, RGBA, space), DEFAULT_CONFIG)
    finished = development.finish(nudged(development.display)).pixels.astype(np.float64)
    # Primaries mix channels, so that the precision of a pixel is that of its brightest channel.
    brightest = np.abs(pixels[..., :3].astype(np.float64)).max(axis=-1, keepdims=True)
    assert (np.abs(finished[..., :3] - pixels[..., :3]) <= brightest * 2**-11 + 2**-25).all()
    assert same_bits(finished[..., 3].astype(np.float16), pixels[..., 3])


def test_every_finite_half_comes_back_through_the_inverse():
    values = every_finite_half()
    pixels = np.repeat(values[None, :, None], 3, axis=-1)
    development = develop(frame_of(pixels), DEFAULT_CONFIG)
    finished = development.finish(nudged(development.display)).pixels
    error = np.abs(finished.astype(np.float64) - pixels)
    assert (error <= np.abs(pixels.astype(np.float64)) * 2**-11 + 2**-25).all()


@given(halves(channels=4, finite=False), st.sampled_from(SPACES))
def test_nan_and_infinity_are_told_and_not_spread(pixels, space):
    with np.errstate(invalid="ignore"):
        development = develop(frame_of(pixels, RGBA, space), DEFAULT_CONFIG)
        finished = development.finish(development.display)
    assert np.isfinite(development.display).all()
    rgb = pixels[..., :3]
    assert len(development.warnings) == int(np.isnan(rgb).any()) + int(np.isinf(rgb).any())
    assert all("1001" in warning for warning in development.warnings)
    good = np.isfinite(rgb)
    assert same_bits(finished.pixels[..., :3][good], rgb[good])
    assert np.isfinite(finished.pixels[..., :3]).all()
    assert same_bits(finished.pixels[..., 3], pixels[..., 3])


@given(halves(channels=4), st.integers(0, 2**32 - 1), st.sampled_from(SPACES))
def test_whatever_a_model_paints_is_finite_and_leaves_the_other_channels_alone(pixels, seed, space):
    development = develop(frame_of(pixels, RGBA, space), DEFAULT_CONFIG)
    rng = np.random.default_rng(seed)
    wild = np.array([np.nan, np.inf, -np.inf, -1.0, 0.0, BLACK, 0.5, 1.0, 2.0], np.float32)
    finished = development.finish(rng.choice(wild, development.display.shape)).pixels
    assert np.isfinite(finished).all()
    assert same_bits(finished[..., 3], pixels[..., 3])


def test_a_model_that_paints_white_makes_no_fireflies():
    pixels = np.full((30, 30, 3), 0.5, np.float16)
    pixels[3, 3] = 40.0
    finished = develop(frame_of(pixels), DEFAULT_CONFIG).finish(np.ones((30, 30, 3), np.float32)).pixels
    assert np.allclose(finished[:12, :12], 40.0, rtol=1e-3)
    assert np.allclose(finished[12:], 1.0, rtol=1e-3)


def test_a_model_sees_colour_without_its_alpha():
    pixels = np.array([[[0.5, 0.25, 0.0, 0.5], [1.0, 0.5, 0.0, 1.0]]], np.float16)
    seen = develop(frame_of(pixels, RGBA), DEFAULT_CONFIG).display
    assert np.allclose(seen[0, 0], seen[0, 1])
    assert seen[0, 1, 0] == pytest.approx(WHITE, abs=1e-6)
    assert seen[0, 1, 2] == pytest.approx(BLACK, abs=1e-6)


def test_nothing_is_painted_where_the_plate_adds_nothing():
    """Or the empty corners of a picture would be added to what lies behind it."""
    pixels = np.zeros((4, 4, 4), np.float32)
    pixels[0, 0] = (0.5, 0.25, 0, 0)
    pixels[1, 1] = (0.5, 0.5, 0.5, 1)
    development = develop(frame_of(pixels, RGBA), DEFAULT_CONFIG)
    painted = development.finish(np.full_like(development.display, 0.82)).pixels
    assert (painted[2:] == 0).all()
    assert 0 < painted[0, 0, :3].max() <= 0.5
    assert painted[1, 1, 0] > 0.5


def test_light_under_no_alpha_is_kept_and_seen():
    pixels = np.array([[[0.5, 0.5, 0.5, 0.0]]], np.float16)
    development = develop(frame_of(pixels, RGBA), DEFAULT_CONFIG)
    assert development.display[0, 0, 0] > 0.7
    assert np.allclose(development.finish(nudged(development.display)).pixels, pixels)


@given(halves(channels=5), st.permutations(["R", "G", "B", "A", "depth.Z"]))
def test_channels_may_come_in_any_order(pixels, names):
    frame = frame_of(pixels, tuple(names))
    development = develop(frame, DEFAULT_CONFIG)
    finished = development.finish(nudged(development.display))
    assert same_bits(finished.channel("depth.Z"), frame.channel("depth.Z"))
    ordered = np.stack([frame.channel(name) for name in RGBA], axis=-1)
    assert np.array_equal(development.display, develop(frame_of(ordered, RGBA), DEFAULT_CONFIG).display)


@given(halves(channels=1), st.sampled_from(["Y", "R", "A", "luma"]), st.sampled_from([LINEAR, "ACEScg"]))
def test_a_single_channel_is_seen_as_grey(pixels, name, space):
    frame = frame_of(pixels, (name,), space)
    development = develop(frame, DEFAULT_CONFIG)
    assert development.display.shape == (*pixels.shape[:2], 3)
    assert same_bits(development.finish(development.display).pixels, pixels)
    error = np.abs(development.finish(nudged(development.display)).pixels.astype(np.float64) - pixels)
    assert (error <= np.abs(pixels.astype(np.float64)) * 2**-10 + 2**-24).all()


def test_float_plates_keep_their_precision():
    pixels = np.random.default_rng(0).normal(0.3, 0.5, (40, 41, 4)).astype(np.float32)
    development = develop(frame_of(pixels, RGBA, "ACEScg"), DEFAULT_CONFIG)
    assert same_bits(development.finish(development.display).pixels, pixels)
    assert np.allclose(development.finish(nudged(development.display)).pixels, pixels, rtol=1e-4, atol=1e-5)


def test_light_beyond_half_stops_at_its_largest():
    pixels = np.full((1, 1, 3), 65504, np.float16)
    development = develop(frame_of(pixels), DEFAULT_CONFIG)
    above = np.nextafter(development.display, np.float32(1))
    assert np.isfinite(development.finish(above).pixels).all()


@pytest.mark.parametrize(
    ("channels", "said"), [(("Z", "u", "v"), "Z, u, v"), (("R", "G"), "R, G"), (("u", "v", "A"), "u, v, A")]
)
def test_a_frame_without_colour_says_what_it_has(channels, said):
    frame = frame_of(np.ones((1, 1, len(channels)), np.float16), channels)
    with pytest.raises(BadRequest, match=said):
        develop(frame, DEFAULT_CONFIG)


def test_a_frame_of_data_or_of_an_unknown_space_is_refused():
    for space in ("data", "no such space"):
        with pytest.raises(BadRequest, match=space):
            develop(frame_of(np.ones((1, 1, 3), np.float16), space=space), DEFAULT_CONFIG)


def test_a_frame_without_pixels_is_refused():
    with pytest.raises(BadRequest, match="no pixels"):
        develop(frame_of(np.ones((0, 4, 3), np.float16)), DEFAULT_CONFIG)


def test_a_model_that_changes_the_size_is_told_so():
    development = develop(frame_of(np.ones((2, 2, 3), np.float16)), DEFAULT_CONFIG)
    with pytest.raises(Failed, match="size"):
        development.finish(np.ones((2, 3, 3), np.float32))
