"""What is done to a picture before the student sees it. The target moves with the picture and keeps its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.depth.teacher import Picture, Plane

Matrix = NDArray[np.float64]
"""[3, 3], from the student's picture to the kept one, in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A part of a photograph as the student sees it."""

    picture: NDArray[np.float32]
    """[height, width, 3] in [0, 1]."""
    target: Plane
    to_photo: Matrix


def placed(
    rng: np.random.Generator, size: tuple[int, int], tall: int, wide: int, least: float, most: float = 1.1
) -> Matrix:
    """A crop of `tall` x `wide` from a photograph of `size` (height, width): anywhere, perhaps mirrored or turned.

    The photograph is first scaled at random, from `least` of its size, or what still fills the crop, to `most`.
    """
    height, width = size
    fits = max(tall / height, wide / width)
    aspect = np.exp(rng.uniform(-0.15, 0.15))
    scale = np.exp(rng.uniform(np.log(max(least, fits)), np.log(max(most, fits))))
    across, down = max(scale * aspect, wide / width), max(scale / aspect, tall / height)
    angle = np.deg2rad(rng.normal(0, 3)) if rng.random() < 0.4 else 0.0
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    left = rng.uniform(0, max(0.0, width - wide / across))
    top = rng.uniform(0, max(0.0, height - tall / down))
    centre = np.array([[1, 0, left + wide / across / 2], [0, 1, top + tall / down / 2], [0, 0, 1]])
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    stretch = np.diag([mirror / across, 1 / down, 1])
    back = np.array([[1, 0, -wide / 2], [0, 1, -tall / 2], [0, 0, 1]], np.float64)
    return np.asarray(centre @ turn @ stretch @ back, np.float64)


def patched(rng: np.random.Generator, picture: NDArray[np.float32], other: NDArray[np.float32]) -> None:
    """Sets a piece of another picture of the same size into this one: what the teacher says of that, no photograph
    could have told. (Yun et al., "CutMix", 2019; Beyer et al., "A good teacher is patient and consistent", 2022.)"""
    tall, wide = picture.shape[:2]
    height, width = int(rng.uniform(0.3, 0.8) * tall), int(rng.uniform(0.3, 0.8) * wide)
    top, left = int(rng.integers(0, tall - height)), int(rng.integers(0, wide - width))
    picture[top : top + height, left : left + width] = other[top : top + height, left : left + width]


def moved(rng: np.random.Generator, tall: int, wide: int) -> Matrix:
    """A small step of a camera: a shift, a zoom, a turn, as an affine map about the picture's middle."""
    angle, zoom = np.deg2rad(rng.normal(0, 1.0)), np.exp(rng.normal(0, 0.02))
    shift = rng.normal(0, 0.015, 2) * (wide, tall)
    back = np.array([[1, 0, -wide / 2], [0, 1, -tall / 2], [0, 0, 1]], np.float64)
    cosine, sine = zoom * np.cos(angle), zoom * np.sin(angle)
    turn = np.array([[cosine, -sine, wide / 2 + shift[0]], [sine, cosine, tall / 2 + shift[1]], [0, 0, 1]])
    return np.asarray(turn @ back, np.float64)


def seen(
    rng: np.random.Generator, photo: Picture, target: Plane, matrix: Matrix, tall: int, wide: int, plain: float = 0.0
) -> View:
    """A photograph through `matrix`; its colours, grain and sharpness are changed at random, but for a part `plain`."""
    shrunk = float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))
    source, inner = photo, matrix
    if shrunk > 1.3:  # Warping alone would alias.
        size = (max(1, round(photo.shape[1] / shrunk)), max(1, round(photo.shape[0] / shrunk)))
        source = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.uint8)
        inner = np.diag([size[0] / photo.shape[1], size[1] / photo.shape[0], 1.0]) @ matrix
    picture = _warped(source, inner, tall, wide)
    kept = plain > 0 and rng.random() < plain
    shown = np.asarray(picture, np.float32) / np.float32(255) if kept else _changed(rng, picture)
    return View(shown, np.asarray(_warped(target, matrix, tall, wide), np.float32), matrix)


def _warped(plane: NDArray[Any], matrix: Matrix, tall: int, wide: int) -> NDArray[Any]:
    # OpenCV counts from the middles of pixels, we from their corners.
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    inner = np.linalg.inv(half) @ matrix @ half
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(plane, inner[:2], (wide, tall), flags=flags, borderMode=cv2.BORDER_REFLECT_101))


def _changed(rng: np.random.Generator, picture: NDArray[Any]) -> NDArray[np.float32]:
    if rng.random() < 0.2:  # What compression leaves.
        quality = int(rng.integers(25, 90))
        _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
        picture = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    pixels = np.asarray(picture, np.float32) * np.float32(1 / 255)
    if rng.random() < 0.15:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.4)), np.float32)
    # One matrix for white balance, saturation and hue: three gains, a pull to grey, a turn about the grey axis.
    gains = np.exp(rng.normal(0, 0.12, 3)) * np.exp(rng.normal(0, 0.2))
    pull = np.clip(1 + rng.normal(0, 0.3), 0, 2) if rng.random() > 0.05 else 0.0
    grey = np.full((3, 3), 1 / 3)
    colours = (pull * np.eye(3) + (1 - pull) * grey) @ _hue(rng.normal(0, 0.25)) @ np.diag(gains)
    pixels = np.asarray(cv2.transform(pixels, colours.astype(np.float32)), np.float32)
    np.clip(pixels, 0, 1, out=pixels)
    gamma = float(np.exp(rng.normal(0, 0.25)))
    if rng.random() < 0.1:  # Low light.
        gamma *= rng.uniform(1.5, 2.5)
    pixels = np.asarray(cv2.pow(pixels, gamma), np.float32)
    contrast = float(np.exp(rng.normal(0, 0.12)))
    pixels = (pixels - np.float32(0.5)) * np.float32(contrast) + np.float32(0.5 + rng.normal(0, 0.03))
    if rng.random() < 0.3:
        amount = float(rng.uniform(0.005, 0.05))
        pixels = pixels + rng.standard_normal(pixels.shape, np.float32) * np.float32(amount)
    return np.clip(pixels, 0, 1, out=pixels)


def _hue(angle: float) -> Matrix:
    """A turn about the axis of greys (Rodrigues)."""
    third, root = 1 / 3, np.sqrt(1 / 3)
    cosine, sine = np.cos(angle), np.sin(angle)
    cross = root * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    return np.asarray(cosine * np.eye(3) + sine * cross + (1 - cosine) * third * np.ones((3, 3)), np.float64)
