"""Small plates taken apart in depth: layers that make up the plate exactly, as a `layers` job would give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from replate.depth import Depth, samples
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType

DEPTH = Depth(metric=False, inverse=True, near=2.0, far=40.0)
NAMES = ("layer1", "hill", "pole")


@dataclass(frozen=True)
class Shape:
    """What a plate looks like."""

    format: Box = field(default_factory=lambda: Box(0, 0, 160, 96))
    data: Box | None = None
    pixel_aspect: float = 1.0
    numbers: Sequence[int] = (1001,)
    opaque: bool = True
    glow: bool = True
    """Light under alpha 0 beside the pole."""
    noise: bool = True
    depth: Depth = DEPTH
    metadata: dict[str, float] = field(default_factory=dict)

    @property
    def window(self) -> Box:
        return self.data or self.format

    def spec(self, number: int) -> FrameSpec:
        return FrameSpec(
            number,
            self.window,
            self.format,
            ("R", "G", "B", "A"),
            colour_space="lin_rec709",
            pixel_aspect=self.pixel_aspect,
            metadata=self.metadata,
        )


@dataclass(frozen=True, eq=False)
class Taken:
    """A plate and its layers."""

    frames: list[tuple[str, Frame]]
    """As a job gives them."""
    plates: dict[int, NDArray[np.float32]]
    """[height, width, 4], premultiplied, over the data window, by frame number."""
    distances: dict[int, dict[str, NDArray[np.float32]]]
    """By frame number and layer."""


def taken_apart(shape: Shape) -> Taken:
    """A floor that goes off into the distance, a bumpy hill on it, and a thin pole before them, with soft edges.

    Things move by a pixel and a half a frame. The pictures are noise and hard patterns up to 1.5, with light
    under alpha 0 beside the pole.
    """
    taken = Taken([], {}, {})
    for index, number in enumerate(shape.numbers):
        layers = _layers(shape, 1.5 * index)
        spec = shape.spec(number)
        colours = [colour.astype(np.float16) for colour, _ in layers]
        far = [distance.astype(np.float32) for _, distance in layers]
        pictures = np.concatenate(colours, axis=2)
        names = tuple(f"{name}.{part}" for name in NAMES for part in "RGBA")
        taken.frames.append(("layers", Frame(_with(spec, names, PixelType.HALF), pictures)))
        depths = samples(np.stack(far, axis=2), shape.depth)
        flat = _with(spec, tuple(f"{name}.Z" for name in NAMES), PixelType.FLOAT, shape.depth)
        taken.frames.append(("depths", Frame(flat, depths)))
        plate = np.zeros((*pictures.shape[:2], 4), np.float32)
        for colour in colours:
            over = colour.astype(np.float32)
            plate = over + plate * (1 - over[:, :, 3:])
        taken.plates[number] = plate
        taken.distances[number] = dict(zip(NAMES, far, strict=True))
    return taken


def _with(spec: FrameSpec, channels: tuple[str, ...], kind: PixelType, depth: Depth | None = None) -> FrameSpec:
    space = spec.colour_space if depth is None else DATA
    return FrameSpec(
        spec.number, spec.data_window, spec.display_window, channels, kind, space, spec.pixel_aspect,
        metadata=spec.metadata, depth=depth,
    )  # fmt: skip


def _layers(shape: Shape, moved: float) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Premultiplied RGBA and distance of each layer, back to front."""
    window = shape.window
    y, x = np.mgrid[: window.height, : window.width].astype(np.float64)
    down, across = y / window.height, x / window.width
    floor = 40.0 / (1 + 4 * down)
    middle, reach = window.width * 0.45 + moved, window.width * 0.28
    radius = np.hypot(x - middle, (y - window.height * 0.6) * 1.3)
    hill_alpha = np.clip((reach - radius) / 6, 0, 1)
    hill = np.minimum(0.9 * floor, 5.0 + 2.0 * (radius / reach) ** 2 + 0.3 * np.sin(x / 5) * np.cos(y / 7))
    pole_alpha = np.clip(4.5 - np.abs(x - window.width * 0.62 - moved), 0, 1)
    pole = np.minimum(0.8 * hill, 2.5 + 0.6 * across + 0.1 * np.sin(y / 9))
    own = np.ones_like(x) if shape.opaque else np.clip(across * 1.6, 0, 1)
    pictures = [_picture(seed, x, y, shape.noise) for seed in range(3)]
    found = [
        np.dstack([pictures[0] * own[:, :, None], own]),
        np.dstack([pictures[1] * hill_alpha[:, :, None], hill_alpha]),
        np.dstack([pictures[2] * pole_alpha[:, :, None], pole_alpha]),
    ]
    if shape.glow:
        found[2][:, :, :3] += 0.05 * np.clip(1 - np.abs(x - window.width * 0.62 - moved) / 12, 0, 1)[:, :, None]
    return list(zip(found, (floor, hill, pole), strict=True))


def _picture(seed: int, x: NDArray[np.float64], y: NDArray[np.float64], noisy: bool) -> NDArray[np.float64]:
    """Stripes, squares and noise, 0 to 1.5."""
    noise = np.random.default_rng(seed).random((*x.shape, 3))
    squares = ((x // 8 + y // 8) % 2)[:, :, None] * np.array([0.9, 0.5, 0.2])
    waves = 0.3 + 0.3 * np.sin((x * (1 + seed) + y * 2)[:, :, None] / np.array([5.0, 9.0, 14.0]))
    return squares * 0.4 + waves * 0.6 + 0.3 * noisy * noise
