"""A frame's restyle joined with those of the frames around it, along the motion.

What is carried is interpolated once, from each frame where it was painted: a result that is carried on from frame to
frame blurs as it goes, and lags behind. A frame depends on those within `REACH` alone, so that any range may be made by
itself, and on any device.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from replate_server.darkroom.motion import likeness, warp, without_specks
from replate_server.darkroom.resize import Nature
from replate_server.darkroom.sharpness import as_sharp
from replate_server.operations.contract import Cached, Steps, Tensor, Window
from replate_server.operations.restyle.guides import Guides
from replate_server.operations.spans import Span, part

REACH = 3
"""Frames before and after that a frame is joined with."""
WINDOW = 8
"""Frames of a window at the least: windows share the frames between them, which other devices may paint at once."""
_MARGIN = 2
"""Pixels around what is hidden that are not carried: as far as cubics reach."""


def sheet(painted: Tensor, picture: Tensor) -> Cached:
    """What is kept of a frame: its restyle, and what it was painted from, as it is compared, in 8 bits."""
    calm = cv2.GaussianBlur(picture, (0, 0), 1.0)
    return {"painted": painted, "seen": np.rint(calm * 255.0).clip(0, 255).astype(np.uint8)}


def steadied(
    window: Window, number: int, steadiness: float, painted: Callable[[int, Steps], Cached], steps: Steps
) -> Tensor:
    """A frame's restyle [height, width, 3] over its data window, display-referred, as the frames around it have it too.

    `painted` gives a frame's `sheet`. A frame at a distance of n frames counts `steadiness` to the n-th against the
    frame itself, where it shows the same: where the motion leads there and back, the depth stays, and the plates look
    alike.
    """
    guides = Guides(window, number, REACH)
    own, seen = _over_box(guides, painted(number, Span(steps, 0.0, 0.3)), number)
    total, weight = own.copy(), np.ones(own.shape[:2], np.float32)
    rest = Span(steps, 0.3, 1.0)
    most = 2 * REACH
    for index, (other, distance, motion, shown) in enumerate(guides.sights()):
        there, looks = _over_box(guides, painted(other, part(rest, index, most)), other)
        same = shown * likeness(seen, looks, motion)
        share = np.minimum(same, without_specks(same, _MARGIN)) * np.float32(steadiness**distance)
        total += warp(there, motion, Nature.COLOUR, sharp=True) * share[..., None]
        weight += share
        rest.progress((index + 1) / most)
    full = 1 - 1 / (1 + 2 * sum(steadiness**distance for distance in range(1, REACH + 1)))
    others = ((1 - 1 / weight) / full).astype(np.float32)
    joined = as_sharp(np.clip(total / weight[..., None], 0, 1), own, others)
    return guides.over_frame(joined)


def _over_box(guides: Guides, sheet: Cached, number: int) -> tuple[Tensor, Tensor]:
    seen = np.asarray(guides.over_box(sheet["seen"], number), np.float32) / np.float32(255)
    return np.asarray(guides.over_box(sheet["painted"], number), np.float32), seen
