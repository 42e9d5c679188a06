"""Where a shot is cut."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import cv2
import numpy as np

from replate.values import Value
from replate_server.darkroom.motion import likeness, occlusion
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.flow.dis import Dis
from replate_server.operations.shot import Shot
from replate_server.operations.spans import part

_CUT = 0.4
"""Neighbours that share less than this part of their places are two scenes."""
_PARAMETERS: Mapping[str, Value] = {"preset": "fast"}


def scenes(shot: Shot, steps: Steps) -> list[list[int]]:
    """The shot's frames by scenes, rising: nothing of one is seen in another.

    Between two frames is a cut where following the motion of one to the other leads hardly anywhere that looks alike: a
    pan, however fast, and a change of light still show most places again.
    """
    found = [[number] for number in shot.numbers[:1]]
    tracker = Dis()
    for index, (here, there) in enumerate(pairwise(shot.numbers)):
        span = part(steps, index, len(shot.numbers) - 1, "Looking for cuts")
        span.progress(0.0)
        if followed(tracker, shot.small(here), shot.small(there), span) is None:
            found.append([there])
        else:
            found[-1].append(there)
    return found


def followed(tracker: Dis, one: Tensor, other: Tensor, steps: Steps) -> tuple[Tensor, Tensor] | None:
    """The motion from one small picture [rows, columns, 3] to another and back; None where there is a cut between."""
    there, back = (tracker.run(*pair, _PARAMETERS, steps) for pair in ((one, other), (other, one)))
    looks = [
        np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32).reshape(small.shape) for small in (one, other)
    ]
    alike = (occlusion(there, back) == 0) & (likeness(looks[0], looks[1], there) > np.exp(-1))
    return (there, back) if alike.mean() >= _CUT else None
