"""A shot cut into clips that share frames, for models that see so many at once."""

from __future__ import annotations

from dataclasses import dataclass

from replate.errors import Failed


@dataclass(frozen=True, slots=True)
class Clip:
    """Frames that a model sees at once: places in a shot's numbers, half-open."""

    start: int
    stop: int


def clips(count: int, frames: int, overlap: int, stride: int = 1, *, whole: bool = True) -> tuple[Clip, ...]:
    """Clips of `frames` at most that cover `count` frames, each sharing at least `overlap` with the one before.

    They start at multiples of `stride`. The last is moved back so that it is `whole`, or else has what is left; a shot
    shorter than a clip is one clip. Raises `Failed` where clips would not get on.
    """
    step = (frames - overlap) // stride * stride
    if frames < 1 or overlap < 0 or step < 1:
        raise Failed(f"Clips of {frames} frames cannot share {overlap}; the model's module must be put right.")
    starts = list(range(0, max(count - frames, 0) + 1, step))
    if starts[-1] + frames < count:
        starts.append(-(-(count - frames) // stride) * stride if whole else starts[-1] + step)
    return tuple(Clip(start, min(start + frames, count)) for start in starts)
