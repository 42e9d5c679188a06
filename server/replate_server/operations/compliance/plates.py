"""Plates made up for checking: a textured ball that moves over a textured ground."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from replate.depth import CHANNEL, Depth
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate.values import Point, Role, RoleKind
from replate_server.operations.contract import Tensor
from replate_server.operations.flow.operation import MOTION

BRIGHTEST = 12.0
DARKEST = -0.25

SHAPES: Mapping[str, tuple[int, Box, Box, tuple[str, ...], PixelType]] = {
    "a small plate": (3, Box(0, 0, 96, 64), Box(0, 0, 96, 64), ("R", "G", "B", "A"), PixelType.HALF),
    "an odd-sized frame": (1, Box(0, 0, 101, 67), Box(0, 0, 101, 67), ("R", "G", "B"), PixelType.FLOAT),
    "overscan": (2, Box(-9, -7, 98, 74), Box(0, 0, 80, 60), ("R", "G", "B", "A"), PixelType.HALF),
    "a data window within the format": (
        2,
        Box(11, 6, 71, 53),
        Box(0, 0, 120, 80),
        ("B", "G", "R", "Z"),
        PixelType.FLOAT,
    ),
    "a tiny frame": (1, Box(0, 0, 27, 19), Box(0, 0, 27, 19), ("R", "G", "B"), PixelType.HALF),
}
"""Frames, data window, display window, channels and type of the plates that a model has to take."""

FIRST = 1001

LAYERS = ("ground", "ball")
_BALL = 0.5
_MEANING = Depth(metric=False, inverse=True, near=1 / _BALL, far=10.0)


def synthetic(
    count: int,
    data: Box,
    display: Box | None = None,
    channels: Sequence[str] = ("R", "G", "B", "A"),
    pixel_type: PixelType = PixelType.HALF,
) -> tuple[Frame, ...]:
    """A plate in linear Rec.709: the ball in its middle third, with a highlight above 1 and a patch below 0."""
    frames = []
    for index in range(count):
        spec = FrameSpec(
            FIRST + index,
            data,
            display or data,
            tuple(channels),
            pixel_type,
            "lin_rec709",
            pixel_aspect=1.5,
            view="left",
            metadata={"owner": "compliance", "reel": index},
        )
        ball = _ball(data, index)
        picture = _ground(data) * (1 - ball[..., None]) + _paint(data, index) * ball[..., None]
        picture[: max(data.height // 8, 1), : max(data.width // 8, 1)] = DARKEST
        planes = {"R": picture[..., 0], "G": picture[..., 1], "B": picture[..., 2]}
        planes |= {"A": np.ones_like(ball), "Z": 10.0 - ball}
        stacked = np.stack([planes[name] for name in channels], axis=-1)
        frames.append(Frame(spec, _frozen(stacked.astype(pixel_type.dtype))))
    return tuple(frames)


def ball_mattes(plate: Sequence[Frame]) -> tuple[Frame, ...]:
    """Mattes of the ball, one a frame."""
    mattes = []
    for index, frame in enumerate(plate):
        data = frame.spec.data_window
        spec = FrameSpec(frame.spec.number, data, frame.spec.display_window, ("A",), PixelType.HALF, DATA, view="left")
        mattes.append(Frame(spec, _frozen(_ball(data, index)[..., None].astype(np.float16))))
    return tuple(mattes)


def still(width: int = 72, height: int = 56) -> Frame:
    """A picture of one frame, of stripes."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    stripes = 0.5 + 0.5 * np.sin(x * 0.5 + np.sin(y * 0.3) * 2)
    picture = np.stack([stripes, 0.6 * stripes + 0.1, 1 - stripes], axis=-1)
    box = Box(0, 0, width, height)
    spec = FrameSpec(1, box, box, ("R", "G", "B"), PixelType.HALF, "lin_rec709")
    return Frame(spec, _frozen(picture.astype(np.float16)))


def depth(plate: Sequence[Frame]) -> tuple[Frame, ...]:
    """Depth of a plate: the ball before a ground that comes nearer towards its foot."""
    return tuple(_depth(frame, (CHANNEL,), [_near(frame, index)]) for index, frame in enumerate(plate))


def motion(plate: Sequence[Frame]) -> tuple[Frame, ...]:
    """Where everything goes: the ball from frame to frame, while the ground stays. 0 beyond the ends."""
    made = []
    for index, frame in enumerate(plate):
        data = frame.spec.data_window
        step = _ball(data, index)[..., None] * np.float32(_middle(data, 1)[0] - _middle(data, 0)[0])
        planes = np.zeros((data.height, data.width, 4), np.float32)
        planes[..., :1] = step * (index + 1 < len(plate))
        planes[..., 2:3] = -step * (index > 0)
        spec = replace(frame.spec, channels=MOTION, pixel_type=PixelType.FLOAT, colour_space=DATA)
        made.append(Frame(spec, _frozen(planes)))
    return tuple(made)


def layers(plate: Sequence[Frame]) -> tuple[Frame, ...]:
    """A plate as two layers, the ground and the ball."""
    made = []
    for index, frame in enumerate(plate):
        data = frame.spec.data_window
        ball = _ball(data, index)[..., None]
        ground = np.dstack((_ground(data), np.ones_like(ball)))
        planes = np.dstack((ground, _paint(data, index) * ball, ball))
        channels = tuple(f"{name}.{channel}" for name in LAYERS for channel in "RGBA")
        spec = replace(frame.spec, channels=channels)
        made.append(Frame(spec, _frozen(planes.astype(spec.pixel_type.dtype))))
    return tuple(made)


def layer_depths(plate: Sequence[Frame]) -> tuple[Frame, ...]:
    """How far `layers` are."""
    channels = tuple(f"{name}.Z" for name in LAYERS)
    return tuple(_depth(frame, channels, [_far(frame), np.full_like(_far(frame), _BALL)]) for frame in plate)


def inputs_of(roles: Sequence[Role], plate: Sequence[Frame]) -> dict[str, tuple[Frame, ...]]:
    """An input for every role, those that may be left out included."""
    made: dict[str, tuple[Frame, ...]] = {}
    for index, role in enumerate(roles):
        if role.name in _KNOWN:
            made[role.name] = _KNOWN[role.name](plate)
        elif index == 0:
            made[role.name] = tuple(plate)
        elif role.kind is RoleKind.KEYS:
            made[role.name] = tuple(plate[:1])
        elif role.kind is RoleKind.STILL:
            made[role.name] = (still(),)
        else:
            made[role.name] = ball_mattes(plate) if role.kind is RoleKind.MATTE else tuple(plate)
    return made


_KNOWN: Mapping[str, Callable[[Sequence[Frame]], tuple[Frame, ...]]] = {
    "depth": depth,
    "mattes": ball_mattes,
    "motion": motion,
    "layers": layers,
    "depths": layer_depths,
}
"""Inputs that are no picture, by the name of their role."""


def on_the_ball(plate: Sequence[Frame]) -> tuple[Point, ...]:
    """A click on the ball in the first frame."""
    spec = plate[0].spec
    data, display = spec.data_window, spec.display_window
    x, y = _middle(data, 0)
    return (Point(spec.number, x + data.x - display.x, y + data.y - display.y),)


def _depth(frame: Frame, channels: tuple[str, ...], nearness: Sequence[Tensor]) -> Frame:
    spec = replace(frame.spec, channels=channels, pixel_type=PixelType.FLOAT, colour_space=DATA, depth=_MEANING)
    return Frame(spec, _frozen(np.dstack(nearness).astype(np.float32)))


def _near(frame: Frame, index: int) -> Tensor:
    near: Tensor = np.where(_ball(frame.spec.data_window, index) > 0.5, np.float32(_BALL), _far(frame))
    return near


def _far(frame: Frame) -> Tensor:
    data = frame.spec.data_window
    down = np.linspace(0.1, 0.2, data.height, dtype=np.float32)[:, None]
    far: Tensor = np.repeat(down, data.width, axis=1)
    return far


def _middle(data: Box, index: int) -> tuple[float, float]:
    return data.width * (0.4 + 0.04 * index), data.height * 0.5


def _ball(data: Box, index: int) -> Tensor:
    across, down = _middle(data, index)
    y, x = np.mgrid[: data.height, : data.width].astype(np.float32) + np.float32(0.5)
    distance = np.hypot(x - across, y - down)
    ball: Tensor = np.clip(min(data.width, data.height) / 5 - distance, 0, 1).astype(np.float32)
    return ball


def _paint(data: Box, index: int) -> Tensor:
    across, down = _middle(data, index)
    y, x = np.mgrid[: data.height, : data.width].astype(np.float32) + np.float32(0.5)
    near = np.exp(-((x - across) ** 2 + (y - down) ** 2) / max(data.height, 8))
    red = 0.6 + near * (BRIGHTEST - 0.6)
    return np.stack([red, 0.1 + near * 8, 0.05 + near * 6], axis=-1).astype(np.float32)


def _ground(data: Box) -> Tensor:
    noise = np.random.default_rng(7).random((data.height, data.width, 3), np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 1.5).reshape(noise.shape)
    return np.asarray(0.1 + 0.4 * smooth + np.linspace(0, 0.2, data.width, dtype=np.float32)[:, None], np.float32)


def _frozen(pixels: Any) -> Any:
    pixels.flags.writeable = False
    return pixels
