"""How still a restyle is along motion, against each frame restyled by itself; and that it stays as sharp.

`move` is a camera's move over a still, whose motion is known exactly, as a renderer's passes have it; `bunny` is real
footage, whose motion the flow operation measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.device import device
from benchmarks.plates import WEIGHTS
from replate.frame import DATA, Box, Frame, PixelType
from replate.media import contact_sheet, open_plate
from replate.values import Value
from replate_server.darkroom.development import develop
from replate_server.darkroom.motion import occlusion, warp
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.compliance import Recorder
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.contract import Model, Operation, windows_wanted
from replate_server.operations.flow.dis import Dis
from replate_server.operations.flow.operation import MOTION, Flow
from replate_server.operations.parameters import check_parameters
from replate_server.operations.restyle.adain import AdaIN
from replate_server.operations.restyle.operation import Restyle
from replate_server.weights import Policy, WeightStore

TITLE = "A restyle along motion: its warping error as a part of each frame's by itself"
AIM = 0.5
FRAMES = 12
SIZE = (480, 272)
STRIP = Path(__file__).parent / "out" / "guides_strip.png"
STYLE = Path(__file__).parents[1] / "client" / "replate" / "demo" / "style.jpg"

Picture = NDArray[np.float32]
Shot = tuple[Sequence[Frame], Sequence[Frame]]


def measure() -> dict[str, Any]:
    """For each shot, `ratio` of the warping errors; each of them as a multiple of the plate's own; and `sharpness` with
    motion (gradient energy), as a part of that without."""
    figures: dict[str, Any] = {"frames": FRAMES}
    store, adain = WeightStore(WEIGHTS, Policy()), AdaIN()
    adain.load({name: store.get(name) for name in adain.card.weights}, device())
    rows = []
    for name, (plate, motion) in _shots(store).items():
        inputs = {"plate": plate, "style": list(open_plate(STYLE)), "motion": motion}
        given = {"alone": {"steadiness": 0.0}, "steady": {}}
        made = {what: _run(Restyle(), adain, inputs, parameters) for what, parameters in given.items()}
        errors = {what: _astray(frames, motion) for what, frames in {"plate": plate, **made}.items()}
        figures |= {
            f"{name}_ratio": round(errors["steady"] / errors["alone"], 3),
            f"{name}_alone_to_plate": round(errors["alone"] / errors["plate"], 2),
            f"{name}_steady_to_plate": round(errors["steady"] / errors["plate"], 2),
            f"{name}_sharpness": round(_energy(made["steady"]) / _energy(made["alone"]), 3),
        }
        every = range(2, FRAMES, 3)
        rows += [(f"{name}, {what}", [frames[at] for at in every]) for what, frames in {"plate": plate, **made}.items()]
    STRIP.parent.mkdir(exist_ok=True)
    contact_sheet(rows, STRIP, title="Each frame restyled by itself, and along the motion")
    return figures


def plotted(figures: dict[str, Any]) -> tuple[list[str], list[float], float]:
    names = [key.removesuffix("_ratio") for key in figures if key.endswith("_ratio")]
    return names, [figures[f"{name}_ratio"] for name in names], AIM


def _run(
    operation: Operation, model: Model, inputs: Mapping[str, Sequence[Frame]], given: Mapping[str, Value]
) -> list[Frame]:
    """The operation's first output."""
    parameters, steps = check_parameters(operation, model.card, given), Recorder()
    wanted = windows_wanted(operation, model.card, inputs.keys(), parameters)
    return [
        delivery.frame
        for window in windows_of(inputs, "plate", parameters, wanted)
        for delivery in operation.run(model, window, steps)
        if delivery.output == operation.outputs[0].name
    ]


def _astray(frames: Sequence[Frame], motion: Sequence[Frame]) -> float:
    """The mean change along the motion, display-referred, where nothing is hidden."""
    errors = []
    for (one, other), (here, there) in zip(pairwise(map(_display, frames)), pairwise(motion), strict=True):
        forward, back = here.pixels[..., :2], there.pixels[..., 2:]
        change = np.abs(warp(other, forward, Nature.COLOUR) - one).mean(axis=-1)
        errors.append(float(change[occlusion(forward, back) == 0].mean()))
    return float(np.mean(errors))


def _energy(frames: Sequence[Frame]) -> float:
    return float(
        np.mean([sum(np.square(np.diff(_display(one), axis=axis)).mean() for axis in (0, 1)) for one in frames])
    )


def _display(frame: Frame) -> Picture:
    return develop(frame, "ocio://default").display


def _shots(store: WeightStore) -> dict[str, Shot]:
    film = store.get("plate-bigbuckbunny")
    bunny = [_sized(frame, *SIZE) for frame in open_plate(film, f"31-{30 + FRAMES}")]
    tracker = Dis()
    tracker.load({}, "cpu")
    return {
        "move": _move(next(iter(open_plate(film, "31")))),
        "bunny": (bunny, _run(Flow(), tracker, {"plate": bunny}, {})),
    }


def _move(still: Frame) -> Shot:
    """A camera that moves over a picture and goes in, and its motion."""
    width, height = SIZE
    large = _sized(still, round(width * 1.5), round(height * 1.5))
    centre, middle = np.array([width, height]) * 0.7, np.array([width, height]) / 2
    y, x = np.mgrid[:height, :width].astype(np.float32) + np.float32(0.5)

    def place(time: float) -> tuple[float, Any]:
        return 1.15 - 0.012 * time, centre + time * np.array([2.3, 0.9])

    def there(time: float) -> Picture:
        """Where a pixel of a frame lies in the picture."""
        scale, at = place(time)
        return np.stack([x, y], axis=-1) * np.float32(scale) + (at - middle * scale).astype(np.float32)

    def vectors(time: float, other: float) -> Picture:
        scale, at = place(other)
        return (there(time) - (at - middle * scale)) / scale - np.stack([x, y], axis=-1)

    plate, motion = [], []
    for at in range(FRAMES):
        spot = there(at) - np.float32(0.5)
        source = np.ascontiguousarray(large.pixels, np.float32)
        seen = cv2.remap(source, spot[..., 0], spot[..., 1], cv2.INTER_CUBIC)
        box = Box(0, 0, width, height)
        spec = replace(large.spec, number=at + 1, data_window=box, display_window=box, pixel_type=PixelType.FLOAT)
        plate.append(Frame(spec, np.ascontiguousarray(seen, np.float32)))
        ways = np.dstack([vectors(at, at + 1), vectors(at, at - 1)]).astype(np.float32)
        data = replace(spec, channels=MOTION, colour_space=DATA)
        motion.append(Frame(data, np.ascontiguousarray(ways)))
    return plate, motion


def _sized(frame: Frame, width: int, height: int) -> Frame:
    box = Box(0, 0, width, height)
    pixels = resize(frame.pixels.astype(np.float32), width, height, Nature.COLOUR)
    spec = replace(frame.spec, data_window=box, display_window=box, pixel_type=PixelType.FLOAT)
    return Frame(spec, np.ascontiguousarray(pixels, np.float32))
