"""Pictures as pipelines take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from replate_server.operations.contract import Tensor

if TYPE_CHECKING:
    import torch


def stacked(pictures: Sequence[Tensor]) -> torch.Tensor:
    """Pictures [height, width, 3] as one tensor [frames, 3, height, width], float32: no 8 bits on the way."""
    import torch

    return torch.from_numpy(np.stack([np.asarray(picture, np.float32).transpose(2, 0, 1) for picture in pictures]))


def picture_of(picture: Tensor) -> Any:
    """A picture [height, width, 3] in [0,1] as a PIL image, in 8 bits: what pipelines want of a reference."""
    from PIL import Image

    return Image.fromarray(np.rint(picture * 255).clip(0, 255).astype(np.uint8))


def cornered(picture: Any, size: tuple[int, int], canvas: tuple[int, int]) -> Any:
    """A PIL image fitted into the top left `size`, width and height, of a white canvas."""
    from PIL import Image, ImageOps

    laid = Image.new("RGB", canvas, "white")
    laid.paste(ImageOps.pad(picture, size, color="white"))
    return laid
