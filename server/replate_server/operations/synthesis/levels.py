"""A problem at one size after another, in the numbers that the search compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from replate_server.operations.synthesis.problem import Array, Guide, Picture, Settings

_STEPS = 65535.0


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Features are [height, width, channels] uint16: the style's channels, then the guides'."""

    style: Picture
    """[source height, source width, style channels]: what is voted with."""
    source: Array
    guides: Array
    """The target's features, without those of the style."""
    weights: Picture
    """Of a squared step in each channel: [1, 1, channels], or [target height, target width, channels]."""
    least: Picture
    step: Picture
    """A style channel's value is `least` + `step` * its feature."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the target."""
        return self.guides.shape[0], self.guides.shape[1]

    @property
    def range(self) -> Picture:
        """Of the style's values, [style channels]."""
        return self.step * np.float32(_STEPS)

    def shown(self, picture: Picture) -> Array:
        """All features of the target, of a picture [target height, target width, style channels]."""
        return np.concatenate([_steps(picture, self.least, self.step), self.guides], axis=2)

    def weights_of(self, *, guides_alone: bool) -> Picture:
        """As `weights`, the style's taken for none where guides are compared alone."""
        if not guides_alone:
            return self.weights
        weights = self.weights.copy()
        weights[..., : self.style.shape[2]] = 0
        return weights


def pyramid(style: Picture, guides: Sequence[Guide], count: int) -> list[Level]:
    """The finest first, each half the one before, rounded up."""
    channels = style.shape[2]
    height, width = guides[0].target.shape[:2]
    source = np.concatenate([style, *(guide.source for guide in guides)], axis=2)
    target = np.concatenate([guide.target for guide in guides], axis=2)
    least = np.minimum(source.min(axis=(0, 1)), np.concatenate([np.full(channels, np.inf), target.min(axis=(0, 1))]))
    most = np.maximum(source.max(axis=(0, 1)), np.concatenate([np.full(channels, -np.inf), target.max(axis=(0, 1))]))
    least = least.astype(np.float32)
    step = (np.maximum(most - least, 1e-12) / _STEPS).astype(np.float32)
    weights = _weights(channels, guides, height, width)
    levels = []
    for _ in range(count):
        levels.append(
            Level(
                style=np.ascontiguousarray(source[..., :channels]),
                source=_steps(source, least, step),
                guides=_steps(target, least[channels:], step[channels:]),
                weights=weights * step**2,
                least=least[:channels],
                step=step[:channels],
            )
        )
        source, target = _halved(source), _halved(target)
        weights = _halved(weights) if weights.shape[:2] != (1, 1) else weights
    return levels


def most_levels(style: Picture, target: Picture, settings: Settings) -> int:
    """As many as are asked for, as long as the shortest side has room for two patches."""
    side = min(*style.shape[:2], *target.shape[:2])
    count = 1
    while (side + 1) // 2 > 2 * settings.patch_size and (settings.levels is None or count < settings.levels):
        side, count = (side + 1) // 2, count + 1
    return count


def _weights(channels: int, guides: Sequence[Guide], height: int, width: int) -> Picture:
    """[1, 1, channels], or [height, width, channels] where a guide's weight is a picture."""
    parts = [np.full((1, 1, channels), 1 / channels, np.float32)]
    for guide in guides:
        weight = np.asarray(guide.weight, np.float32)
        weight = weight.reshape(*(weight.shape or (1, 1)), 1)
        count = guide.source.shape[2]
        parts.append(np.broadcast_to(weight / count, (*weight.shape[:2], count)))
    if all(part.shape[:2] == (1, 1) for part in parts):
        return np.concatenate(parts, axis=2)
    return np.concatenate([np.broadcast_to(part, (height, width, part.shape[2])) for part in parts], axis=2)


def _steps(picture: Picture, least: Picture, step: Picture) -> Array:
    made: Array = np.clip(np.rint((picture - least) / step), 0, _STEPS).astype(np.uint16)
    return made


def _halved(picture: Picture) -> Picture:
    even = np.pad(picture, [(0, picture.shape[0] % 2), (0, picture.shape[1] % 2), (0, 0)], "edge")
    half: Picture = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) * np.float32(0.25)
    return half
