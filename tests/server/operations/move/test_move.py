"""A camera moves through the layers of a still or a shot, through the operation and through a server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from replate.connection import Client
from replate.depth import Depth, samples
from replate.errors import BadRequest
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate_server.operations.compliance import Recorder

Run = Callable[..., dict[str, list[Frame]]]

DATA_WINDOW, FORMAT = Box(-8, -4, 112, 72), Box(0, 0, 96, 64)
DEPTH = Depth(metric=False, inverse=True, near=2.0, far=10.0)
WHITE_BALL = (60.0, 30.0)


def shot(*numbers: int, ball: float = 2.0, depth: Depth = DEPTH) -> tuple[tuple[Frame, ...], tuple[Frame, ...]]:
    """Frames of layers, a wall at 10 and a white ball at `ball`, and of their depths."""
    colours, depths = [], []
    for number in numbers:
        height, width = DATA_WINDOW.height, DATA_WINDOW.width
        noise = np.random.default_rng(3).random((height, width, 3)).astype(np.float32)
        wall = np.dstack((cv2.GaussianBlur(noise, (0, 0), 1.5), np.ones((height, width), np.float32)))
        y, x = np.mgrid[:height, :width] + 0.5
        alpha = np.clip(12 - np.hypot(x - WHITE_BALL[0], y - WHITE_BALL[1]), 0, 1)[..., None]
        spec = FrameSpec(
            number, DATA_WINDOW, FORMAT, tuple(f"{name}.{one}" for name in ("wall", "ball") for one in "RGBA"),
            PixelType.HALF, "lin_rec709", 2.0, metadata={"reel": "A12"},
        )  # fmt: skip
        colours.append(Frame(spec, np.dstack((wall, alpha * [2, 2, 2, 1])).astype(np.float16)))
        planes = samples(np.dstack((np.full((height, width), 10.0), np.full((height, width), ball))), depth)
        spec = replace(spec, channels=("wall.Z", "ball.Z"), pixel_type=PixelType.FLOAT, colour_space=DATA, depth=depth)
        depths.append(Frame(spec, planes))
    return tuple(colours), tuple(depths)


def plate(colours: Frame) -> np.ndarray:
    wall, ball = colours.pixels[..., :4].astype(np.float32), colours.pixels[..., 4:].astype(np.float32)
    return ball + wall * (1 - ball[..., 3:])


@pytest.mark.parametrize("name", ["move/grid", "move/card"])
@pytest.mark.parametrize("move", ["orbit", "dolly", "truck", "dolly-zoom", "handheld"])
def test_the_first_frame_is_the_plate(run: Run, name: str, move: str) -> None:
    colours, depths = shot(1, 2, 3)
    given = {"move": move, "offset_x": 2.0, "offset_y": -1.0}
    out = run(name, {"layers": colours, "depths": depths}, given)["plate"]
    assert np.abs(out[0].pixels.astype(np.float32) - plate(colours[0])).max() < 1e-3
    assert np.abs(out[2].pixels.astype(np.float32) - plate(colours[2])).max() > 0.1
    for one, frame in zip(out, colours, strict=True):
        assert one.spec == replace(frame.spec, channels=("R", "G", "B", "A"))


def test_a_truck_moves_each_layer_by_its_distance(run: Run) -> None:
    colours, depths = shot(1, 2)
    given = {"move": "truck", "amount": 0.2, "pivot": 2.5, "focal": 36.0, "sensor": 36.0}
    last = run("move/grid", {"layers": colours, "depths": depths}, given)["plate"][-1].pixels.astype(np.float32)
    # Half a unit to the right, at a focal length of the format's 96 pixels.
    ball = np.argwhere(last[..., :3].min(axis=2) > 1.5).mean(axis=0) + 0.5
    assert ball[::-1] == pytest.approx((WHITE_BALL[0] - 96 * 0.5 / 2, WHITE_BALL[1]), abs=0.3)
    shift = 96 * 0.5 / 10
    fraction = shift - int(shift)
    wall = plate(colours[0])[:, int(shift) :]
    wall = wall[:, :-1] * (1 - fraction) + wall[:, 1:] * fraction
    assert np.abs(last[45:-2, 30:80] - wall[45:-2, 30:80])[..., :3].mean() < 0.02


def test_depth_may_say_the_focal_length(run: Run) -> None:
    known = replace(DEPTH, focal=96.0)
    colours, depths = shot(1, 2, depth=known)
    said = run("move/grid", {"layers": colours, "depths": depths}, {"move": "truck"})["plate"]
    colours, depths = shot(1, 2)
    asked = run("move/grid", {"layers": colours, "depths": depths}, {"move": "truck", "focal": 36.0})["plate"]
    assert np.array_equal(said[1].pixels, asked[1].pixels)


def test_the_artist_is_told_of_a_move_made_smaller(run: Run) -> None:
    colours, depths = shot(1, 2)
    steps = Recorder()
    given = {"move": "dolly", "amount": 0.9, "pivot": 10.0}
    run("move/grid", {"layers": colours, "depths": depths}, given, steps)
    assert steps.warnings == [
        "The camera would run into what is nearest, so that it moves by 0.16 and not by 0.9; "
        "set a smaller amount or a nearer pivot."
    ]


def test_what_is_no_layers_is_refused(run: Run) -> None:
    colours, depths = shot(1)
    with pytest.raises(BadRequest, match=r"channels wall.Z, ball.Z has no layers; take them from a job of Layers"):
        run("move/grid", {"layers": depths, "depths": depths})
    with pytest.raises(BadRequest, match="do not say what their samples mean"):
        run("move/grid", {"layers": colours, "depths": colours})


def test_a_still_moves_through_any_frames(client: Client) -> None:
    colours, depths = shot(7)
    job = client.submit(
        "move", {"layers": colours, "depths": depths}, parameters={"move": "truck", "amount": 0.3}, frames=(1, 6)
    )
    frames = [frame for _, frame in job.frames()]
    assert [frame.spec.number for frame in frames] == [1, 2, 3, 4, 5, 6]
    balls = [np.argwhere(frame.pixels[..., 0] > 1.5)[:, 1].mean() for frame in frames]
    assert np.abs(frames[0].pixels.astype(np.float32) - plate(colours[0])).max() < 1e-3
    assert (np.diff(balls) < 0).all()
