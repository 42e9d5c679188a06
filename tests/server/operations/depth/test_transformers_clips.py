"""A video model whose every clip has a scale and a shift of its own gives a shot that has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from replate.frame import Box, Frame, FrameSpec, PixelType
from replate.values import Value
from replate_server.operations.compliance import MemoryWindow, Recorder
from replate_server.operations.contract import Card, Steps, Tensor, Windows
from replate_server.operations.depth.clips import Clips
from replate_server.operations.depth.estimator import Estimate
from replate_server.operations.depth.video_depth_anything import VideoDepthAnything
from replate_server.operations.shot import Shot
from server.operations.depth import checkpoints

FRAMES = 48
DRIFTS = ((0.8, 1.5), (2.6, -4.0))
"""Scale and shift of each clip."""
PARAMETERS: Mapping[str, Value] = {"short_side": 112}


class Drifting:
    """A video model, whose clips are each told on another scale."""

    metric, frames, overlap = False, VideoDepthAnything.frames, VideoDepthAnything.overlap
    card = Card("depth/drifting", "Drifting", "For tests.", "1", "CC0-1.0", windows=Windows(length=None))

    def __init__(self, model: VideoDepthAnything) -> None:
        self._model, self.clips = model, 0

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    def run(self, pictures: Sequence[Tensor], parameters: Mapping[str, Value], steps: Steps) -> Sequence[Estimate]:
        scale, shift = DRIFTS[self.clips]
        self.clips += 1
        said = self._model.run(pictures, parameters, steps)
        return [Estimate(np.float32(scale) * one.depth + np.float32(shift)) for one in said]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> VideoDepthAnything:
    made = VideoDepthAnything()
    file = checkpoints.video_depth_anything(tmp_path_factory.mktemp("clips"), seeing=False)
    made.load({"video-depth-anything-small": file}, "cpu")
    return made


@pytest.fixture(scope="module")
def plate() -> list[Frame]:
    """Something that moves slowly."""
    big = cv2.GaussianBlur(np.random.default_rng(1).random((40, 160, 3), np.float32), (0, 0), 3) * 4 - 1.5
    box = Box(0, 0, 40, 32)
    return [
        Frame(
            FrameSpec(number, box, box, ("R", "G", "B"), PixelType.HALF, "lin_rec709"),
            np.clip(big[4:36, number : number + 40], 0, 1).astype(np.float16),
        )
        for number in range(FRAMES)
    ]


def test_clips_that_drift_are_brought_to_one_scale(model: VideoDepthAnything, plate: list[Frame]) -> None:
    numbers = tuple(range(FRAMES))
    window = MemoryWindow({"plate": plate}, PARAMETERS, numbers, numbers)
    steps = Recorder()
    shot, drifting = Shot(window, "plate", steps), Drifting(model)
    clips = Clips(drifting, shot, PARAMETERS, steps)
    together = np.stack([clips.level(place, steps) for place in range(FRAMES)])
    assert drifting.clips == len(DRIFTS)
    # Without motion modules that see, what the model says of a frame does not depend on its clip.
    pictures = [shot.picture(number) for number in numbers]
    truth = np.stack([model.run([picture], PARAMETERS, steps)[0].depth for picture in pictures])
    scale, shift = DRIFTS[0]
    np.testing.assert_allclose((together - shift) / scale, truth, atol=0.01 * float(np.ptp(truth)))


def test_the_clips_of_the_video_model_share_frames(model: VideoDepthAnything) -> None:
    assert 0 < model.overlap < model.frames and model.card.windows.length is None
