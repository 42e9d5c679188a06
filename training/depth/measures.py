"""What is measured of a depth: agreement, error on known depth, and how crisp its silhouettes are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.depth.teacher import Plane


def correlation(one: Plane, other: Plane) -> float:
    """Of two depths: what a scale and a shift do not change."""
    return float(np.corrcoef(one.ravel().astype(np.float64), other.ravel().astype(np.float64))[0, 1])


def absolute_relative_error(inverse: Plane, distance: Plane) -> float:
    """Mean |Z - true| / true, with Z from relative inverse depth by the scale and shift that fit 1 / true best."""
    known = distance > 0
    terms = np.stack([inverse[known], np.ones(known.sum())], 1).astype(np.float64)
    (scale, shift), *_ = np.linalg.lstsq(terms, 1 / distance[known].astype(np.float64), rcond=None)
    # Least squares may send what is far beyond infinity: nothing is farther than twice the farthest.
    found = 1 / np.maximum(inverse[known] * scale + shift, 0.5 / distance[known].max())
    return float(np.mean(np.abs(found - distance[known]) / distance[known]))


def edge_width(depth: Plane, truth: Plane, reach: int = 12, steep: int = 6) -> float:
    """How many pixels a depth takes from one side of a true silhouette to the other: 1 is a step, the median counts.

    Silhouettes are where the truth changes by a mean deviation or more within `steep` pixels to either side, and most
    in the middle. There the width is the depth's change over `reach` pixels to either side, by its steepest slope
    among them. nan where the truth has no silhouettes.
    """
    true, found = (_normalised(plane) for plane in (truth, depth))
    down, across = np.gradient(true)
    slope = np.hypot(down, across)
    rows, columns = np.nonzero(slope > 0.5 / steep)
    normal = np.stack([down, across])[:, rows, columns] / slope[rows, columns]
    before, after = (_sampled(slope, rows + step * normal[0], columns + step * normal[1]) for step in (-1, 1))
    crest = (slope[rows, columns] >= before) & (slope[rows, columns] > after)
    rows, columns, normal = rows[crest], columns[crest], normal[:, crest]
    crossed = _profiles(true, rows, columns, normal, steep)
    silhouettes = np.ptp(crossed, 0) >= 1
    profiles = _profiles(found, rows[silhouettes], columns[silhouettes], normal[:, silhouettes], reach)
    if not profiles.size:
        return float("nan")
    return float(np.median(np.ptp(profiles, 0) / np.maximum(np.abs(np.diff(profiles, axis=0)).max(0), 1e-6)))


def _profiles(
    plane: NDArray[Any], rows: NDArray[Any], columns: NDArray[Any], normal: NDArray[Any], reach: int
) -> NDArray[Any]:
    """Values across silhouettes, [2 reach + 1, silhouettes], a pixel apart."""
    steps = np.arange(-reach, reach + 1)[:, None]
    return _sampled(plane, rows + steps * normal[0], columns + steps * normal[1])


def _normalised(plane: Plane) -> NDArray[np.float64]:
    """Median 0, mean absolute deviation 1."""
    away = plane.astype(np.float64) - np.median(plane)
    return np.asarray(away / max(float(np.abs(away).mean()), 1e-6))


def _sampled(plane: NDArray[Any], rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    """Bilinearly, at places in pixels; beyond the border it goes on as it ends."""
    height, width = plane.shape
    rows, columns = rows.clip(0, height - 1), columns.clip(0, width - 1)
    top, left = np.minimum(rows.astype(int), height - 2), np.minimum(columns.astype(int), width - 2)
    down, across = rows - top, columns - left
    upper = plane[top, left] * (1 - across) + plane[top, left + 1] * across
    lower = plane[top + 1, left] * (1 - across) + plane[top + 1, left + 1] * across
    return np.asarray(upper * (1 - down) + lower * down)
