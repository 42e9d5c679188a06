"""Guided patch synthesis: what comes out for guides whose answer is known, and that it is the same again."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import cv2
import numpy as np
import pytest

from replate.errors import BadRequest, Cancelled
from replate_server.operations.synthesis import Field, Guide, Picture, Settings, synthesize
from replate_server.operations.synthesis.bands import Bands
from replate_server.operations.synthesis.engine import synthesize_by
from replate_server.operations.synthesis.tensors import Tensors

QUICK = Settings(rounds=4, sweeps=3)
FREE = replace(QUICK, uniformity=0.0)


def clouds(height: int, width: int, channels: int = 3, seed: int = 1) -> Picture:
    """Smooth noise in [0,1], no patch of which is like another."""
    coarse = np.random.default_rng(seed).random((height // 6 + 2, width // 6 + 2, channels), np.float32)
    fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width, channels)
    return np.clip(fine, 0, 1)


def place(height: int, width: int) -> Field:
    return np.stack(np.mgrid[:height, :width], axis=-1).astype(np.int32)


@pytest.mark.parametrize(("height", "width", "channels"), [(40, 56, 3), (33, 47, 1), (61, 29, 4)])
def test_guides_that_are_alike_give_the_style_itself(height: int, width: int, channels: int) -> None:
    style, guide = clouds(height, width, channels), clouds(height, width, seed=2)
    made = synthesize(style, [Guide(guide, guide, 4.0)], FREE)
    assert (made.field == place(height, width)).all()
    assert np.abs(made.picture - style).max() < 1e-5
    assert made.energy < 1e-8
    assert made.error.shape == (height, width)


def test_a_target_that_is_a_part_gives_that_part_of_the_style() -> None:
    style, guide = clouds(48, 64), clouds(48, 64, seed=2)
    made = synthesize(style, [Guide(guide, guide[9:42, 14:61].copy(), 4.0)], FREE)
    assert np.abs(made.picture - style[9:42, 14:61]).mean() < 1e-3
    assert (made.field == place(33, 47) + np.array((9, 14))).all(axis=-1).mean() > 0.99


def test_light_above_one_and_below_zero_survives() -> None:
    style, guide = clouds(40, 48) * 30 - 2, clouds(40, 48, seed=2)
    made = synthesize(style, [Guide(guide, guide, 4.0)], FREE)
    assert np.abs(made.picture - style).max() < 1e-3
    assert made.picture.max() > 20
    assert made.picture.min() < 0


def test_uniformity_keeps_a_patch_from_being_everywhere() -> None:
    style = clouds(40, 40)
    flat = np.full((40, 40, 1), 0.5, np.float32)
    target = flat + np.float32(0.01)
    most = {}
    for uniformity in (0.0, 3500.0):
        made = synthesize(style, [Guide(flat, target)], replace(QUICK, uniformity=uniformity))
        uses = np.zeros((40, 40), int)
        np.add.at(uses, (made.field[..., 0], made.field[..., 1]), 1)
        most[uniformity] = cv2.blur(uses.astype(np.float32), (5, 5)).max()
    assert most[3500.0] < most[0.0] / 2


def test_a_weight_says_which_guide_is_followed() -> None:
    style, one, other = clouds(40, 48), clouds(40, 48, seed=2), clouds(40, 48, seed=3)
    moved = np.roll(other, 12, axis=1)
    for weights, shift in (((8.0, 0.0), 0), ((0.0, 8.0), 12)):
        guides = [Guide(one, one, weights[0]), Guide(other, moved, weights[1])]
        made = synthesize(style, guides, FREE)
        assert np.abs(made.picture - np.roll(style, shift, axis=1))[:, 16:].mean() < 0.01


def test_a_weight_may_be_a_picture() -> None:
    style, one, other = clouds(40, 64), clouds(40, 64, seed=2), clouds(40, 64, seed=3)
    moved = np.roll(other, 8, axis=1)
    left = np.zeros((40, 64), np.float32)
    left[:, :32] = 8
    made = synthesize(style, [Guide(one, one, left), Guide(other, moved, 8 - left)], FREE)
    assert np.abs(made.picture - style)[:, :26].mean() < 0.01
    assert np.abs(made.picture - np.roll(style, 8, axis=1))[:, 38:].mean() < 0.01


def test_the_same_seed_gives_the_same_on_any_number_of_cores() -> None:
    style, guide = clouds(70, 40), clouds(70, 40, seed=2)
    target = clouds(150, 44, seed=4)
    made = [
        synthesize_by(partial(Bands, threads=threads), style, [Guide(guide, target)], replace(QUICK, seed=seed))
        for threads, seed in ((1, 5), (3, 5), (3, 6))
    ]
    assert (made[0].field == made[1].field).all()
    assert (made[0].picture == made[1].picture).all()
    assert (made[0].field != made[2].field).any()


@pytest.mark.parametrize("uniformity", [0.0, 3500.0])
def test_tensors_find_what_loops_find(uniformity: float) -> None:
    style, guide, target = clouds(24, 26), clouds(24, 26, seed=2), clouds(22, 24, seed=4)
    settings = Settings(rounds=3, sweeps=2, uniformity=uniformity)
    weight = np.full((22, 24), 2.0, np.float32)
    loops, tensors = (
        synthesize_by(matching, style, [Guide(guide, target, weight)], settings)
        for matching in (Bands, partial(Tensors, device="cpu"))
    )
    assert tensors.energy == pytest.approx(loops.energy, rel=0.06)


def test_tensors_give_the_style_itself() -> None:
    style, guide = clouds(30, 34), clouds(30, 34, seed=2)
    made = synthesize_by(partial(Tensors, device="cpu"), style, [Guide(guide, guide, 4.0)], FREE)
    assert (made.field == place(30, 34)).all(axis=-1).mean() > 0.99


def test_a_start_is_bettered_and_filled() -> None:
    style, guide = clouds(60, 80), clouds(60, 80, seed=2)
    target = guide[8:56, 10:74].copy()
    truth = place(48, 64) + np.array((8, 10))
    start = (truth + np.random.default_rng(0).integers(-1, 2, truth.shape)).astype(np.int32)
    start[10:34, 20:50] = -1
    guides = [Guide(guide, target, 4.0)]
    begun = synthesize(style, guides, FREE, start=start)
    anew = synthesize(style, guides, FREE)
    assert begun.error.mean() <= anew.error.mean() + 1e-6
    assert (begun.field == truth).all(axis=-1).mean() > 0.99


def test_a_start_that_is_wrong_somewhere_is_not_believed_there() -> None:
    style, guide = clouds(60, 80), clouds(60, 80, seed=2)
    start = place(60, 80)
    start[20:40, 20:50] = (5, 5)
    made = synthesize(style, [Guide(guide, guide, 4.0)], FREE, start=start)
    assert (made.field == place(60, 80)).all(axis=-1).mean() > 0.99


def test_a_last_pass_with_small_patches_follows_the_guides_more_closely() -> None:
    style, guide, target = clouds(40, 48), clouds(40, 48, seed=2), clouds(44, 40, seed=4)
    plain, polished = (
        synthesize(style, [Guide(guide, target, 4.0)], replace(QUICK, extra_pass_3x3=extra)) for extra in (False, True)
    )
    here = [guide[made.field[..., 0], made.field[..., 1]] for made in (plain, polished)]
    assert np.square(here[1] - target).mean() < np.square(here[0] - target).mean()


def test_progress_rises_and_what_it_raises_ends_the_work() -> None:
    style, guide, target = clouds(40, 48), clouds(40, 48, seed=2), clouds(90, 64, seed=4)
    told: list[float] = []
    synthesize(style, [Guide(guide, target)], QUICK, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 50

    def cancel(fraction: float) -> None:
        if fraction > 0.3:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        synthesize(style, [Guide(guide, target)], QUICK, progress=cancel)


@pytest.mark.parametrize(
    ("style", "source", "target", "settings", "says"),
    [
        ((4, 40, 3), (4, 40, 3), (40, 40, 3), QUICK, "smaller than a patch of 5 pixels"),
        ((40, 40, 3), (30, 40, 3), (40, 40, 3), QUICK, "reformat one to the other"),
        ((40, 40, 3), (40, 40, 3), (40, 40, 1), QUICK, "3 channels for the style and 1"),
        ((40, 40, 3), (40, 40, 3), (40, 40, 3), replace(QUICK, patch_size=4), "an odd number"),
    ],
)
def test_what_does_not_fit_is_said(
    style: tuple[int, ...], source: tuple[int, ...], target: tuple[int, ...], settings: Settings, says: str
) -> None:
    with pytest.raises(BadRequest, match=says):
        synthesize(clouds(*style), [Guide(clouds(*source), clouds(*target))], settings)


def test_without_a_guide_nothing_is_made() -> None:
    with pytest.raises(BadRequest, match="no guide"):
        synthesize(clouds(20, 20), [])
