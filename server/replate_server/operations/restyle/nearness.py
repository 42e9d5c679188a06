"""How near things are, as a depth plate has it."""

from __future__ import annotations

import numpy as np

from replate.depth import distances
from replate.errors import BadRequest, NotFound
from replate.frame import Box
from replate_server.darkroom.geometry import reframe
from replate_server.operations.contract import Tensor, Window
from replate_server.operations.pictures import same_windows


def nearness(window: Window, number: int, box: Box) -> Tensor | None:
    """1/Z over a box, [height, width] float32, NaN where it is not known; None where no depth was given.

    Samples that do not say what they mean are taken to be 1/Z, as hosts have it. Raises `BadRequest` for a frame that
    has no one channel of depth.
    """
    if not window.has("depth"):
        return None
    try:
        frame = window.frame("depth", number)
    except NotFound:
        return None
    same_windows(window.frame("plate", number), frame, "depth")
    names = [name for name in frame.spec.channels if name.rpartition(".")[2] == "Z"] or list(frame.spec.channels)
    if len(names) != 1:
        raise BadRequest(
            f"Frame {number} of the depth has the channels {', '.join(frame.spec.channels) or 'none'}; "
            'shuffle the depth into "depth.Z".'
        )
    samples = frame.channel(names[0]).astype(np.float32)
    if frame.spec.depth is not None:
        with np.errstate(divide="ignore"):
            samples = np.reciprocal(distances(samples, frame.spec.depth))
    framed: Tensor = reframe(samples, frame.spec.data_window, box, float("nan"))
    return framed
