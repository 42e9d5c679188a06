"""Depth is still in time: no flicker of scale, no lag, no ghosts, and nothing from beyond a cut."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from replate.frame import Frame
from replate.media import open_plate
from replate_server.darkroom.development import develop
from replate_server.darkroom.motion import unsteadiness
from replate_server.operations.compliance import Recorder
from replate_server.operations.depth.affine import Affine, fit
from replate_server.operations.depth.steadiness import smoothed, steadied
from server.operations.depth.scenes import RADIUS, Calm, Numbers, Seeing, ball, depth, planes, scene, truth

COUNT = 14
INNER = range(4, COUNT - 4)
"""Frames that have all their neighbours."""


@pytest.fixture(scope="module")
def kept() -> Recorder:
    """Estimates and motion are found once for all tests here."""
    return Recorder()


@pytest.fixture(scope="module")
def alone(kept: Recorder) -> list[Numbers]:
    return planes(depth(Seeing(), scene(COUNT), kept, steady_frames=0))


@pytest.fixture(scope="module")
def steady(kept: Recorder) -> list[Numbers]:
    return planes(depth(Seeing(), scene(COUNT), kept, steady_frames=4))


def motion(frames: list[Frame]) -> list[tuple[Numbers, Numbers]]:
    """There and back between neighbours, at the plate's size, by a flow that no depth has seen."""
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    greys = [np.rint(develop(frame, "ocio://default").display.mean(axis=-1) * 255).astype(np.uint8) for frame in frames]
    return [(finder.calc(one, other, None), finder.calc(other, one, None)) for one, other in pairwise(greys)]


def flicker(shot: list[Numbers], flows: list[tuple[Numbers, Numbers]]) -> float:
    pairs = zip(pairwise(shot), flows, strict=True)
    return float(np.mean([unsteadiness(one, other, *flow) for (one, other), flow in pairs]))


def astray(shot: list[Numbers], shift: int = 0) -> float:
    """How far inner frames are from the truth of frames `shift` later, once one scale and shift is fitted to all."""
    told = np.stack([shot[place] for place in INNER])
    true = np.stack([truth(place + shift) for place in INNER])
    best = np.polyfit(told.ravel()[::7], true.ravel()[::7], 1)
    return float(np.abs(np.polyval(best, told) - true).mean())


def test_it_flickers_less_than_half_as_much(alone: list[Numbers], steady: list[Numbers]) -> None:
    flows = motion(list(scene(COUNT)))
    assert flicker(steady, flows) < 0.5 * flicker(alone, flows)


def test_it_comes_nearer_to_the_truth_and_does_not_lag(alone: list[Numbers], steady: list[Numbers]) -> None:
    assert astray(steady) < 0.7 * astray(alone)
    assert astray(steady) < 0.8 * min(astray(steady, -1), astray(steady, 1))
    # What moves is no nearer to where it was than to where it will be.
    assert astray(steady, -1) == pytest.approx(astray(steady, 1), rel=0.1)


def test_what_moves_leaves_no_ghost(alone: list[Numbers], steady: list[Numbers]) -> None:
    """Beside the ball, where it was or will be in the frames that are fused, there is the ground."""
    for place in INNER:
        near = ball(place)
        beside = np.any([ball(place + step) for step in (-4, -2, 2, 4)], axis=0)
        beside &= ~cv2.dilate(near.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
        inside = cv2.erode(near.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
        middle = (np.median(steady[place][near]) + np.median(steady[place][beside])) / 2
        assert (steady[place][beside] < middle).mean() > 0.995
        assert (steady[place][inside] > middle).mean() > 0.995
        seen = steady[place] > middle
        assert (seen & near).sum() / (seen | near)[10:, RADIUS:].sum() > 0.93


class Flickering(Seeing):
    card = replace(Seeing.card, name="depth/flickering")
    noise = 0.0


def test_the_models_scale_of_each_frame_does_not_show() -> None:
    """Each frame is told on a scale and a shift of its own, a fifth off either way; the shot has one."""
    shot, model = scene(8), Flickering()
    told = planes(depth(model, shot, steady_frames=0))
    raw = [model.said(develop(frame, "ocio://default").display).depth for frame in shot]
    assert np.std([np.median(one[45:55, :15]) for one in raw]) > 0.08
    assert np.std([np.median(plane[90:110, :30]) for plane in told]) < 0.02
    assert np.std([np.median(plane[ball(place)]) for place, plane in enumerate(told)]) < 0.02


def test_nothing_is_taken_from_beyond_a_cut() -> None:
    before = scene(5)
    after = [
        Frame(replace(frame.spec, number=1006 + index), np.ascontiguousarray(np.flip(frame.pixels, (0, 1)) * 3))
        for index, frame in enumerate(scene(5))
    ]
    cut = planes(depth(Calm(), [*before, *after]))
    whole = planes(depth(Calm(), before))
    # The range is that of the whole shot: up to it, the frame before the cut is as if nothing came after.
    best = np.polyfit(whole[4].ravel(), cut[4].ravel(), 1)
    np.testing.assert_allclose(np.polyval(best, whole[4]), cut[4], atol=2e-3)


def test_a_fit_is_not_fooled_by_what_moves_and_never_shrinks() -> None:
    chance = np.random.default_rng(1)
    one = chance.uniform(0, 1, 4000).astype(np.float32)
    other = 1.4 * one - 0.3
    other[:800] = chance.uniform(-1, 2, 800)
    found = fit(one, other)
    assert (found.scale, found.shift) == (pytest.approx(1.4, abs=0.02), pytest.approx(-0.3, abs=0.02))
    noisy = [one + chance.normal(0, 0.1, one.size).astype(np.float32) for _ in range(2)]
    assert fit(*noisy).scale == pytest.approx(1, abs=0.02)
    assert fit(one, one * 2, shifted=False) == Affine(pytest.approx(2.0), pytest.approx(0.0))
    assert fit(one[:5], other[:5]) == Affine()


def test_flicker_goes_and_a_dolly_stays() -> None:
    """The camera moves in by a hundredth a frame, and the model's scale jumps by a tenth every other frame."""
    scales = [1.01**place * (1.1 if place % 2 else 1.0) for place in range(60)]
    links = [Affine(after / before) for before, after in pairwise(scales)]
    mended = np.log([fix.scale * scale for fix, scale in zip(steadied(links), scales, strict=True)])
    np.testing.assert_allclose(np.diff(mended), np.log(1.01), atol=0.012)
    straight = np.linspace(3, -2, 40)
    np.testing.assert_allclose(smoothed(straight, 48), straight, atol=1e-6)


def test_across_a_cut_each_side_keeps_the_models_scale() -> None:
    fixes = steadied([Affine(1.0)] * 5 + [None] + [Affine(1.0)] * 5)
    assert all(fix == Affine(pytest.approx(1.0), pytest.approx(0.0, abs=1e-9)) for fix in fixes)
    assert steadied([None]) == (Affine(), Affine())
    assert steadied([]) == (Affine(),)


def test_real_footage_is_steadied(footage: Path, request: pytest.FixtureRequest) -> None:
    """Eight frames of the woman who walks, at a third of their size, by the model that ships."""
    model = request.getfixturevalue("model")("depth/small")
    frames, kept = [], Recorder()
    for frame in open_plate(footage / "dog" / "01_dog.mp4", "61-68"):
        small = cv2.resize(frame.pixels.astype(np.float32), (426, 240), interpolation=cv2.INTER_AREA)
        box = replace(frame.spec.data_window, width=426, height=240)
        frames.append(Frame(replace(frame.spec, data_window=box, display_window=box), small.astype(np.float16)))
    flows = motion(frames)
    given = {"short_side": 256}
    alone, steady = (planes(depth(model, frames, kept, steady_frames=reach, **given)) for reach in (0, 4))
    assert flicker(steady, flows) < 0.5 * flicker(alone, flows)
