"""What a model is led by: pictures of a plate that leave its look out."""

from __future__ import annotations

import cv2
import numpy as np

from replate.errors import BadRequest
from replate_server.operations.contract import Tensor
from replate_server.operations.restyle.repainting import Take

_LUMA = np.array((0.2126, 0.7152, 0.0722), np.float32)


def control_of(take: Take, index: int, control: str) -> Tensor | None:
    """What leads a frame of a take, [height, width, 3]: "grey", "edges" or "depth"; None for others.

    Raises `BadRequest` where depth is asked for and there is none.
    """
    picture = take.pictures[index]
    if control == "grey":
        return grey_of(picture)
    if control == "edges":
        return edges_of(picture)
    if control == "depth":
        if take.depths is None:
            raise BadRequest("To be led by depth the model needs a depth plate: connect one, the depth operation's.")
        return depth_of(take.depths[index])
    return None


def grey_of(picture: Tensor) -> Tensor:
    """Its luma (ITU-R BT.709-6) in all three channels, [height, width, 3]."""
    return np.repeat((picture @ _LUMA)[..., None], 3, axis=-1)


def edges_of(picture: Tensor) -> Tensor:
    """Its edges, white on black, [height, width, 3]: Canny's, between thresholds that follow the picture's contrast."""
    luma = cv2.GaussianBlur(picture @ _LUMA, (0, 0), 1.0)
    eight = np.rint(luma * 255).clip(0, 255).astype(np.uint8)
    across, down = (cv2.Sobel(eight, cv2.CV_16S, *axis) for axis in ((1, 0), (0, 1)))
    high = float(np.percentile(np.abs(across.astype(np.int32)) + np.abs(down), 90))
    edges = cv2.Canny(across, down, 0.4 * max(high, 20.0), max(high, 20.0))
    return np.repeat((edges > 0).astype(np.float32)[..., None], 3, axis=-1)


def depth_of(depth: Tensor) -> Tensor:
    """Nearness [height, width] in [0,1] as a picture, [height, width, 3]: what is near is white."""
    return np.repeat(depth[..., None], 3, axis=-1)
