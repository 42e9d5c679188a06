"""Which of the chosen layers each pixel of a frame belongs to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate_server.operations.layers.chosen import Choice
from replate_server.operations.layers.regions import NOBODY, Labels, Regions, measured

Array = NDArray[Any]

_SHARE = 0.08
"""A region is sliced where at least this much of it lies on either side."""
_AREA = 4.0
"""What a region's area out of its place weighs, against a border at which the nearer lies behind."""
_HELD = 0.5
"""What area that changes its layer from one frame to the next weighs, in parts of the picture's whole depth."""
_SWEEPS = 8


def labelled(regions: Regions, nearness: Array, choice: Choice, held: Labels | None = None) -> Labels:
    """Layers found by depth, by number from 0, of each pixel [rows, columns]; `NOBODY` where an object is.

    Regions go whole into the layer where they lie, but for those that a slice parts, and never behind what they
    hide as long as there is a layer for it. `held` is where the pixels were a frame ago.
    """
    if not regions.area.size or not choice.cuts:
        return np.where(regions.labels >= 0, 0, NOBODY).astype(np.int32)
    parts = _sliced(regions, nearness, choice)
    cuts = np.array(choice.cuts)
    count = cuts.size + 1
    edges = np.concatenate([[-np.inf], cuts, [np.inf]])
    away = np.maximum(edges[None, :-1] - parts.place[:, None], parts.place[:, None] - edges[None, 1:]).clip(0)
    cost: Array = _AREA * parts.area[:, None] * away
    depth = float(np.ptp(nearness))
    if held is not None:
        inside = (parts.labels >= 0) & (held >= 0)
        was: Array = np.bincount(parts.labels[inside] * count + held[inside], minlength=parts.area.size * count)
        was = was.reshape(-1, count) / parts.labels.size
        cost = cost + _HELD * depth * (was.sum(1, keepdims=True) - was)
    label = cost.argmin(1)
    for _ in range(_SWEEPS):
        before = label.copy()
        for one in np.argsort(-parts.area):
            # What hides it must not lie behind it, nor what it hides before it.
            wrong = [
                parts.steps[one] @ (label > layer) + parts.steps[:, one] @ (label < layer) for layer in range(count)
            ]
            label[one] = int((cost[one] + np.array(wrong)).argmin())
        if (label == before).all():
            break
    of_all = np.append(label, NOBODY)
    return np.asarray(of_all[parts.labels], np.int32)


def _sliced(regions: Regions, nearness: Array, choice: Choice) -> Regions:
    if not choice.sliced:
        return regions
    labels, cuts = regions.labels.copy(), sorted(choice.sliced)
    side = np.digitize(nearness, cuts)
    following = int(labels.max()) + 1
    for one in range(following):
        mine = regions.labels == one
        shares = np.bincount(side[mine], minlength=len(cuts) + 1) / mine.sum()
        large = np.flatnonzero(shares >= _SHARE)
        for index in large[1:]:
            labels[mine & (side >= index)] = following
            following += 1
    return measured(labels, nearness)
