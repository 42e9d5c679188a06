"""Depth says what it is, and is what it says: relative or metric, 1/Z or Z, in a range that holds for the shot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from replate.depth import distances
from replate.errors import BadRequest, Cancelled, Failed
from replate.frame import DATA, Box, Frame, PixelType
from replate.values import Value
from replate_server.operations.compliance import Recorder, check_model
from replate_server.operations.contract import Steps, Tensor, Windows
from replate_server.operations.depth.estimator import Estimate
from server.operations.depth.scenes import BALL, GROUND, Calm, Metres, Seeing, ball, depth, planes, scene


def test_relative_depth_is_1_over_z_between_near_and_far_of_the_whole_shot() -> None:
    frames = depth(Calm(), scene(4))
    assert [frame.spec.number for frame in frames] == [1001, 1002, 1003, 1004]
    for frame in frames:
        assert (frame.spec.channels, frame.spec.pixel_type) == (("depth.Z",), PixelType.FLOAT)
        assert frame.spec.colour_space == DATA
        meaning = frame.spec.depth
        assert meaning is not None
        assert (meaning.metric, meaning.inverse, meaning.near, meaning.far) == (False, True, 1.0, 20.0)
        assert frame.pixels.min() >= 1 / 20 and frame.pixels.max() <= 1
    middle = planes(frames)[1]
    assert np.median(middle[ball(1)]) == pytest.approx(1.0, abs=0.02)
    # The ground's middle row lies where it should between the two.
    there = (GROUND * 0.75 - GROUND / 2) / (BALL - GROUND / 2)
    assert middle[60, 5] == pytest.approx(1 / 20 + there * (1 - 1 / 20), abs=0.02)


def test_z_is_one_over_it() -> None:
    inverse, straight = (depth(Calm(), scene(2), encoding=encoding, near=2.0, far=50.0) for encoding in ("1/Z", "Z"))
    for one, other in zip(inverse, straight, strict=True):
        assert one.spec.depth is not None and other.spec.depth is not None
        assert one.spec.depth.inverse and not other.spec.depth.inverse
        np.testing.assert_allclose(
            distances(one.pixels, one.spec.depth), distances(other.pixels, other.spec.depth), rtol=1e-5
        )
        assert 2 <= other.pixels.min() < 2.2 and 40 < other.pixels.max() <= 50.0001


def test_another_range_costs_no_estimate() -> None:
    steps, plate = Recorder(), scene(3)
    depth(Seeing(), plate, steps)
    before = steps.computed
    depth(Seeing(), plate, steps, near=3.0, far=9.0, encoding="Z", steady_frames=2)
    assert steps.computed == before > 0


def test_metres_stay_metres_and_the_lens_is_told() -> None:
    frames = depth(Metres(), scene(3), encoding="Z", near=5.0, far=6.0)
    meaning = frames[0].spec.depth
    assert meaning is not None and meaning.metric
    assert meaning.focal == 900
    found = planes(frames)[1]
    assert np.median(found[ball(1)]) == pytest.approx(1 / BALL, rel=0.02)
    assert found[119, 5] == pytest.approx(1 / GROUND, rel=0.05)
    assert meaning.near <= found.min() * 1.0001 and found.max() <= meaning.far * 1.0001
    assert meaning.near == pytest.approx(1 / BALL, rel=0.03)


def test_the_sky_may_be_infinitely_far() -> None:
    class Skies(Metres):
        def said(self, picture: Tensor) -> Estimate:
            said = super().said(picture).depth
            said[:10] = np.inf
            return Estimate(said)

    (frame,) = depth(Skies(), scene(1), edge_radius=0)
    assert frame.spec.depth is not None and 1e5 < frame.spec.depth.far < np.inf
    assert (distances(frame.pixels, frame.spec.depth)[:15] > 1e5).all()


def test_what_is_no_number_has_no_depth() -> None:
    plate = list(scene(2))
    pixels = plate[0].pixels.copy()
    pixels[10:13, 20:24, 1] = np.nan
    pixels[50, 60] = np.inf
    plate[0] = plate[0].with_pixels(pixels)
    steps = Recorder()
    first, second = depth(Calm(), plate, steps)
    unknown = first.pixels[..., 0] == 0
    assert unknown.sum() == 13
    assert unknown[10:13, 20:24].all() and unknown[50, 60]
    assert (second.pixels > 0).all()
    assert sum("NaN" in warning for warning in steps.warnings) == 1


def test_each_frame_keeps_its_own_data_window() -> None:
    whole = scene(2)
    inside = Box(20, 10, 100, 90)
    cropped = Frame(replace(whole[1].spec, data_window=inside), np.ascontiguousarray(whole[1].pixels[10:100, 20:120]))
    plain, part = depth(Calm(), whole), depth(Calm(), (whole[0], cropped))
    assert [frame.spec.data_window for frame in part] == [whole[0].spec.data_window, inside]
    astray = np.abs(planes(part)[1] - planes(plain)[1][10:100, 20:120])
    assert np.percentile(astray, 95) < 0.03


def test_near_and_far_must_make_sense() -> None:
    with pytest.raises(BadRequest, match="Near is 5 and far is 2; make far the greater"):
        depth(Calm(), scene(1), near=5.0, far=2.0)


def test_mixed_formats_are_refused() -> None:
    first, second = scene(2)
    small = Box(0, 0, 40, 30)
    other = Frame(
        replace(second.spec, data_window=small, display_window=small), np.ascontiguousarray(second.pixels[:30, :40])
    )
    with pytest.raises(BadRequest, match="frame 1002 is 40x30 and the plate 176x120"):
        depth(Calm(), (first, other))


class Piecemeal(Calm):
    card = replace(Calm.card, name="depth/piecemeal", windows=Windows(length=1))


class Nothing(Calm):
    def said(self, picture: Tensor) -> Estimate:
        return Estimate(np.full((8, 8), np.nan, np.float32))


class Behind(Metres):
    def said(self, picture: Tensor) -> Estimate:
        return Estimate(np.full((8, 8), -1, np.float32))


class Short(Calm):
    def run(self, pictures: Sequence[Tensor], parameters: Mapping[str, Value], steps: Steps) -> Sequence[Estimate]:
        return []


class Growing(Calm):
    def said(self, picture: Tensor) -> Estimate:
        return Estimate(np.ones((8, 8 + int(picture[..., 1].sum()) % 5), np.float32))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Piecemeal, "does not see the whole shot"),
        (Nothing, "gave depth that is no number"),
        (Behind, "gave distances that are not over 0"),
        (Short, "gave 0 estimates of 1 pictures"),
        (Growing, "gave estimates of"),
    ],
)
def test_a_model_that_does_not_keep_its_word_is_told(model: type[Seeing], said: str) -> None:
    with pytest.raises(Failed, match=said):
        depth(model(), scene(4))


class Stubborn(Calm):
    def run(self, pictures: Sequence[Tensor], parameters: Mapping[str, Value], steps: Steps) -> Sequence[Estimate]:
        with suppress(Cancelled):
            steps.progress(0.5)
        return [self.said(picture) for picture in pictures]


def test_a_model_that_cannot_be_cancelled_is_found_out() -> None:
    """Though what it says is kept, and it is asked only once."""
    assert "It went on though it was cancelled" in "".join(check_model(Stubborn, {}))


@pytest.mark.parametrize("model", [Seeing, Metres])
def test_a_model_of_a_studio_complies(model: type[Seeing]) -> None:
    assert check_model(model, {}) == []
