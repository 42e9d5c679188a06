"""Scenes whose layers are known: cards and floors before a wall, as a picture and its distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

FAR = 10.0


@dataclass(frozen=True, eq=False)
class Card:
    """Something of one colour that stands in a scene."""

    cover: Picture
    """[height, width] in [0,1]."""
    colour: tuple[float, float, float]
    distance: Picture | float


@dataclass(frozen=True, eq=False)
class Scene:
    picture: Picture
    """[height, width, 3] linear."""
    distances: Picture
    """[height, width]: of what covers most of a pixel."""
    covers: Sequence[Picture]
    """How much of each pixel each card covers, were it alone."""


def scene(
    cards: Sequence[Card], height: int = 72, width: int = 120, wall: Picture | None = None, far: Picture | float = FAR
) -> Scene:
    """Cards, back to front, before a wall of blue noise at a distance."""
    picture = blue(height, width) if wall is None else wall.copy()
    distances = np.broadcast_to(np.asarray(far, np.float32), (height, width)).copy()
    for card in cards:
        picture = card.cover[..., None] * np.float32(card.colour) + (1 - card.cover[..., None]) * picture
        distances = np.where(card.cover >= 0.5, np.float32(card.distance), distances)
    return Scene(picture.astype(np.float32), distances.astype(np.float32), [card.cover for card in cards])


def blue(height: int = 72, width: int = 120) -> Picture:
    """A wall without any red."""
    noise = cv2.GaussianBlur(np.random.default_rng(5).random((height, width), np.float32), (0, 0), 3)
    level = (0.5 + (noise - 0.5) * 2).clip(0.1, 1).astype(np.float32)
    return np.dstack([np.zeros_like(level), level * np.float32(0.2), level])


def box(left: int, top: int, right: int, bottom: int, height: int = 72, width: int = 120) -> Picture:
    """The cover of a rectangle; its edges lie between pixels."""
    cover = np.zeros((height, width), np.float32)
    cover[top:bottom, left:right] = 1
    return cover


def disc(x: float, y: float, radius: float, height: int = 72, width: int = 120) -> Picture:
    """The cover of a disc with an edge three pixels wide."""
    down, across = np.mgrid[:height, :width] + 0.5
    return np.clip((radius - np.hypot(across - x, down - y)) / 3 + 0.5, 0, 1).astype(np.float32)


def floor(height: int = 72, width: int = 120, horizon: float = 0.25, far: float = FAR, near: float = 1.0) -> Picture:
    """Distances of a floor below the horizon's row, and of the wall above it, where they meet."""
    down = (np.arange(height) / height - horizon) / (1 - horizon)
    nearness = 1 / far + down.clip(0) * (1 / near - 1 / far)
    return np.broadcast_to((1 / nearness)[:, None], (height, width)).astype(np.float32)


def slope(start: float, end: float, height: int = 72, width: int = 120) -> Picture:
    """Distances of a plane that runs from one at the left to another at the right, straight in 1/Z as planes are."""
    across = np.linspace(1 / start, 1 / end, width)
    return np.broadcast_to(1 / across, (height, width)).astype(np.float32)
