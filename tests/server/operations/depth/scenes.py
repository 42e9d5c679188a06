"""A scene whose depth is known, and models that see it as badly as models do.

A red ball passes in front of a blue and green ground that slides the other way and recedes upwards. Red is near, so
that a model can tell depth from colour alone; what it says is then blurred, wrong by a scale and a shift that change
from frame to frame, and noisy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.frame import Box, Frame, FrameSpec, PixelType
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.contract import Card, Model, Steps, Tensor, Windows
from replate_server.operations.depth.estimator import Estimate
from replate_server.operations.depth.operation import Depth
from replate_server.operations.parameters import check_parameters

HEIGHT, WIDTH = 120, 176
RADIUS = 24
BALL, GROUND = 0.8, 0.3
"""Inverse depth of the ball, and of the ground's lowest row; the ground falls off upwards by a half."""
Numbers = NDArray[np.float32]


def ball(place: int) -> NDArray[np.bool_]:
    """Where the ball is in a frame, [height, width]: it moves 3 pixels a frame."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    inside: NDArray[np.bool_] = np.hypot(x - 50 - 3 * place, y - 62) < RADIUS
    return inside


def truth(place: int) -> Numbers:
    """The true inverse depth of a frame."""
    ground = np.linspace(GROUND / 2, GROUND, HEIGHT, dtype=np.float32)[:, None].repeat(WIDTH, axis=1)
    return np.where(ball(place), np.float32(BALL), ground)


def scene(count: int) -> tuple[Frame, ...]:
    """Up to 50 frames, 1001 and on, in linear light."""
    noise = np.random.default_rng(3).random((HEIGHT, WIDTH + 200, 3)).astype(np.float32)
    fine = np.clip(0.5 + (cv2.GaussianBlur(noise, (0, 0), 1.6) - 0.5) * 4, 0, 1)
    frames = []
    for place in range(count):
        ground = fine[:, 100 + place :][:, :WIDTH] * (0.02, 0.3, 0.5) + (0.0, 0.05, 0.05)
        red = fine[:, 150 - 3 * place :][:, :WIDTH] * (0.4, 0.1, 0.1) + (0.4, 0.0, 0.0)
        picture = np.where(ball(place)[..., None], red, ground)
        box = Box(0, 0, WIDTH, HEIGHT)
        spec = FrameSpec(1001 + place, box, box, ("R", "G", "B"), PixelType.FLOAT, "lin_rec709")
        frames.append(Frame(spec, np.ascontiguousarray(picture, np.float32)))
    return tuple(frames)


class Seeing:
    """Sees red as near, at half the plate's size, and is never twice of one mind."""

    card = Card("depth/seeing", "Seeing", "For tests.", "1", "CC0-1.0", windows=Windows(length=None))
    metric, frames, overlap = False, 1, 0
    flicker, noise, blur = 0.2, 0.03, 2.0

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    def run(self, pictures: Sequence[Tensor], parameters: Mapping[str, Value], steps: Steps) -> Sequence[Estimate]:
        steps.progress(0.5)
        return [self.said(picture) for picture in pictures]

    def said(self, picture: Tensor) -> Estimate:
        height, width = picture.shape[:2]
        near = picture[..., 0] > picture[..., 2]
        ground = np.linspace(GROUND / 2, GROUND, height, dtype=np.float32)[:, None]
        true = np.where(near, np.float32(BALL), ground)
        rows, columns = max(height // 2, 1), max(width // 2, 1)
        coarse = cv2.GaussianBlur(cv2.resize(true, (columns, rows), interpolation=cv2.INTER_AREA), (0, 0), self.blur)
        # What is random comes from the picture: the same recipe gives the same pixels.
        chance = np.random.default_rng(np.ascontiguousarray(picture).view(np.uint32).sum(dtype=np.uint64))
        scale, shift = 1 + self.flicker * chance.uniform(-1, 1), self.flicker * chance.uniform(-1, 1)
        specks = cv2.GaussianBlur(chance.standard_normal((rows, columns)).astype(np.float32), (0, 0), 3) * 10
        said = scale * (coarse.reshape(rows, columns) + self.noise * specks.reshape(rows, columns)) + shift
        return Estimate(np.asarray(said, np.float32))


class Calm(Seeing):
    """Sees the same, and is not wrong."""

    card = replace(Seeing.card, name="depth/calm")
    flicker, noise = 0.0, 0.0


class Metres(Seeing):
    """Says distances in metres, and finds a lens."""

    card = replace(Seeing.card, name="depth/metres")
    metric = True
    flicker, noise = 0.0, 0.0

    def said(self, picture: Tensor) -> Estimate:
        return Estimate(1 / super().said(picture).depth, focal=900.0)


def depth(model: Model, plate: Sequence[Frame], steps: Recorder | None = None, **given: Value) -> list[Frame]:
    """Runs a model over a shot, as a server would."""
    operation = Depth()
    parameters = check_parameters(operation, model.card, given)
    return [
        delivery.frame
        for window in windows_of({"plate": plate}, "plate", parameters, model.card.windows)
        for delivery in operation.run(model, window, steps or Recorder())
    ]


def planes(frames: Sequence[Frame]) -> list[Numbers]:
    return [np.asarray(frame.channel("depth.Z"), np.float32) for frame in frames]
