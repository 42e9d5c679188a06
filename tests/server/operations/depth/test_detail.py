"""Depth at the plate's size has its edges on the picture's edges, and nothing between the two sides of an edge."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from replate_server.operations.depth.detail import detailed
from replate_server.operations.depth.fuse import weighted_median

SIZE = (192, 256)
COARSE = (48, 64)
PART = np.s_[300:700, 400:880]
Numbers = np.ndarray


def disc() -> Numbers:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    return np.hypot(y - 96, x - 128) < 55


def picture(inside: Numbers) -> Numbers:
    """Bright inside and dark outside, both textured."""
    noise = cv2.GaussianBlur(np.random.default_rng(2).random((*SIZE, 3)).astype(np.float32), (0, 0), 1.2) - 0.5
    return np.clip(np.where(inside[..., None], 0.7, 0.25) + noise * 0.3, 0, 1).astype(np.float32)


def estimate(true: Numbers, astray: int = 4) -> Numbers:
    """As a model gives it: a quarter of the size, soft, and its edges `astray` pixels of the plate off."""
    moved = np.roll(true.astype(np.float32), astray, axis=1)
    return cv2.GaussianBlur(cv2.resize(moved, COARSE[::-1], interpolation=cv2.INTER_AREA), (0, 0), 1.2)


def smooth(coarse: Numbers) -> Numbers:
    return cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_LINEAR)


def between(depth: Numbers) -> float:
    """The part of the plate that lies on neither side."""
    return float(((depth > 0.3) & (depth < 0.7)).mean())


def test_an_edge_comes_to_lie_on_the_pictures_edge() -> None:
    inside = disc()
    true = np.where(inside, 0.8, 0.2).astype(np.float32)
    coarse = estimate(true)
    made = detailed(picture(inside), coarse, 5, 0.6)
    wrong = (made > 0.5) != inside
    assert wrong.mean() < 0.2 * ((smooth(coarse) > 0.5) != inside).mean()
    rim = cv2.dilate(inside.astype(np.uint8), np.ones((3, 3))) - cv2.erode(inside.astype(np.uint8), np.ones((3, 3)))
    assert (wrong & (rim == 0)).mean() < 0.002
    assert between(made) < 0.1 * between(smooth(coarse))
    assert made.min() > 0.19 and made.max() < 0.81


def test_a_slanted_floor_stays_smooth_whatever_is_painted_on_it() -> None:
    tiles = (np.indices(SIZE) // 16).sum(axis=0) % 2 == 0
    floor = np.linspace(0, 1, COARSE[0], dtype=np.float32)[:, None].repeat(COARSE[1], axis=1)
    made = detailed(picture(tiles), floor, 5, 1.0)
    np.testing.assert_allclose(made, smooth(floor), atol=0.01)


def test_without_a_radius_it_is_only_interpolated() -> None:
    coarse = estimate(disc().astype(np.float32))
    made = detailed(picture(disc()), coarse, 0, 1.0)
    assert np.abs(made - smooth(coarse)).max() < 0.1
    assert between(made) > 0.03


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (48, 64), (20, 30)])
def test_a_picture_of_any_size_will_do(size: tuple[int, int]) -> None:
    coarse = estimate(disc().astype(np.float32))
    made = detailed(np.zeros((*size, 3), np.float32), coarse, 6, 1.0)
    assert made.shape == size and np.isfinite(made).all()


def test_the_median_goes_by_weight() -> None:
    values = np.array([[3.0, 1.0, 2.0, 9.0]], np.float32)
    for weights, said in (((1, 1, 1, 0), 2.0), ((0.1, 0.1, 0.1, 9), 9.0), ((5, 1, 1, 1), 3.0)):
        assert weighted_median(values, np.array([weights], np.float32)) == said


def test_true_depth_made_coarse_is_brought_back(footage: Path) -> None:
    """Middlebury's plant: the true disparity at a quarter, softened, and the plate to find its edges by."""
    plate = cv2.imread(str(footage / "aloe" / "aloeL.jpg"), cv2.IMREAD_COLOR_RGB)[PART].astype(np.float32) / 255
    true = cv2.imread(str(footage / "aloe" / "aloeGT.png"), cv2.IMREAD_GRAYSCALE)[PART].astype(np.float32)
    known = true > 0
    # What the stereo rig did not see is filled with the lesser neighbour, so that the model has something to say.
    filled = true.copy()
    for row in filled:
        holes = np.flatnonzero(row == 0)
        full = np.flatnonzero(row)
        if full.size:
            place = np.searchsorted(full, holes).clip(1, full.size - 1)
            row[holes] = np.minimum(row[full[place - 1]], row[full[place]])
    rows, columns = true.shape[0] // 4, true.shape[1] // 4
    coarse = cv2.GaussianBlur(cv2.resize(filled, (columns, rows), interpolation=cv2.INTER_AREA), (0, 0), 1.5)
    span = float(np.ptp(filled))
    soft = cv2.resize(coarse, true.shape[::-1], interpolation=cv2.INTER_LINEAR)
    made = detailed(plate, coarse, 5, span)
    steps = cv2.dilate(filled, np.ones((5, 5))) - cv2.erode(filled, np.ones((5, 5))) > 0.1 * span
    edges = known & (cv2.dilate(steps.astype(np.uint8), np.ones((9, 9))) > 0)
    off = {name: np.abs(depth - true)[edges] for name, depth in (("soft", soft), ("made", made))}
    assert off["made"].mean() < 0.7 * off["soft"].mean()
    assert (off["made"] > 0.1 * span).mean() < 0.6 * (off["soft"] > 0.1 * span).mean()
