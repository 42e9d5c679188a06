"""What the artist pointed at, as a model takes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest
from replate.frame import FrameSpec
from replate.values import Point, Prompt, Region
from replate_server.operations.contract import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Hints:
    """Where an object is in a picture. Coordinates are shares of its width and height, 0 to 1."""

    points: NDArray[np.float32]
    """[n, 2], x and y."""
    inside: NDArray[np.bool_]
    """[n]: whether the object is at that point, or is not."""
    box: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom: the object lies within."""
    guess: Tensor | None = None
    """How likely the object is at each place, [rows, columns] in [0,1], from elsewhere."""


def by_object(prompts: Sequence[Prompt], frames: Collection[int]) -> Mapping[str, Mapping[int, tuple[Prompt, ...]]]:
    """The prompts of each object on each frame; objects and frames in the order in which they were first pointed at.

    Raises `BadRequest` when there are none, or when one is on a frame that is not among `frames`.
    """
    if not prompts:
        raise BadRequest("Nothing is pointed at; click on the subject in one frame at least.")
    grouped: dict[str, dict[int, tuple[Prompt, ...]]] = {}
    for prompt in prompts:
        if prompt.frame not in frames:
            raise BadRequest(
                f'A prompt for "{prompt.object}" is on frame {prompt.frame}, which is not among this job\'s frames '
                f"({min(frames)}-{max(frames)}); move it, or widen the frame range."
            )
        on_frames = grouped.setdefault(prompt.object, {})
        on_frames[prompt.frame] = (*on_frames.get(prompt.frame, ()), prompt)
    for name, on_frames in grouped.items():
        first = next(iter(on_frames))
        if not any(isinstance(prompt, Region) or prompt.inside for prompt in on_frames[first]):
            raise BadRequest(
                f'"{name}" has only outside points on frame {first}, the first it was pointed at on; '
                "click inside it as well."
            )
    return grouped


def hints_of(prompts: Sequence[Prompt], spec: FrameSpec) -> Hints:
    """One object's prompts on one frame, as shares of that frame's data window. The last region counts.

    Raises `BadRequest` for a point, or a region all of which is, outside the picture.
    """
    points, inside = [], []
    box: tuple[float, float, float, float] | None = None
    for prompt in prompts:
        if isinstance(prompt, Point):
            x, y = _share(prompt.x, prompt.y, spec)
            if not (0 <= x <= 1 and 0 <= y <= 1):
                raise _outside(f"point {prompt.x:g}, {prompt.y:g}", prompt, spec)
            points.append((x, y))
            inside.append(prompt.inside)
        else:
            left, top = _share(prompt.x, prompt.y, spec)
            right, bottom = _share(prompt.x + prompt.width, prompt.y + prompt.height, spec)
            if right <= 0 or bottom <= 0 or left >= 1 or top >= 1:
                raise _outside(f"region at {prompt.x:g}, {prompt.y:g}", prompt, spec)
            box = (max(left, 0.0), max(top, 0.0), min(right, 1.0), min(bottom, 1.0))
    return Hints(np.array(points, np.float32).reshape(-1, 2), np.array(inside, np.bool_), box)


def _share(x: float, y: float, spec: FrameSpec) -> tuple[float, float]:
    data, display = spec.data_window, spec.display_window
    return (x + display.x - data.x) / data.width, (y + display.y - data.y) / data.height


def _outside(what: str, prompt: Prompt, spec: FrameSpec) -> BadRequest:
    data, display = spec.data_window, spec.display_window
    left, top = data.x - display.x, data.y - display.y
    return BadRequest(
        f'The {what} for "{prompt.object}" on frame {prompt.frame} is outside the picture, which goes from '
        f"{left}, {top} to {left + data.width}, {top + data.height}; move it."
    )
