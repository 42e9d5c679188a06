"""Scale and shift that flicker from frame to frame, measured along the motion and taken away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from replate_server.operations.depth.affine import Affine

_PERIOD = 48.0
"""Frames: changes of scale and shift that are slower than this are taken for what the shot really does."""


def steadied(links: Sequence[Affine | None], shifted: bool = True) -> tuple[Affine, ...]:
    """What to do to each frame's inverse depth so that the shot's does not flicker.

    `links` tell, for each frame but the last, how the same places' inverse depth changes to the next frame; None
    where nothing is shared, at a cut. Joined up they are the path of the scale and of the shift, of which only the
    quick part is taken away. A steady change stays, up to the ends, where it is more than flicker can explain: a
    camera that moves in keeps moving in, and errors that add up along the path do no harm. Across a cut, each side
    keeps the model's own scale.
    """
    ends = [index + 1 for index, link in enumerate(links) if link is None]
    fixes: list[Affine] = []
    for start, stop in zip([0, *ends], [*ends, len(links) + 1], strict=True):
        path = [Affine()]
        for link in links[start : stop - 1]:
            assert link is not None
            path.append(path[-1].then(link))
        scale = np.array([one.scale for one in path])
        shift = np.array([one.shift for one in path])
        slow = np.exp(smoothed(np.log(scale), _PERIOD))
        middle = smoothed(shift, _PERIOD) if shifted else shift
        for index in range(len(path)):
            by = float(slow[index] / scale[index])
            fixes.append(Affine(by, float(middle[index] - shift[index] * by)))
    return tuple(fixes)


def smoothed(path: NDArray[np.float64], period: float) -> NDArray[np.float64]:
    """A path [n] without changes quicker than a period (there they are halved).

    Whittaker's method, known as the Hodrick-Prescott filter, around the straight line that fits best. That line is
    kept as far as it stands out from the scatter around it: of a slope with the standard error e, 1 - (2 e / slope)^2.
    """
    count = len(path)
    if count < 4:
        return np.full(count, path.mean())
    time = np.arange(count) - (count - 1) / 2
    slope = float(time @ path / (time @ time))
    rest = path - path.mean() - slope * time
    stiffness = (2 * np.sin(np.pi / period)) ** -4
    bend = np.diff(np.eye(count), n=2, axis=0)
    bent = np.linalg.solve(np.eye(count) + stiffness * bend.T @ bend, rest)
    error = float(np.square(rest - bent).sum()) / (count - 2) / float(time @ time)
    kept = max(1 - 4 * error / slope**2, 0.0) if slope else 0.0
    return np.asarray(path.mean() + kept * slope * time + bent, np.float64)
