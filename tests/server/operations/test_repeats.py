"""What repeats goes on in step behind what stands before it; what does not repeat is left to others."""

from __future__ import annotations

import cv2
import numpy as np

from replate_server.operations.compliance import Recorder
from replate_server.operations.inpaint.repeats import continued


def wallpaper(height: int = 160, width: int = 224, fold: float = 0.0) -> np.ndarray:
    """A pattern of period 36 by 28, lit from the left; its columns sway by `fold` pixels from top to bottom."""
    noise = np.random.default_rng(4).random((28, 36, 3)).astype(np.float32)
    tile = cv2.GaussianBlur(np.tile(noise, (3, 3, 1)), (0, 0), 2)[28:56, 36:72]
    tile = 0.5 + (tile - tile.mean()) * 4
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x += fold * np.sin(y / height * np.pi)
    tiled = cv2.remap(np.tile(tile, (height // 28 + 3, width // 36 + 3, 1)), x + 36, y + 28, cv2.INTER_CUBIC)
    return np.asarray((tiled * np.linspace(0.9, 0.6, width, dtype=np.float32)[:, None]).clip(0, 1), np.float32)


def bar(height: int = 160, width: int = 224) -> np.ndarray:
    hole = np.zeros((height, width), bool)
    hole[:, 100:145] = True
    return hole


def rms(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.sqrt(np.square(one - other).mean()))


def test_a_wallpaper_goes_on_behind_a_bar() -> None:
    truth, hole = wallpaper(fold=9.0), bar()
    picture = np.where(hole[..., None], np.float32(1), truth)
    filled, sure = continued(picture, hole, hole, Recorder())
    assert rms(filled[hole], truth[hole]) < 0.4 * truth[hole].std(axis=0).mean()
    assert (sure[hole] > 0.4).mean() > 0.9
    assert np.array_equal(filled[~hole], picture[~hole])
    assert not sure[~hole].any()


def test_what_is_in_the_hole_is_not_looked_at() -> None:
    truth, hole = wallpaper(), bar()
    wanted = hole & (np.arange(160)[:, None] > 80)
    first, second = (
        continued(np.where(hole[..., None], np.float32(value), truth), hole, wanted, Recorder())[0][wanted]
        for value in (0, 1)
    )
    assert np.array_equal(first, second)


def test_what_does_not_repeat_is_not_sure() -> None:
    noise = np.random.default_rng(2).random((160, 224, 3)).astype(np.float32)
    truth, hole = cv2.GaussianBlur(noise, (0, 0), 3) * 6 - 2.5, bar()
    _, sure = continued(np.where(hole[..., None], np.float32(0), truth.clip(0, 1)), hole, hole, Recorder())
    assert (sure[hole] > 0.5).mean() < 0.1


def test_small_pictures_and_whole_holes_are_left_alone() -> None:
    picture = np.full((40, 60, 3), 0.5, np.float32)
    hole = np.zeros((40, 60), bool)
    hole[10:20, 10:20] = True
    for small in (hole, np.ones_like(hole)):
        filled, sure = continued(picture, small, small, Recorder())
        assert np.array_equal(filled, picture)
        assert not sure.any()
