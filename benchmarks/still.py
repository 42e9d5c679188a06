"""How still depth is in time, against the same model's answer to each frame alone; and that it neither lags nor ghosts.

Both are brought to the plate's size alike, and onto one scale and shift for the shot, and are followed by a flow at the
plate's size that the depth has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.device import device
from benchmarks.plates import WEIGHTS
from replate.frame import Frame
from replate.media import contact_sheet, open_plate
from replate_server.darkroom.development import develop
from replate_server.darkroom.motion import unsteadiness
from replate_server.operations.compliance import MemoryWindow, Recorder
from replate_server.operations.depth.affine import fit
from replate_server.operations.depth.detail import detailed
from replate_server.operations.depth.operation import Depth
from replate_server.operations.depth.small import Small
from replate_server.operations.parameters import check_parameters
from replate_server.weights import Policy, WeightStore

TITLE = "Depth, still in time: temporal alignment error as a part of each frame's alone"
AIM = 0.5
FRAMES = 48
STRIP = Path(__file__).parent / "out" / "still_strip.png"
_SILHOUETTE = 0.15
"""A step in depth, as a part of the shot's range."""
_GHOST = 8
"""Pixels that a silhouette may lie beside that of the frame alone before it counts as a ghost."""

Plane = NDArray[np.float32]
Motion = tuple[Plane, Plane]


@dataclass(frozen=True)
class _Told:
    """What is said of a shot: inverse depth from 0, its far, to 1, its near."""

    alone: list[Plane]
    steady: list[Plane]
    shown: list[Frame]
    """The steady frames as they are delivered."""


def measure() -> dict[str, Any]:
    """For each shot the error, in percent of its range, of each frame `alone` (on one scale and shift for the shot, and
    with each frame's own `alone_normalised`), and of `steady` frames; `ratio` is steady to alone."""
    figures: dict[str, Any] = {"frames": FRAMES}
    small, rows = _small(), []
    for name, plate in _shots().items():
        told, flows = _told(small, plate), _flows(plate)
        figures |= {f"{name}_{key}": round(value, 4) for key, value in _judged(told, plate, flows).items()}
        rows += _rows(name, plate, told)
    if rows:
        STRIP.parent.mkdir(exist_ok=True)
        contact_sheet(rows, STRIP, title="Depth of each frame alone, and still in time")
    return figures


def plotted(figures: dict[str, Any]) -> tuple[list[str], list[float], float]:
    names = [key.removesuffix("_ratio") for key in figures if key.endswith("_ratio")]
    return names, [figures[f"{name}_ratio"] for name in names], AIM


def _judged(told: _Told, plate: Sequence[Frame], flows: Sequence[Motion]) -> dict[str, float]:
    alone, steady = _flicker(told.alone, flows), _flicker(told.steady, flows)
    normalised = _flicker([_normalised(plane) for plane in told.alone], flows)
    return {
        "alone_percent": alone,
        "alone_normalised_percent": normalised,
        "steady_percent": steady,
        "ratio": steady / alone,
        "ratio_to_normalised": steady / normalised,
        **_lag(told),
        **_ghosts(told, plate, flows),
    }


def _flicker(shot: Sequence[Plane], flows: Sequence[Motion]) -> float:
    pairs = zip(pairwise(shot), flows, strict=True)
    return 100 * float(np.mean([unsteadiness(one, other, *flow) for (one, other), flow in pairs]))


def _lag(told: _Told) -> dict[str, float]:
    """How far the steady frames are from those alone a frame earlier, at the same time, and later, in percent: least in
    the middle, and alike on both sides."""
    samples = [(steady[::8, ::8].ravel(), alone[::8, ::8].ravel()) for steady, alone in zip(*_both(told), strict=True)]
    ours, theirs = (np.concatenate(side) for side in zip(*samples, strict=True))
    same = fit(ours, theirs)
    inner = range(1, len(samples) - 1)

    def away(shift: int) -> float:
        return 100 * float(np.mean([np.abs(same.of(samples[at][0]) - samples[at + shift][1]).mean() for at in inner]))

    return {f"from_alone_{name}": away(shift) for name, shift in (("before", -1), ("now", 0), ("after", 1))}


def _ghosts(told: _Told, plate: Sequence[Frame], flows: Sequence[Motion]) -> dict[str, float]:
    """Silhouettes that move, against those of each frame alone: how high their steps are, how well they lie on the
    picture's edges (its contrast there), and what part of them lies where the frame alone has none."""
    height, contrast, off = [], [], []
    for steady, alone, frame, (there, _) in zip(*_both(told), plate, flows, strict=False):
        moving = np.hypot(there[..., 0], there[..., 1]) > 1
        steps = [_steps(plane) for plane in (steady, alone)]
        edges = [(step > _SILHOUETTE) & moving for step in steps]
        if not all(edge.any() for edge in edges):
            continue
        drawn = _steps(_display(frame).mean(axis=-1))
        height.append([float(step[edge].mean()) for step, edge in zip(steps, edges, strict=True)])
        contrast.append([float(drawn[edge].mean()) for edge in edges])
        away = cv2.distanceTransform((steps[1] < _SILHOUETTE / 2).astype(np.uint8), cv2.DIST_L2, 3)
        off.append(float((away[edges[0]] > _GHOST).mean()))
    if not height:
        return {}
    (high, high_alone), (drawn_on, drawn_on_alone) = np.mean(height, axis=0), np.mean(contrast, axis=0)
    return {
        "silhouette_height": high / high_alone,
        "silhouette_on_picture": drawn_on / drawn_on_alone,
        "ghosts": float(np.mean(off)),
    }


def _both(told: _Told) -> tuple[list[Plane], list[Plane]]:
    return told.steady, told.alone


def _steps(plane: Plane) -> Plane:
    around = np.ones((5, 5), np.uint8)
    return np.asarray(cv2.dilate(plane, around) - cv2.erode(plane, around), np.float32)


def _told(small: Small, plate: Sequence[Frame]) -> _Told:
    operation = Depth()
    parameters = check_parameters(operation, small.card, {})
    numbers = tuple(frame.spec.number for frame in plate)
    window = MemoryWindow({"plate": plate}, parameters, numbers, numbers)
    shown = [delivery.frame for delivery in operation.run(small, window, Recorder())]
    near, far = (float(str(parameters[name])) for name in ("near", "far"))
    steady = [(frame.pixels[..., 0] - 1 / far) / (1 / near - 1 / far) for frame in shown]
    raw = [small.run([_display(frame)], parameters, Recorder())[0].depth for frame in plate]
    low, least, most, high = np.percentile(np.stack(raw)[:, ::8, ::8], (0.1, 1, 99, 99.9))
    alone = [
        (detailed(_display(frame), depth, int(str(parameters["edge_radius"])), float(most - least)) - low)
        / (high - low)
        for frame, depth in zip(plate, raw, strict=True)
    ]
    return _Told([plane.clip(0, 1) for plane in alone], steady, shown)


def _normalised(plane: Plane) -> Plane:
    low, high = np.percentile(plane[::8, ::8], (0.1, 99.9))
    return np.asarray((plane - low) / max(float(high - low), 1e-9), np.float32)


def _flows(plate: Sequence[Frame]) -> list[Motion]:
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    greys = [np.rint(_display(frame).mean(axis=-1) * 255).astype(np.uint8) for frame in plate]
    found = []
    for one, other in pairwise(greys):
        start = np.zeros((*one.shape, 2), np.float32)
        there, back = (finder.calc(*pair, start.copy()) for pair in ((one, other), (other, one)))
        found.append((np.asarray(there, np.float32), np.asarray(back, np.float32)))
    return found


def _rows(name: str, plate: Sequence[Frame], told: _Told) -> list[tuple[str, list[Frame]]]:
    every = [*range(0, len(plate), max(len(plate) // 6, 1))][:6]
    alone = []
    for at in every:
        meaning = told.shown[at].spec.depth
        assert meaning is not None
        least, most = 1 / meaning.far, 1 / meaning.near
        pixels = (least + told.alone[at] * (most - least))[..., None].astype(np.float32)
        alone.append(Frame(replace(told.shown[at].spec), pixels))
    rows = {"plate": [plate[at] for at in every], "alone": alone, "still": [told.shown[at] for at in every]}
    return [(f"{name}, {row}", frames) for row, frames in rows.items()]


def _display(frame: Frame) -> Plane:
    return develop(frame, "ocio://default").display


def _small() -> Small:
    store, small = WeightStore(WEIGHTS, Policy()), Small()
    small.load({name: store.get(name) for name in small.card.weights}, device())
    return small


def _shots() -> dict[str, list[Frame]]:
    bunny = WeightStore(WEIGHTS, Policy()).get("plate-bigbuckbunny")
    shots = {"bunny": list(open_plate(bunny, f"31-{30 + FRAMES}"))}
    dog = Path(__file__).resolve().parents[2] / "shared" / "footage" / "dog" / "01_dog.mp4"
    if dog.is_file():
        shots["dog"] = list(open_plate(dog, f"61-{60 + FRAMES}"))
    return shots
