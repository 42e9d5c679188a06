"""The teacher's answers to every training picture, made once and kept beside the pictures' pixels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np

from training.depth.teacher import Picture, Plane, Teacher

SHORT = 384
"""The short side at which pictures and their targets are kept."""
FILM = "M_"
"""How names of frames of films begin."""
HELD_OUT = 13
"""One photograph of this many is never trained on, by a hash of its name."""


def held_out(name: str) -> bool:
    """Whether a photograph is kept for the figures. The same on every machine, whatever other photographs there are."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % HELD_OUT == 0


def make_targets(teacher: Teacher, photos: Path, movies: Sequence[Path], cache: Path, frames: int) -> None:
    """Writes `cache/NAME.npz` (`picture`, `target`) for all photographs, and `frames` frames of every movie."""
    cache.mkdir(parents=True, exist_ok=True)
    for photo in sorted(photos.glob("*.jpg")):
        _keep(teacher, cache / f"{photo.stem}.npz", lambda photo=photo: read_photo(photo))
    for movie in movies:
        for number, picture in _frames(movie, frames):
            _keep(teacher, cache / f"{FILM}{movie.stem}_{number:05d}.npz", lambda picture=picture: picture)


def read_photo(path: Path) -> Picture:
    """A photograph in RGB, at the size at which it is kept."""
    return brought_to_size(np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8))


def brought_to_size(picture: Picture) -> Picture:
    """With the short side of `SHORT`, unless it is smaller already."""
    height, width = picture.shape[:2]
    scale = SHORT / min(height, width)
    if scale >= 1:
        return picture
    size = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def load(path: Path) -> tuple[Picture, Plane]:
    with np.load(path) as kept:
        return kept["picture"], kept["target"]


def _keep(teacher: Teacher, path: Path, picture) -> None:  # type: ignore[no-untyped-def]
    if path.exists():
        return
    pixels = picture()
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, picture=pixels, target=teacher.ensemble(pixels).astype(np.float16))
    partial.rename(path)


def _frames(movie: Path, count: int) -> Iterator[tuple[int, Picture]]:
    """`count` frames from the whole length of a movie."""
    with av.open(str(movie)) as container:
        total = container.streams.video[0].frames
        wanted = {round(index * (total - 1) / max(count - 1, 1)) for index in range(count)}
        for number, frame in enumerate(container.decode(video=0)):
            if number in wanted:
                yield number, brought_to_size(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
