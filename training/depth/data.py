"""The pictures that training draws from, in memory, and the batches made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from training.depth.augment import Matrix, View, moved, patched, placed, seen
from training.depth.targets import held_out, load
from training.depth.teacher import Picture, Plane, Teacher
from training.depth.together import rank, ranks

Batch = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Drawing:
    """How batches are drawn."""

    seed: int
    pictures: int
    """A batch of one process, second views included."""
    shapes: tuple[tuple[int, int], ...]
    """Heights and widths: one of them for a batch, in turn."""
    least: float
    most: float
    """The least and the greatest size to which photographs are scaled."""
    plain: float
    """Of how many pictures the colours, the grain and the sharpness stay as they are, 0 to 1."""
    patched: float
    """Into how many pictures a piece of another is set, 0 to 1: what they are to be, the teacher alone says."""
    hinted: bool
    """Whether the teacher is asked about every crop, and for what it thinks on its way."""
    pairs: bool
    """Whether the second half of a batch is the first half seen from a step aside."""


def training_pictures(cache: Path) -> list[tuple[Picture, Plane]]:
    """All that are not held out, with their targets."""
    return [load(path) for path in sorted(cache.glob("*.npz")) if not held_out(path.stem)]


class Batches:
    """Batches by number: the same number gives the same batch to the same process, whenever it is asked."""

    def __init__(self, pictures: list[tuple[Picture, Plane]], drawing: Drawing, teacher: Teacher | None) -> None:
        """The teacher, opened with hints, is needed where the drawing is hinted."""
        self._pictures, self._drawing, self._teacher = pictures, drawing, teacher

    def __call__(self, number: int) -> Batch:
        """`picture` [n, 3, h, w], `target` [n, h, w], where that is `whole` [n]; with pairs `grid` [n/2, h, w, 2].

        With hints: `told` [n, h, w], the teacher's answer to the crop, and [n, channels, ...] for each of `HINTS`.
        """
        drawing = self._drawing
        rng = np.random.default_rng((drawing.seed, number, rank()))
        tall, wide = drawing.shapes[number % len(drawing.shapes)]
        photos = drawing.pictures // (2 if drawing.pairs else 1)
        first = (number * ranks() + rank()) * photos
        chosen = [self._picture(place) for place in range(first, first + photos)]
        places = [placed(rng, photo.shape[:2], tall, wide, drawing.least, drawing.most) for photo, _ in chosen]
        steps: list[Matrix] = []
        if drawing.pairs:
            steps = [moved(rng, tall, wide) for _ in chosen]
            chosen = chosen * 2
            places += [place @ step for place, step in zip(places, steps, strict=True)]
        views = [
            seen(rng, photo, target, place, tall, wide, drawing.plain)
            for (photo, target), place in zip(chosen, places, strict=True)
        ]
        pieces = [rng.random() < drawing.patched for _ in views] if drawing.patched else [False] * len(views)
        sources = [view.picture.copy() for view in views] if any(pieces) else []
        for place in np.flatnonzero(pieces):
            patched(rng, views[place].picture, sources[place - 1])
        batch = _batch(views, steps, tall, wide)
        batch["whole"] = ~torch.tensor(pieces)
        if drawing.hinted and self._teacher:
            shown = np.stack([view.picture for view in views]) * 255 + 0.5
            told, hints = self._teacher.told(shown.astype(np.uint8))
            batch |= {"told": torch.from_numpy(told)} | {part: torch.from_numpy(hint) for part, hint in hints.items()}
        return batch

    def _picture(self, place: int) -> tuple[Picture, Plane]:
        """All pictures once, in an order of their own, then all again in another."""
        turn, within = divmod(place, len(self._pictures))
        order = np.random.default_rng((self._drawing.seed, 1, turn)).permutation(len(self._pictures))
        photo, target = self._pictures[order[within]]
        return photo, target.astype(np.float32)


def _batch(views: list[View], steps: list[Matrix], tall: int, wide: int) -> Batch:
    batch = {
        "picture": torch.from_numpy(np.stack([view.picture.transpose(2, 0, 1) for view in views])),
        "target": torch.from_numpy(np.stack([view.target for view in views])),
    }
    if steps:
        # Where a pixel of the first view lies in the second, in grid_sample's units.
        columns, rows = np.meshgrid(np.arange(wide) + 0.5, np.arange(tall) + 0.5)
        points = np.stack([columns, rows, np.ones_like(rows)], -1)
        there = np.stack([points @ np.linalg.inv(step)[:2].T for step in steps])
        batch["grid"] = torch.from_numpy((there / (wide, tall) * 2 - 1).astype(np.float32))
    return batch
