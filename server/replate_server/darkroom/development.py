"""From a frame to what a model sees, and from what it paints back to a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest, Failed
from replate.frame import Frame, PixelType
from replate_server.darkroom.alpha import hold_emission, premultiply, unpremultiply
from replate_server.darkroom.colour import Colour, colour
from replate_server.darkroom.finite import LARGEST_HALF, finite, is_finite
from replate_server.darkroom.range import BLACK, LIMIT, WHITE, compress, expand, guard
from replate_server.darkroom.strips import in_strips

Image = NDArray[np.float32]

LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Of linear Rec.709, ITU-R BT.709-6."""


@dataclass(frozen=True, slots=True, eq=False)
class Development:
    """A frame made ready for a model, with what it takes to go back."""

    display: Image
    """What a model sees: [height, width, 3] over the data window, RGB in [0,1], display-referred, without
    alpha."""
    warnings: tuple[str, ...]
    """A sentence for NaN and one for infinity, where the plate has them in its colour."""
    frame: Frame
    _clean: NDArray[Any]
    _colour: Colour

    def finish(self, display: Image, light: float = 1.0) -> Frame:
        """A model's picture [height, width, 3], like `display`, as a frame of the same spec.

        The exact inverse: a pixel that the model left as it was is the plate's own, bit for bit (mended where
        it was NaN or infinite). Others are kept from being brighter than `light`, which is linear, and all that
        the plate shows nearby (see `guard`), and under no alpha from being brighter than the plate there (see
        `hold_emission`). All other channels are the plate's. Half samples beyond 65504 stop there; where the
        model gave NaN or infinity, the plate is kept. Raises `Failed` for a picture of another size.
        """
        if display.shape != self.display.shape:
            raise Failed(
                f"A model gave a picture of shape {display.shape} for one of {self.display.shape}; "
                "its module must keep the size."
            )
        spec = self.frame.spec
        painted = display if is_finite(display) else np.where(np.isfinite(display), display, self.display)
        painted = guard(painted, self.display, black=BLACK, white=WHITE if light == 1 else _display_of(light))
        pixels = self.frame.pixels.copy()
        indices = colour_channels(self.frame)
        alpha = _alpha(self.frame)

        def finish(rows: slice) -> None:
            clean = self._clean[rows]
            changed = painted[rows] != self.display[rows]
            touched = changed[..., 0] | changed[..., 1] | changed[..., 2]
            if touched.any():
                rgb = self._back(painted[rows], None if alpha is None else alpha[rows], len(indices))
                if alpha is not None:
                    rgb = hold_emission(rgb, clean, alpha[rows])
                if spec.pixel_type is PixelType.HALF:
                    np.clip(rgb, -LARGEST_HALF, LARGEST_HALF, out=rgb)
                made = rgb.astype(clean.dtype)
                clean = made if touched.all() else np.where(touched[..., None], made, clean)
            for place, index in enumerate(indices):
                pixels[rows, :, index] = clean[..., place]

        in_strips(spec.data_window.height, spec.data_window.width, finish)
        return self.frame.with_pixels(pixels)

    def _back(self, display: Image, alpha: NDArray[np.floating] | None, channels: int) -> Image:
        linear = expand(display)
        if channels == 1:
            linear = np.repeat(linear @ np.array(LUMINANCE, np.float32)[:, None], 3, axis=-1)
        rgb = self._colour.from_linear(linear, self.frame.spec.colour_space)
        rgb = rgb if alpha is None else premultiply(rgb, alpha)
        return rgb[..., :channels]


def develop(frame: Frame, config: str) -> Development:
    """What a model sees of a frame: sanitised, unpremultiplied, linear Rec.709, range-compressed.

    The colour is in R, G and B (and A, if there is one), or in a single channel ("Y", or the only one beside
    A), which is seen as grey. `config` names the OpenColorIO config. Raises `BadRequest` for a frame without
    such channels or pixels, or in a colour space that the config does not have.
    """
    space = frame.spec.colour_space
    known = colour(config)
    known.check(space)
    if frame.spec.data_window.empty:
        raise BadRequest(f"Frame {frame.spec.number} has no pixels; give it a data window with pixels.")
    indices = colour_channels(frame)
    clean, nan, infinite = finite(_pick(frame.pixels, indices))
    alpha = _alpha(frame)
    height, width = clean.shape[:2]
    display = np.empty((height, width, 3), np.float32)

    def expose(rows: slice) -> None:
        rgb = clean[rows].astype(np.float32)
        if rgb.shape[2] == 1:
            rgb = np.repeat(rgb, 3, axis=-1)
        if alpha is not None:
            rgb = unpremultiply(rgb, alpha[rows])
        linear = known.to_linear(rgb, space)
        if not is_finite(linear):
            linear = np.nan_to_num(linear, nan=0.0, posinf=LIMIT, neginf=-LIMIT)
        display[rows] = compress(linear)

    in_strips(height, width, expose)
    return Development(display, _warnings(frame.spec.number, nan, infinite), frame, clean, known)


def colour_channels(frame: Frame) -> tuple[int, ...]:
    """Where R, G and B are, or the one that is seen as grey."""
    names = frame.spec.channels
    if all(name in names for name in "RGB"):
        return tuple(names.index(name) for name in "RGB")
    others = [name for name in names if name != "A"] or list(names)
    if "Y" in names:
        return (names.index("Y"),)
    if len(others) == 1:
        return (names.index(others[0]),)
    raise BadRequest(
        f"Frame {frame.spec.number} has the channels {', '.join(names) or 'none'}, and no colour among them; "
        "shuffle the colour into R, G and B."
    )


def _display_of(light: float) -> float:
    return float(compress(np.array([light], np.float32))[0])


def _alpha(frame: Frame) -> NDArray[np.floating] | None:
    names = frame.spec.channels
    return frame.channel("A") if "A" in names and len(names) > 1 else None


def _pick(pixels: Any, indices: tuple[int, ...]) -> Any:
    start, count = indices[0], len(indices)
    if indices == tuple(range(start, start + count)):
        return np.ascontiguousarray(pixels[..., start : start + count])
    return np.ascontiguousarray(pixels[..., list(indices)])


def _warnings(number: int, nan: int, infinite: int) -> tuple[str, ...]:
    warnings = []
    if nan:
        warnings.append(
            f"Frame {number} has {nan} NaN sample{'s' * (nan > 1)}, replaced by the mean of the neighbours; "
            "check what wrote the plate."
        )
    if infinite:
        warnings.append(
            f"Frame {number} has {infinite} infinite sample{'s' * (infinite > 1)}, replaced by 65504; "
            "check what wrote the plate."
        )
    return tuple(warnings)
