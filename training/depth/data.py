"""The pictures that training draws from, in memory, and the batches made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from training.depth.augment import Matrix, View, moved, placed, seen
from training.depth.targets import held_out, load
from training.depth.teacher import Picture, Plane

Batch = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Drawing:
    """How batches are drawn."""

    seed: int
    pictures: int
    """A batch, second views included."""
    shapes: tuple[tuple[int, int], ...]
    """Heights and widths: one of them for a batch, in turn."""
    least: float
    """The least size to which photographs are shrunk."""
    pairs: bool
    """Whether the second half of a batch is the first half seen from a step aside."""


def training_pictures(cache: Path) -> list[tuple[Picture, Plane]]:
    """All that are not held out, with their targets."""
    return [load(path) for path in sorted(cache.glob("*.npz")) if not held_out(path.stem)]


def batches(
    pictures: list[tuple[Picture, Plane]], drawing: Drawing, first: int, last: int, workers: int
) -> Iterator[Batch]:
    """Batches `first` to `last`: `picture` [n, 3, h, w], `target` [n, h, w], and with pairs `grid` [n/2, h, w, 2]."""
    drawn = _Drawn(pictures, drawing, first, last)
    loader = DataLoader(drawn, batch_size=None, num_workers=workers, prefetch_factor=4 if workers else None)
    yield from loader


class _Drawn(Dataset[Batch]):
    """Batch `n` is the same whichever worker makes it, and wherever training was taken up again."""

    def __init__(self, pictures: list[tuple[Picture, Plane]], drawing: Drawing, first: int, last: int) -> None:
        self.pictures, self.drawing, self.first, self.last = pictures, drawing, first, last

    def __len__(self) -> int:
        return self.last - self.first

    def __getitem__(self, index: int) -> Batch:
        cv2.setNumThreads(0)
        number, drawing = self.first + index, self.drawing
        rng = np.random.default_rng((drawing.seed, number))
        tall, wide = drawing.shapes[number % len(drawing.shapes)]
        photos = drawing.pictures // (2 if drawing.pairs else 1)
        chosen = [self._picture(place) for place in range(number * photos, (number + 1) * photos)]
        places = [placed(rng, photo.shape[:2], tall, wide, drawing.least) for photo, _ in chosen]
        steps: list[Matrix] = []
        if drawing.pairs:
            steps = [moved(rng, tall, wide) for _ in chosen]
            chosen = chosen * 2
            places += [place @ step for place, step in zip(places, steps, strict=True)]
        views = [
            seen(rng, photo, target, place, tall, wide) for (photo, target), place in zip(chosen, places, strict=True)
        ]
        return _batch(views, steps, tall, wide)

    def _picture(self, place: int) -> tuple[Picture, Plane]:
        """All pictures once, in an order of their own, then all again in another."""
        turn, within = divmod(place, len(self.pictures))
        order = np.random.default_rng((self.drawing.seed, 1, turn)).permutation(len(self.pictures))
        photo, target = self.pictures[order[within]]
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
