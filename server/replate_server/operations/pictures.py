"""What every operation does with frames: develops them, and makes frames of data beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest, Failed
from replate.frame import DATA, Frame, PixelType
from replate_server.darkroom.development import Development, develop
from replate_server.operations.contract import Sizes, Steps, Tensor, Window


def developed(window: Window, role: str, number: int, steps: Steps) -> Development:
    """A frame of an input as a model sees it; what was mended in it is told to the artist."""
    development = develop(window.frame(role, number), window.colour_config)
    for warning in development.warnings:
        steps.warn(warning)
    return development


def data_beside(
    plate: Frame, channels: Sequence[str], planes: NDArray[Any], pixel_type: PixelType = PixelType.HALF
) -> Frame:
    """A frame of data with the plate's number, windows, pixel aspect, view and metadata.

    `planes` is [height, width, channels] over the plate's data window.
    """
    spec = replace(plate.spec, channels=tuple(channels), pixel_type=pixel_type, colour_space=DATA)
    pixels: Any = np.ascontiguousarray(planes, pixel_type.dtype)
    return Frame(spec, pixels)


def same_windows(plate: Frame, other: Frame, what: str) -> None:
    """Raises `BadRequest` where another input's format is not the plate's."""
    ours, theirs = plate.spec.display_window, other.spec.display_window
    if (ours.width, ours.height) != (theirs.width, theirs.height):
        raise BadRequest(
            f"The {what} is {theirs.width}x{theirs.height} and the plate {ours.width}x{ours.height} at frame "
            f"{plate.spec.number}; reformat one to the other."
        )


def whole_fits(height: int, width: int, sizes: Sizes) -> bool:
    """Whether a model takes a picture at once, padded as the darkroom does."""
    if sizes.most_pixels is None:
        return True
    tall, wide = (-(-max(side, sizes.minimum) // sizes.multiple) * sizes.multiple for side in (height, width))
    return tall * wide <= sizes.most_pixels


def checked(picture: Any, shape: tuple[int, ...], model: str) -> Tensor:
    """A model's tensor, which must have a shape (0: any length) and float32. Raises `Failed` where it has not."""
    fits = isinstance(picture, np.ndarray) and len(picture.shape) == len(shape)
    if not fits or any(want not in (0, have) for have, want in zip(picture.shape, shape, strict=True)):
        raise Failed(
            f"The model {model} gave a picture of shape {getattr(picture, 'shape', None)} where {shape} was due; "
            "its module must be put right."
        )
    tensor: Tensor = np.asarray(picture, np.float32)
    return tensor
