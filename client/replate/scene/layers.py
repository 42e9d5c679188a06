"""Layers and depths as a server gives them, taken apart: a picture and a map of distances for each layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
from numpy.typing import NDArray

from replate.depth import distances
from replate.errors import BadRequest
from replate.frame import DATA, Box, Frame, FrameSpec, Pixels, PixelType
from replate.scene.contract import plain_name
from replate.scene.geometry import Plane

PICTURES = "layers"
"""The output with every layer's premultiplied colour: `<name>.R/.G/.B/.A`, back to front."""
DEPTHS = "depths"
"""The output with every layer's depth: `<name>.Z`."""
GAP = 1e-3
"""A layer is nearer than the one behind it by at least this share of the distance, everywhere."""
_HALF = 65504.0
"""The greatest 16-bit float."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerFrame:
    """One layer in one frame."""

    name: str
    picture: Frame
    """RGBA, premultiplied, over the scene's data window; clear where the plate had no pixels."""
    distance: Frame
    """Y: distance along the view axis, float32, finite and over 0, over the same window."""

    @property
    def opaque(self) -> bool:
        """Whether all is covered."""
        return bool((self.picture.pixels[:, :, 3] == 1).all())

    @property
    def straight(self) -> Frame:
        """The colour without its cover, RGB, which goes on outwards under the alpha.

        For hosts that multiply it by the alpha themselves. Light without cover is not in it.
        """
        spec = replace(self.picture.spec, channels=("R", "G", "B"))
        return Frame(spec, np.clip(straight(self.picture.pixels), -_HALF, _HALF).astype(np.float16))

    @property
    def visible(self) -> NDArray[np.bool_]:
        """[height, width]: where there is anything, be it light without cover."""
        return np.asarray((self.picture.pixels != 0).any(axis=2))

    @property
    def map(self) -> Plane:
        """Distances [height, width]."""
        return np.asarray(self.distance.pixels[:, :, 0], np.float32)

    @property
    def middle(self) -> float | None:
        """The median distance of what is covered; None where nothing is."""
        covered = self.map[::2, ::2][self.picture.pixels[::2, ::2, 3] > 0.5]
        return float(np.median(covered)) if covered.size else None


def straight(pixels: Pixels) -> Any:
    """The colour [height, width, 3] of premultiplied RGBA without its cover, float32, which goes on outwards."""
    rgba = pixels.astype(np.float32)
    alpha = rgba[:, :, 3:]
    if (alpha > 0).all():
        return rgba[:, :, :3] / alpha
    filled = oiio.ImageBuf()
    oiio.ImageBufAlgo.fillholes_pushpull(filled, oiio.ImageBuf(rgba * (alpha > 0)))
    around = np.asarray(filled.get_pixels(oiio.FLOAT))[:, :, :3]
    return np.where(alpha > 0, rgba[:, :, :3] / np.where(alpha > 0, alpha, 1), around)


def paired(frames: Iterable[tuple[str, Frame]]) -> Iterator[tuple[Frame, Frame]]:
    """A job's frames, in any order, as pictures and depths of one number.

    Raises `BadRequest` where one is without the other in the end.
    """
    waiting: dict[int, dict[str, Frame]] = {}
    for output, frame in frames:
        if output not in (PICTURES, DEPTHS):
            continue
        both = waiting.setdefault(frame.spec.number, {})
        both[output] = frame
        if len(both) == 2:
            del waiting[frame.spec.number]
            yield both[PICTURES], both[DEPTHS]
    if waiting:
        raise BadRequest(f"Frame {min(waiting)} came without its {PICTURES} or without its {DEPTHS}: ask for both.")


def window_of(spec: FrameSpec) -> Box:
    """The scene's data window, from a frame: its pixels and the whole format."""
    data, display = spec.data_window, spec.display_window
    x, y = min(data.x, display.x), min(data.y, display.y)
    return Box(x, y, max(data.right, display.right) - x, max(data.bottom, display.bottom) - y)


def layers_of(pictures: Frame, depths: Frame, window: Box) -> list[LayerFrame]:
    """A frame's layers, back to front, each nearer than the one behind it.

    window: what each is brought to; what reaches beyond it is left out.
    Raises `BadRequest` where the frames do not belong together.
    """
    meaning = depths.spec.depth
    if meaning is None:
        raise BadRequest(f"Frame {depths.spec.number} of {DEPTHS} does not say what its depth means.")
    if pictures.spec.data_window != depths.spec.data_window:
        raise BadRequest(f"{PICTURES} and {DEPTHS} of frame {depths.spec.number} have different data windows.")
    names = [name.removesuffix(".A") for name in pictures.spec.channels if name.endswith(".A")]
    found: list[LayerFrame] = []
    behind: Plane | None = None
    for name in names:
        try:
            colour = np.stack([pictures.channel(f"{name}.{part}") for part in "RGBA"], axis=2)
            far = distances(depths.channel(f"{name}.Z"), meaning)
        except KeyError as missing:
            raise BadRequest(
                f"Frame {depths.spec.number} lacks the channel {missing}: ask for the layers again."
            ) from None
        far = _known(far, name, depths.spec.number)
        if behind is not None:
            far = np.minimum(far, behind * np.float32(1 - GAP))
        behind = far
        spec = replace(
            pictures.spec, data_window=window, channels=("R", "G", "B", "A"), pixel_type=PixelType.HALF, depth=None
        )
        data = pictures.spec.data_window
        flat = replace(
            spec,
            channels=("Y",),
            pixel_type=PixelType.FLOAT,
            colour_space=DATA,
            depth=replace(meaning, inverse=False, invalid=0.0),
        )
        found.append(
            LayerFrame(
                plain_name(name),
                Frame(spec, _placed(colour.astype(np.float16), data, window, edge=False)),
                Frame(flat, _placed(far[:, :, None], data, window, edge=True)),
            )
        )
    return found


def _known(far: Plane, name: str, number: int) -> Plane:
    """Distances with the farthest that is known where none is, and where it is infinite."""
    known = np.isfinite(far)
    if not known.any():
        raise BadRequest(f"No distance is known of the layer {name} in frame {number}: give another depth.")
    return far if known.all() else np.where(known, far, far[known].max())


def _placed(pixels: Pixels, data: Box, window: Box, *, edge: bool) -> Any:
    """Pixels of one window brought to another: cropped, or surrounded by zeros or by their own edge."""
    inside = data.intersection(window)
    kept = pixels[inside.y - data.y : inside.bottom - data.y, inside.x - data.x : inside.right - data.x]
    around = (
        (inside.y - window.y, window.bottom - inside.bottom),
        (inside.x - window.x, window.right - inside.right),
        (0, 0),
    )
    return np.pad(kept, around, mode="edge" if edge else "constant")
