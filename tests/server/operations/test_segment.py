"""What is pointed at is cut out, and followed through the shot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from replate.errors import BadRequest
from replate.frame import DATA, Box, Frame
from replate.values import Point, Region
from replate_server.operations.compliance import MemoryWindow, Recorder
from replate_server.operations.registry import check_parameters, models, operations

Run = Callable[..., dict[str, list[Frame]]]
Davis = Callable[..., tuple[Frame, ...]]
Truth = Callable[[str, int], np.ndarray]
MODEL = "segment/sam2-tiny"


@pytest.fixture(scope="module")
def steps() -> Recorder:
    """Shared, so that each picture is encoded once in these tests, as on a server."""
    return Recorder()


def iou(matte: np.ndarray, truth: np.ndarray) -> float:
    found = matte > 0.5
    return float((found & truth).sum() / (found | truth).sum())


def middle(mask: np.ndarray) -> tuple[float, float]:
    """The point farthest inside."""
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    y, x = np.unravel_index(distance.argmax(), distance.shape)
    return float(x) + 0.5, float(y) + 0.5


@pytest.mark.parametrize("number", [5, 8, 13])
def test_one_click_cuts_out_a_person(run: Run, davis: Davis, truth: Truth, steps: Recorder, number: int) -> None:
    person = truth("davis_judo", number)
    click = Point(number, *middle(person))
    (matte,) = run(MODEL, {"plate": davis("davis_judo", number)}, {"prompts": (click,)}, steps)["matte"]
    assert matte.spec.channels == ("subject.A",)
    assert matte.spec.colour_space == DATA
    assert iou(matte.pixels[..., 0], person) > 0.92
    well_inside = cv2.erode(person.astype(np.uint8), np.ones((7, 7))) > 0
    well_outside = cv2.dilate(person.astype(np.uint8), np.ones((9, 9))) == 0
    assert (matte.pixels[well_inside] == 1).mean() > 0.85
    assert (matte.pixels[well_outside] == 0).mean() > 0.99


def test_a_box_does_as_well(run: Run, davis: Davis, truth: Truth, steps: Recorder) -> None:
    person = truth("davis_judo", 8)
    rows, columns = np.flatnonzero(person.any(axis=1)), np.flatnonzero(person.any(axis=0))
    box = Region(8, float(columns[0]), float(rows[0]), float(np.ptp(columns) + 1), float(np.ptp(rows) + 1))
    (matte,) = run(MODEL, {"plate": davis("davis_judo", 8)}, {"prompts": (box,)}, steps)["matte"]
    assert iou(matte.pixels[..., 0], person) > 0.92


def test_a_further_click_costs_no_encoding(run: Run, davis: Davis, steps: Recorder) -> None:
    plate = {"plate": davis("davis_judo", 5)}
    run(MODEL, plate, {"prompts": (Point(5, 470, 150),)}, steps)
    before = steps.computed
    run(MODEL, plate, {"prompts": (Point(5, 470, 150), Point(5, 380, 150, False))}, steps)
    assert steps.computed == before


def test_the_encoding_is_not_taken_for_that_of_another_picture(run: Run, davis: Davis, steps: Recorder) -> None:
    (frame,) = davis("davis_judo", 5)
    run(MODEL, {"plate": (frame,)}, {"prompts": (Point(5, 470, 150),)}, steps)
    before = steps.computed
    other = Frame(replace(frame.spec, colour_space="ACEScg"), frame.pixels)
    run(MODEL, {"plate": (other,)}, {"prompts": (Point(5, 470, 150),)}, steps)
    assert steps.computed == before + 1


def test_a_point_outside_takes_away(run: Run, davis: Davis, truth: Truth, steps: Recorder) -> None:
    """Two people in each other's arms, both pointed at; then one is not meant."""
    both = truth("davis_judo", 0)
    plate = {"plate": davis("davis_judo", 0)}
    points = (Point(0, 470, 150), Point(0, 380, 150))
    (together,) = run(MODEL, plate, {"prompts": points}, steps)["matte"]
    (alone,) = run(MODEL, plate, {"prompts": (points[0], replace(points[1], inside=False))}, steps)["matte"]
    assert together.pixels[150, 380, 0] > 0.5
    assert alone.pixels[150, 380, 0] < 0.1
    assert alone.pixels[150, 470, 0] > 0.9
    assert alone.pixels.astype(np.float32).sum() < 0.8 * both.sum()


def test_each_object_has_its_layer_and_the_shot_is_delivered_in_order(run: Run, davis: Davis, steps: Recorder) -> None:
    prompts = (Point(2, 470, 150, True, "near"), Point(2, 565, 140, True, "judge"))
    mattes = run(MODEL, {"plate": davis("davis_judo", 0, 1, 2, 3)}, {"prompts": prompts}, steps)["matte"]
    assert [frame.spec.number for frame in mattes] == [0, 1, 2, 3]
    for matte in mattes:
        assert matte.spec.channels == ("near.A", "judge.A")
        assert matte.channel("near.A")[150, 470] > 0.9
        assert not (np.minimum(matte.channel("near.A"), matte.channel("judge.A")) > 0.5).any()


def test_the_object_is_followed(run: Run, davis: Davis, truth: Truth, steps: Recorder) -> None:
    """A boy on a bicycle, thin, blurred and from far: from a box on one frame to frames either side."""
    numbers = (8, 9, 10, 11, 12, 13, 14)
    rider = truth("davis_bmx-trees", 11)
    rows, columns = np.flatnonzero(rider.any(axis=1)), np.flatnonzero(rider.any(axis=0))
    box = Region(11, float(columns[0]), float(rows[0]), float(np.ptp(columns) + 1), float(np.ptp(rows) + 1))
    mattes = run(MODEL, {"plate": davis("davis_bmx-trees", *numbers)}, {"prompts": (box,)}, steps)["matte"]
    scores = [
        iou(matte.pixels[..., 0], truth("davis_bmx-trees", number))
        for number, matte in zip(numbers, mattes, strict=True)
    ]
    assert np.mean(scores) > 0.7
    assert min(scores) > 0.55


def test_a_later_click_corrects_what_was_carried(run: Run, davis: Davis, steps: Recorder) -> None:
    plate = {"plate": davis("davis_judo", 0, 1, 2, 3)}
    first = Point(0, 565, 140)
    moved_on = (first, Point(3, 470, 150), Point(3, 565, 140, False))
    (*_, before) = run(MODEL, plate, {"prompts": (first,)}, steps)["matte"]
    (start, *_, after) = run(MODEL, plate, {"prompts": moved_on}, steps)["matte"]
    assert before.pixels[140, 565, 0] > 0.9
    assert after.pixels[140, 565, 0] < 0.1
    assert after.pixels[150, 470, 0] > 0.9
    assert start.pixels[140, 565, 0] > 0.9


def test_prompts_are_in_the_display_window_whatever_the_data_window(
    run: Run, davis: Davis, truth: Truth, steps: Recorder
) -> None:
    person = truth("davis_judo", 8)
    click = middle(person)
    (frame,) = davis("davis_judo", 8)
    left, top = 150, 20
    display = Box(1000, 500, 854, 480)
    data = Box(1000 + left, 500 + top, 704, 440)
    inner = Frame(
        replace(frame.spec, data_window=data, display_window=display),
        np.ascontiguousarray(frame.pixels[top : top + 440, left : left + 704]),
    )
    (matte,) = run(MODEL, {"plate": (inner,)}, {"prompts": (Point(8, *click),)}, steps)["matte"]
    assert matte.spec.data_window == data
    assert iou(matte.pixels[..., 0], person[top : top + 440, left : left + 704]) > 0.9


@pytest.mark.parametrize(
    ("prompts", "said"),
    [
        (
            (Point(99, 5, 5),),
            'A prompt for "subject" is on frame 99, which is not among this job\'s frames (0-1); move it, or widen '
            "the frame range.",
        ),
        (
            (Point(0, 900, 5, True, "car"),),
            'The point 900, 5 for "car" on frame 0 is outside the picture, which goes from 0, 0 to 854, 480; move it.',
        ),
        (
            (Region(1, 10, 481, 20, 20),),
            'The region at 10, 481 for "subject" on frame 1 is outside the picture, which goes from 0, 0 to 854, 480; '
            "move it.",
        ),
    ],
)
def test_a_prompt_that_points_at_nothing_is_refused(run: Run, davis: Davis, prompts: Any, said: str) -> None:
    steps = Recorder()
    with pytest.raises(BadRequest) as caught:
        run(MODEL, {"plate": davis("davis_judo", 0, 1)}, {"prompts": prompts}, steps)
    assert str(caught.value) == said
    assert not steps.computed


def test_frames_come_while_the_shot_is_worked_on(davis: Davis, model: Callable[[str], Any], steps: Recorder) -> None:
    operation, made = operations()["segment"], model(MODEL)
    prompts = (Point(0, 470, 150),)
    parameters = check_parameters(operation, models()[MODEL].card, {"prompts": prompts})
    plate = davis("davis_judo", 0, 1, 2, 3)
    window = MemoryWindow({"plate": plate}, parameters, (0, 1, 2, 3), (0, 1, 2, 3))
    fresh = Recorder()
    first = next(iter(operation.run(made, window, fresh)))
    assert first.frame.spec.number == 0
    assert fresh.computed == 1
