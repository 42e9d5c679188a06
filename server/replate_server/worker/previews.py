"""A picture in the making, small enough to be sent to everybody who looks."""

from __future__ import annotations

import cv2
import numpy as np

from replate_server.operations.contract import Tensor

SIDE = 256
"""Pixels of the longer side."""


def png_of(picture: Tensor) -> bytes:
    """A display-referred picture [rows, columns, 3] in [0,1], of any size, as a PNG of 8-bit sRGB.

    What lies outside [0,1] is clipped, and what is no number is black: a picture in the making may hold anything.
    """
    rows, columns = picture.shape[:2]
    scale = SIDE / max(rows, columns)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    sane = np.clip(np.nan_to_num(picture, nan=0.0), 0.0, 1.0).astype(np.float32)
    scaled = cv2.resize(sane, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    bits = np.rint(scaled.clip(0.0, 1.0) * 255).astype(np.uint8)
    _, encoded = cv2.imencode(".png", cv2.cvtColor(bits, cv2.COLOR_RGB2BGR))
    return encoded.tobytes()
