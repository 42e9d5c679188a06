"""Layers in two frames: a premultiplied RGBA each in one, a distance each in the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from replate.depth import distances
from replate.errors import BadRequest
from replate.frame import Frame
from replate_server.operations.contract import Tensor

COLOUR = ("R", "G", "B", "A")
DISTANCE = "Z"

_FARTHEST = 1e6
"""Infinity, in lengths of the shot's nearest distance: where it is on the picture depends on nothing else."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """A layer as a plate carries it."""

    name: str
    texture: Tensor
    """[height, width, 4] float32: premultiplied RGBA, in the plate's colour space."""
    depth: Tensor
    """[height, width] float32: distance Z, finite and above 0."""


def unpacked(colours: Frame, depths: Frame) -> tuple[Sheet, ...]:
    """The layers of a frame of the operation `layers`, back to front.

    Raises `BadRequest` for frames that are no layers, or do not belong together.
    """
    names = layer_names(colours)
    spec = depths.spec
    if spec.data_window != colours.spec.data_window:
        raise BadRequest(
            f"The layers and their depths have different data windows at frame {colours.spec.number}; "
            "take both from one job."
        )
    if spec.depth is None:
        raise BadRequest("The depths do not say what their samples mean; take them from a job of Layers.")
    sheets = []
    for name in names:
        channel = f"{name}.{DISTANCE}"
        if channel not in spec.channels:
            raise BadRequest(f"The depths have no channel {channel}; take layers and depths from one job.")
        planes = [colours.channel(f"{name}.{one}") for one in COLOUR]
        known = distances(depths.channel(channel), spec.depth)
        far = np.nan_to_num(known, nan=spec.depth.near * _FARTHEST, posinf=spec.depth.near * _FARTHEST)
        sheets.append(Sheet(name, np.stack(planes, axis=-1).astype(np.float32), far))
    return tuple(sheets)


def layer_names(colours: Frame) -> tuple[str, ...]:
    """The layers' names, back to front. Raises `BadRequest` where a frame has none."""
    channels = colours.spec.channels
    found = dict.fromkeys(channel.rpartition(".")[0] for channel in channels)
    whole = tuple(name for name in found if name and all(f"{name}.{one}" in channels for one in COLOUR))
    if not whole:
        raise BadRequest(
            f"A frame with channels {', '.join(channels[:8])} has no layers; take them from a job of Layers."
        )
    return whole
