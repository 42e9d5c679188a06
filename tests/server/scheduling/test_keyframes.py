"""Keyframes stand for their own frames, be there only one; who lacks them, or has others than the plate, is told."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from pictures import LINEAR
from replate.connection import Client
from replate.errors import BadRequest
from replate.frame import Box, Frame, FrameSpec, PixelType
from serving import digests

NUMBERS = range(1001, 1005)


def still(numbers: Sequence[int], seed: int, size: tuple[int, int] = (96, 64)) -> list[Frame]:
    """The same smooth picture under several numbers."""
    noise = np.random.default_rng(seed).random((*reversed(size), 3), np.float32)
    picture = cv2.GaussianBlur(noise, (0, 0), 2).astype(np.float16)
    box = Box(0, 0, *size)
    return [Frame(FrameSpec(number, box, box, ("R", "G", "B"), PixelType.HALF, LINEAR), picture) for number in numbers]


def carried(client: Client, keyframes: object, frames: tuple[int, int] | None = None) -> dict[int, Frame]:
    inputs = {"plate": still(NUMBERS, 1), "keyframes": keyframes}
    job = client.submit("restyle", inputs, model="restyle/keyframes", frames=frames)  # type: ignore[arg-type]
    return {frame.spec.number: frame for _, frame in job.frames()}


def test_one_keyframe_is_one_frame_and_is_carried_to_the_others(client: Client) -> None:
    painted = still([1003], 2)
    made = carried(client, painted)
    assert sorted(made) == list(NUMBERS)
    assert np.allclose(made[1003].pixels, painted[0].pixels, atol=0.01)
    # Nothing moves: what is painted is everywhere what the keyframe has.
    assert np.allclose(made[1001].pixels, made[1003].pixels, atol=0.05)
    part = carried(client, painted, (1001, 1002))
    assert np.array_equal(part[1001].pixels, made[1001].pixels), "the keyframe is within the context of any range"


def test_keyframes_may_be_of_another_size_and_another_jobs(client: Client) -> None:
    large = client.submit("identity", {"plate": still([1002], 3, (192, 128))})
    made = carried(client, large.output("plate"))
    assert sorted(made) == list(NUMBERS)
    assert made[1002].spec.display_window.width == 96


def test_other_keyframes_are_another_recipe_and_the_same_are_not(client: Client) -> None:
    inputs = {"plate": still(NUMBERS, 4), "keyframes": still([1001, 1004], 5)}
    first = digests(client.submit("restyle", inputs, model="restyle/keyframes"))
    one_painted_over = [inputs["keyframes"][0], *still([1004], 6)]
    changed = digests(client.submit("restyle", {**inputs, "keyframes": one_painted_over}, model="restyle/keyframes"))
    assert changed.keys() == first.keys()
    assert changed["plate", 1004] != first["plate", 1004]
    assert changed["plate", 1001] == first["plate", 1001]
    assert digests(client.submit("restyle", inputs, model="restyle/keyframes")) == first


def test_a_keyframe_that_the_plate_lacks_is_refused(client: Client) -> None:
    with pytest.raises(BadRequest, match=r"have frame 7, 1009, which the plate has not: give them .* 1001 to 1004\."):
        carried(client, still([7, 1002, 1009], 6))


def test_a_model_that_needs_keyframes_says_so_and_names_one_that_does_not(client: Client) -> None:
    inputs = {"plate": still([1], 7), "style": still([1], 8)}
    said = (
        r"The model restyle/keyframes needs the input keyframes \(.*\): connect one, or choose another model, such as "
    )
    with pytest.raises(BadRequest, match=f"{said}restyle/adain"):
        client.submit("restyle", inputs, model="restyle/keyframes")
