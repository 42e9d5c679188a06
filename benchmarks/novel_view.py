"""How well layers of the left view of a stereo pair, and its true depth, foretell the right view.

The pair is Aloe (Middlebury 2006), in `shared/footage` beside the checkout: a houseplant before a patterned cloth,
true disparities of 43 to 211 pixels. The left view is taken apart by the operation `layers`, its layers are looked at
by the viewer of the operation `move` from where the right camera stood, and the picture is compared with what that
camera saw.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.device import device
from benchmarks.plates import WEIGHTS
from replate.depth import CHANNEL, Depth
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.layers.camera import Camera
from replate_server.operations.layers.packing import unpacked
from replate_server.operations.move.viewers import Grid
from replate_server.operations.registry import check_parameters, models, operations
from replate_server.weights import Policy, WeightStore

TITLE = "The right view of Aloe, foretold from the left: PSNR in dB, all and where the left view saw nothing"
AIM = 19.0
ALOE = Path(__file__).resolve().parents[2] / "shared" / "footage" / "aloe"
OUT = Path(__file__).parent / "out"
LEFT_OUT = 220
"""Columns at the right that the left view never saw."""
FOCAL = 1000.0
"""Pixels; any number will do, with distances of focal length over disparity and a baseline of 1."""
Picture = NDArray[np.float32]
Mask = NDArray[np.bool_]


class Pair:
    """The two views, RGB display-referred in [0,1], and the left one's disparity, 0 where it is not known."""

    def __init__(self) -> None:
        self.left, self.right = (
            cv2.imread(str(ALOE / f"aloe{side}.jpg"), cv2.IMREAD_COLOR_RGB).astype(np.float32) / 255 for side in "LR"
        )
        self.disparity = cv2.imread(str(ALOE / "aloeGT.png"), cv2.IMREAD_GRAYSCALE).astype(np.float32)
        self.whole = _filled(self.disparity)
        self.splat, hit = _splat(self.left, self.whole)
        self.missed = ~hit
        # Cracks of a pixel, where a surface is larger to the right eye, are no band.
        self.disoccluded: Mask = cv2.morphologyEx((~hit).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3))) > 0

    def psnr(self, view: Picture, where: Mask | None = None) -> float:
        """In dB, of a view that foretells the right one, the left-out columns left out."""
        squares = np.square(view.clip(0, 1) - self.right).mean(axis=2)[:, :-LEFT_OUT]
        counted = squares if where is None else squares[where[:, :-LEFT_OUT]]
        return round(float(-10 * np.log10(counted.mean())), 2)


def measure() -> dict[str, Any]:
    """`psnr_all` and `psnr_disoccluded` by layers completed with patches; beside them, by name, with MI-GAN, and, by no
    layers at all, by stretching the left view and by shifting its pixels and inpainting what stays open (Telea)."""
    if not ALOE.is_dir():
        return {"footage": "is not there"}
    pair, figures = Pair(), dict[str, Any]()
    for name, foretell in WAYS.items():
        start = time.perf_counter()
        view = foretell(pair)
        figures |= {
            f"{name}psnr_all": pair.psnr(view),
            f"{name}psnr_disoccluded": pair.psnr(view, pair.disoccluded),
            f"{name}seconds": round(time.perf_counter() - start, 1),
        }
        if not name:
            _draw(pair, view)
    return figures | {"disoccluded_share": round(float(pair.disoccluded[:, :-LEFT_OUT].mean()), 4)}


def plotted(figures: Mapping[str, Any]) -> tuple[list[str], list[float], float]:
    """The disoccluded band, by each way."""
    found = [name for name in WAYS if f"{name}psnr_disoccluded" in figures]
    labels = [name.rstrip("_").replace("_", " ") or "patch" for name in found]
    return labels, [figures[f"{name}psnr_disoccluded"] for name in found], AIM


def _layered(model: str) -> Callable[[Pair], Picture]:
    def foretell(pair: Pair) -> Picture:
        colours, depths = _taken_apart(pair, model)
        viewer = Grid()
        viewer.load({}, device())
        height, width = pair.disparity.shape
        rest = Camera(FOCAL, (width / 2, height / 2))
        pose = np.eye(4)
        pose[0, 3] = 1.0
        seen = viewer.run(viewer.scene(unpacked(colours, depths)), rest, rest.posed(pose))
        return _encoded(seen[..., :3])

    return foretell


def _taken_apart(pair: Pair, model: str) -> tuple[Frame, Frame]:
    """The layers of the left view and their depths, as a job of `layers` gives them."""
    height, width = pair.disparity.shape
    window = Box(0, 0, width, height)
    spec = FrameSpec(1, window, window, ("R", "G", "B"), PixelType.HALF, "lin_rec709")
    plate = Frame(spec, _decoded(pair.left).astype(np.float16))
    known = pair.disparity[pair.disparity > 0]
    meaning = Depth(metric=False, inverse=False, near=FOCAL / float(known.max()), far=FOCAL / float(known.min()))
    spec = FrameSpec(1, window, window, (CHANNEL,), PixelType.FLOAT, DATA, depth=meaning)
    distance = np.where(pair.disparity > 0, FOCAL / np.maximum(pair.disparity, 1), 0).astype(np.float32)
    operation, made = operations()["layers"], models()[f"layers/{model}"]()
    store = WeightStore(WEIGHTS, Policy())
    made.load({name: store.get(name) for name in made.card.weights}, device())
    inputs = {"plate": (plate,), "depth": (Frame(spec, distance[..., None]),)}
    parameters = check_parameters(operation, made.card, PARAMETERS)
    (whole,) = windows_of(inputs, "plate", parameters, made.card.windows)
    given = {delivery.output: delivery.frame for delivery in operation.run(made, whole, Recorder())}
    return given["layers"], given["depths"]


def _stretched(pair: Pair) -> Picture:
    """As a displaced picture is seen that does not tear: every pixel fetched by the disparity at its own place."""
    y, x = np.indices(pair.disparity.shape, np.float32)
    return np.asarray(cv2.remap(pair.left, x + pair.whole, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _shifted(pair: Pair) -> Picture:
    eight = np.rint(pair.splat * 255).astype(np.uint8)
    return np.asarray(cv2.inpaint(eight, pair.missed.astype(np.uint8), 5, cv2.INPAINT_TELEA), np.float32) / 255


def _splat(picture: Picture, disparity: Picture) -> tuple[Picture, Mask]:
    """The left view's pixels where the right eye sees them, the nearest over the others, and which were hit."""
    y, x = np.indices(disparity.shape)
    order = np.argsort(disparity, axis=None, kind="stable")
    rows, columns = y.ravel()[order], x.ravel()[order]
    there = np.rint(columns - disparity.ravel()[order]).astype(np.intp)
    inside = there >= 0
    moved, hit = np.zeros_like(picture), np.zeros(disparity.shape, bool)
    moved[rows[inside], there[inside]] = picture[rows[inside], columns[inside]]
    hit[rows[inside], there[inside]] = True
    return moved, hit


def _filled(disparity: Picture) -> Picture:
    """What is not known lies as far as the farther of what is known left and right of it."""
    sides = []
    for way in (1, -1):
        given = disparity[:, ::way]
        last = np.maximum.accumulate(np.where(given > 0, np.arange(given.shape[1]), -1), axis=1)
        carried = np.where(last >= 0, np.take_along_axis(given, last.clip(0), 1), np.inf)
        sides.append(carried[:, ::way])
    return np.minimum(*sides).astype(np.float32)


def _draw(pair: Pair, view: Picture) -> None:
    """What was foretold, what the right camera saw, and the error, five times; side by side."""
    error = np.abs(view.clip(0, 1) - pair.right)
    error[:, -LEFT_OUT:] = 0
    row = np.hstack((view, pair.right, 5 * error))[..., ::-1]
    small = cv2.resize(row, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    OUT.mkdir(exist_ok=True)
    cv2.imwrite(str(OUT / "novel_view_pictures.jpg"), np.rint(small.clip(0, 1) * 255).astype(np.uint8))


def _decoded(encoded: Picture) -> Picture:
    """sRGB to linear light, IEC 61966-2-1."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _encoded(linear: Picture) -> Picture:
    light = linear.clip(0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)


PARAMETERS: Mapping[str, Value] = {}
"""Of the operation `layers`: the defaults."""

WAYS: Mapping[str, Callable[[Pair], Picture]] = {
    "": _layered("patch"),
    "migan_": _layered("migan"),
    "stretched_": _stretched,
    "shifted_telea_": _shifted,
}
"""What begins the names of their figures."""
