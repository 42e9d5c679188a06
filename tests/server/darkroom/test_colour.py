"""Colour goes to linear Rec.709 and comes back, highlights and negatives included."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PyOpenColorIO
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures import DEFAULT_CONFIG, LINEAR, halves
from replate.errors import BadRequest
from replate_server.darkroom.colour import colour

SCENE_SPACES = ("ACEScg", "ACES2065-1", "Linear Rec.2020", "Linear P3-D65", "scene_linear")


@given(halves(), st.sampled_from(SCENE_SPACES))
def test_any_half_picture_comes_back_from_linear_spaces(picture, space):
    known = colour(DEFAULT_CONFIG)
    source = picture.astype(np.float32)
    back = known.from_linear(known.to_linear(source, space), space)
    assert np.abs(back - source).max() <= 1e-6 * np.abs(source).max()


@pytest.mark.parametrize("space", ["ACEScct", "sRGB - Texture", "sRGB - Display", "Gamma 2.4 Encoded Rec.709"])
def test_encoded_spaces_keep_highlights_and_negatives(space):
    known = colour(DEFAULT_CONFIG)
    light = np.array([-8.0, -0.01, 0.0, 0.18, 1.0, 16.0, 5000.0], np.float32)
    grey = np.repeat(light[None, :, None], 3, axis=-1)
    back = known.to_linear(known.from_linear(grey, space), space)
    assert np.allclose(back, grey, rtol=1e-5, atol=1e-6)


def test_values_are_those_of_the_standards():
    known = colour(DEFAULT_CONFIG)
    middle = np.full((1, 1, 3), 0.5, np.float32)
    assert known.to_linear(middle, "sRGB - Texture") == pytest.approx(0.21404, abs=1e-5)
    red = known.to_linear(np.array([[[1.0, 0.0, 0.0]]], np.float32), "ACEScg")[0, 0]
    assert red == pytest.approx([1.70505, -0.13026, -0.02400], abs=1e-4)


def test_equal_spaces_give_the_same_array_back():
    known = colour(DEFAULT_CONFIG)
    picture = np.ones((2, 3, 3), np.float32)
    for space in (LINEAR, "lin_rec709", "Raw"):
        assert known.to_linear(picture, space) is picture
        assert known.from_linear(picture, space) is picture


def test_the_picture_given_is_not_written_to():
    picture = np.full((2, 3, 3), 0.25, np.float32)
    picture.setflags(write=False)
    assert not np.array_equal(colour(DEFAULT_CONFIG).to_linear(picture, "ACEScg"), picture + 1)
    assert (picture == 0.25).all()


def test_threads_share_one_config():
    known = colour(DEFAULT_CONFIG)
    assert colour(DEFAULT_CONFIG) is known
    picture = np.random.default_rng(1).random((64, 64, 3), dtype=np.float32)
    expected = known.to_linear(picture, "ACEScct")
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _: known.to_linear(picture, "ACEScct"), range(16)))
    assert all(np.array_equal(result, expected) for result in results)


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ("data", "holds no colour"),
        ("ACEScgg", 'perhaps "ACEScg"'),
        ("acescg ", "ACEScg"),
        ("xyzzy!", "it has"),
    ],
)
def test_an_unknown_space_is_named_with_those_there_are(space, said):
    with pytest.raises(BadRequest, match=said) as caught:
        colour(DEFAULT_CONFIG).check(space)
    assert space in str(caught.value)


@pytest.mark.parametrize("config", ["ocio://nothing-like-it", "/nowhere/config.ocio"])
def test_a_config_that_is_not_there_is_named(config):
    with pytest.raises(BadRequest, match=config):
        colour(config)


def test_a_broken_config_is_named(tmp_path: Path):
    path = tmp_path / "config.ocio"
    path.write_text("this is: [no config")
    with pytest.raises(BadRequest, match="cannot be used"):
        colour(str(path))


def test_an_old_config_without_interchange_roles_works_by_its_linear(tmp_path: Path):
    config = PyOpenColorIO.Config.CreateRaw()
    config.addColorSpace(PyOpenColorIO.ColorSpace(name="linear"))
    encoded = PyOpenColorIO.ColorSpace(name="show_encoded")
    encoded.setTransform(
        PyOpenColorIO.ExponentTransform([2.0, 2.0, 2.0, 1.0]), PyOpenColorIO.COLORSPACE_DIR_TO_REFERENCE
    )
    config.addColorSpace(encoded)
    config.setRole("scene_linear", "linear")
    path = tmp_path / "config.ocio"
    path.write_text(config.serialize())
    known = colour(str(path))
    picture = np.full((1, 1, 3), 0.5, np.float32)
    assert known.spaces() == ("raw", "linear", "show_encoded")
    assert known.to_linear(picture, "linear") is picture
    assert known.to_linear(picture, "show_encoded") == pytest.approx(0.25)


def test_a_config_that_cannot_say_what_its_space_is_says_so(tmp_path: Path):
    config = PyOpenColorIO.Config.CreateRaw()
    config.addColorSpace(PyOpenColorIO.ColorSpace(name="house_space"))
    path = tmp_path / "config.ocio"
    path.write_text(config.serialize())
    with pytest.raises(BadRequest, match="aces_interchange"):
        colour(str(path)).to_linear(np.ones((1, 1, 3), np.float32), "house_space")
