"""A mean of pictures has the detail of one of them again, and no more."""

from __future__ import annotations

import cv2
import numpy as np

from replate_server.darkroom.sharpness import as_sharp


def strokes(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((96, 128, 3)).astype(np.float32)
    return np.asarray(0.5 + 0.3 * cv2.GaussianBlur(noise, (0, 0), 1.0), np.float32)


def energy(picture: np.ndarray) -> float:
    return float(sum(np.square(np.diff(picture, axis=axis)).mean() for axis in (0, 1)))


def test_detail_that_cancels_out_comes_back() -> None:
    pictures = [strokes(seed) for seed in range(4)]
    mean, everywhere = np.mean(pictures, axis=0), np.ones((96, 128), np.float32)
    assert energy(mean) < 0.3 * energy(pictures[0])
    sharp = as_sharp(mean, pictures[0], everywhere)
    assert 0.9 < energy(sharp) / energy(pictures[0]) < 1.1
    assert np.abs(sharp.mean(axis=(0, 1)) - mean.mean(axis=(0, 1))).max() < 1e-3


def test_pictures_that_agree_stay_as_they_are() -> None:
    picture = strokes(1)
    assert np.allclose(as_sharp(picture, picture, np.ones((96, 128), np.float32)), picture, atol=1e-5)


def test_where_nothing_was_mixed_in_the_picture_is_kept_bit_for_bit() -> None:
    own, share = strokes(1), np.zeros((96, 128), np.float32)
    share[:, 64:] = 1
    blended = np.where(share[..., None] > 0, (own + strokes(2)) / 2, own)
    sharp = as_sharp(blended, own, share)
    assert np.array_equal(sharp[:, :64], own[:, :64])
    assert energy(sharp[:, 64:]) > 1.3 * energy(blended[:, 64:])
