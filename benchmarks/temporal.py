"""How still a restyle is, and what that costs: each frame by itself, held by keyframes that AdaIN paints where they are
due, and carried from finished keyframes.

`bunny` and `dog` are real footage, whose motion the flow operation measured. `move` is a camera's move over a still,
whose motion is known exactly, as a renderer's passes have it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib import pyplot
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
from replate_server.operations.contract import Model, Operation, keyed_roles, windows_wanted
from replate_server.operations.flow.dis import Dis
from replate_server.operations.flow.operation import MOTION, Flow
from replate_server.operations.parameters import check_parameters
from replate_server.operations.restyle.adain import AdaIN
from replate_server.operations.restyle.keyframes import Keyframes
from replate_server.operations.restyle.network import Network
from replate_server.operations.restyle.operation import Restyle
from replate_server.weights import Policy, WeightStore

TITLE = "A restyle's warping error, in multiples of the plate's own"
AIM = 2.0
FRAMES = 24
SIZE = (640, 360)
GAP = 12
"""Frames between finished keyframes."""
OUT = Path(__file__).parent / "out"
SHARED = Path(__file__).parents[2] / "shared" / "footage"
STYLE = Path(__file__).parents[1] / "client" / "replate" / "demo" / "style.jpg"

Picture = NDArray[np.float32]
Shot = tuple[Sequence[Frame], Sequence[Frame]]
Ways = Mapping[str, Sequence[Frame]]


def measure() -> dict[str, Any]:
    """For each shot and way: warping error in multiples of the plate's own (`warp_ratio`), distance of feature
    statistics to the style (`style_distance`) and gradient energy (`sharpness`) as parts of those frame by frame, and
    seconds a frame. Those of the demo's plate are without its name, too."""
    figures: dict[str, Any] = {"frames": FRAMES}
    store, adain = WeightStore(WEIGHTS, Policy()), AdaIN()
    weights = {name: store.get(name) for name in adain.card.weights}
    adain.load(weights, device())
    network = Network(weights["adain-vgg"], weights["adain-decoder"], device())
    style = list(open_plate(STYLE))
    for shot, (plate, motion) in _shots(store).items():
        given = {"motion": motion} if shot == "move" else {}
        made, seconds = _made(adain, {"plate": plate, "style": style, **given})
        errors = {way: _astray(frames, motion) for way, frames in {"plate": plate, **made}.items()}
        distance = {way: _style_distance(network, frames, style[0]) for way, frames in made.items()}
        for way, frames in made.items():
            figures |= {
                f"{shot}_warp_ratio_{way}": round(float(np.mean(errors[way]) / np.mean(errors["plate"])), 2),
                f"{shot}_style_distance_{way}": round(distance[way] / distance["per_frame"], 3),
                f"{shot}_sharpness_{way}": round(_energy(frames) / _energy(made["per_frame"]), 3),
                f"{shot}_seconds_{way}": round(seconds[way], 2),
            }
        _draw(shot, errors)
        every = range(1, FRAMES, 3)
        rows = [(way, [frames[at] for at in every]) for way, frames in {"plate": plate, **made}.items()]
        contact_sheet(rows, OUT / f"temporal_{shot}.png", title="Each frame by itself, and held by keyframes")
    return figures | {
        "warp_ratio_shell": figures["bunny_warp_ratio_shell"],
        "warp_ratio_per_frame": figures["bunny_warp_ratio_per_frame"],
        "style_distance_ratio": figures["bunny_style_distance_shell"],
        "sharpness_ratio": figures["bunny_sharpness_shell"],
        "seconds_shell_to_per_frame": round(figures["bunny_seconds_shell"] / figures["bunny_seconds_per_frame"], 2),
    }


def plotted(figures: dict[str, Any]) -> tuple[list[str], list[float], float]:
    names = [key for key in figures if "_warp_ratio_" in key]
    return [name.replace("_warp_ratio", "") for name in names], [figures[name] for name in names], AIM


def _made(adain: AdaIN, inputs: Ways) -> tuple[Ways, Mapping[str, float]]:
    """The shot restyled in each way, and seconds a frame."""
    made: dict[str, Sequence[Frame]] = {}
    seconds: dict[str, float] = {}

    def timed(way: str, model: Model, inputs: Ways, given: Mapping[str, Value]) -> None:
        start = time.perf_counter()
        made[way] = _run(Restyle(), model, inputs, given)
        seconds[way] = (time.perf_counter() - start) / len(made[way])

    timed("per_frame", adain, inputs, {"hold": "frames"})
    timed("shell", adain, inputs, {"hold": "keyframes", "key_every": GAP})
    keys = [*made["per_frame"][::GAP], made["per_frame"][-1]]
    carried = {role: frames for role, frames in inputs.items() if role != "style"}
    timed("keyframes", Keyframes(), {**carried, "keyframes": keys}, {})
    return made, seconds


def _run(operation: Operation, model: Model, inputs: Ways, given: Mapping[str, Value]) -> list[Frame]:
    """The operation's first output."""
    parameters, steps = check_parameters(operation, model.card, given), Recorder()
    wanted = windows_wanted(operation, model.card, inputs.keys(), parameters)
    return [
        delivery.frame
        for window in windows_of(inputs, "plate", parameters, wanted, keyed_roles(operation))
        for delivery in operation.run(model, window, steps)
        if delivery.output == operation.outputs[0].name
    ]


def _astray(frames: Sequence[Frame], motion: Sequence[Frame]) -> list[float]:
    """For each frame and the next, the mean squared change along the motion, display-referred, where nothing is hidden:
    the warping error of Lai et al., "Learning Blind Video Temporal Consistency", ECCV 2018, section 4."""
    errors = []
    for (one, other), (here, there) in zip(pairwise(map(_display, frames)), pairwise(motion), strict=True):
        forward, back = here.pixels[..., :2], there.pixels[..., 2:]
        change = np.square(warp(other, forward, Nature.COLOUR) - one).mean(axis=-1)
        errors.append(float(change[occlusion(forward, back) == 0].mean()))
    return errors


def _style_distance(network: Network, frames: Sequence[Frame], style: Frame) -> float:
    """How far the statistics of the features are from the style's, mean over a few frames: the style loss of Huang and
    Belongie, ICCV 2017, equation 13, of relu4_1."""
    height, width = frames[0].pixels.shape[:2]
    there = _display(style)
    scale = (height * width / (there.shape[0] * there.shape[1])) ** 0.5
    sides = [round(side * scale) // 8 * 8 for side in there.shape[1::-1]]
    due, *found = (
        network.statistics([picture], lambda fraction: None)
        for picture in (resize(there, *sides, Nature.COLOUR), *(_display(frame) for frame in frames[1::4]))
    )
    apart = [(one.mean - due.mean).norm() + (one.deviation - due.deviation).norm() for one in found]
    return float(np.mean([float(each) for each in apart]))


def _energy(frames: Sequence[Frame]) -> float:
    return float(
        np.mean([sum(np.square(np.diff(_display(one), axis=axis)).mean() for axis in (0, 1)) for one in frames])
    )


def _draw(shot: str, errors: Mapping[str, Sequence[float]]) -> None:
    figure, axes = pyplot.subplots(figsize=(7, 3.2))
    for way, colour in zip(errors, ("#888888", "#cc3311", "#4477aa", "#228833"), strict=True):
        axes.plot(range(2, FRAMES + 1), errors[way], label=way.replace("_", " "), color=colour)
    axes.set_yscale("log")
    axes.set_xlabel("frame")
    axes.set_ylabel("warping error")
    axes.legend(loc="upper right", fontsize=8)
    axes.set_title(f"{shot}: change along the motion, from frame to frame", fontsize=10)
    figure.tight_layout()
    OUT.mkdir(exist_ok=True)
    figure.savefig(OUT / f"temporal_{shot}_frames.png", dpi=120)
    pyplot.close(figure)


def _display(frame: Frame) -> Picture:
    return develop(frame, "ocio://default").display


def _shots(store: WeightStore) -> dict[str, Shot]:
    film = store.get("plate-bigbuckbunny")
    plates = {"bunny": [_sized(frame, *SIZE) for frame in open_plate(film, f"31-{30 + FRAMES}")]}
    dogs = sorted((SHARED / "dog").glob("*.mp4"))
    if dogs:
        plates["dog"] = [_sized(frame, *SIZE) for frame in open_plate(dogs[0], f"60-{59 + FRAMES}")]
    tracker = Dis()
    tracker.load({}, "cpu")
    shots: dict[str, Shot] = {
        name: (plate, _run(Flow(), tracker, {"plate": plate}, {})) for name, plate in plates.items()
    }
    return shots | {"move": _move(next(iter(open_plate(film, "31"))))}


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
