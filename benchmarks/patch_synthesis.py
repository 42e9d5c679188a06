"""How long guided patch synthesis takes, and how well guides are followed: a painted frame, and another in its manner.

`still` is made from nothing, as EbSynth does it; `carried` begins with a field that motion gives, as a restyle's frames
beside a keyframe do.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.device import device
from benchmarks.plates import WEIGHTS
from replate.media import open_plate
from replate_server.darkroom.development import LUMINANCE, develop
from replate_server.operations.compliance import Recorder
from replate_server.operations.restyle.adain import AdaIN
from replate_server.operations.synthesis import Field, Guide, Picture, Settings, Synthesis, synthesize
from replate_server.weights import Policy, WeightStore

TITLE = "Guided patch synthesis: seconds a picture"
AIM = 15.0
KEY, LATER, SOON = 41, 61, 45
"""Frames of Big Buck Bunny: the painted one, and those that are made."""
STYLE = Path(__file__).parents[1] / "client" / "replate" / "demo" / "style.jpg"
OUT = Path(__file__).parent / "out"


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    style: Picture
    guides: Sequence[Guide]
    start: Field | None = None

    @property
    def size(self) -> str:
        return f"{self.guides[0].target.shape[1]}x{self.guides[0].target.shape[0]}"


def measure() -> dict[str, Any]:
    """`seconds_…`, `processor_seconds_…`, `energy_…` and `guide_error_…` by the target's size."""
    figures: dict[str, Any] = {}
    for problem in problems():
        synthesize(*_corner(problem), Settings(rounds=1))
        clock, processor = time.perf_counter(), time.process_time()
        made = synthesize(problem.style, problem.guides, start=problem.start, device=device())
        figures |= {
            f"seconds_{problem.size}": round(time.perf_counter() - clock, 2),
            f"processor_seconds_{problem.size}": round(time.process_time() - processor, 2),
            f"energy_{problem.size}": round(made.energy, 7),
            f"guide_error_{problem.size}": round(float(made.error.mean()), 7),
        }
        _draw(problem, made)
    return figures


def plotted(figures: Mapping[str, Any]) -> tuple[list[str], list[float], float]:
    names = [key for key in figures if key.startswith("seconds_")]
    return [name.removeprefix("seconds_") for name in names], [figures[name] for name in names], AIM


def problems() -> list[Problem]:
    """Both, with pictures display-referred in [0,1]."""
    store = WeightStore(WEIGHTS, Policy())
    key, later, soon = (_look(store, number) for number in (KEY, LATER, SOON))
    painted = _painted(store, key)
    return [_still(painted, key, later, (1200, 912)), _carried(painted, key, soon, (640, 360))]


def _still(painted: Picture, key: Picture, later: Picture, size: tuple[int, int]) -> Problem:
    style, here, there = (_sized(picture, size) for picture in (painted, key, later))
    return Problem(style, [Guide(here, there), Guide(_edges(here), _edges(there), 0.5)])


def _carried(painted: Picture, key: Picture, soon: Picture, size: tuple[int, int]) -> Problem:
    style, here, there = (_sized(picture, size) for picture in (painted, key, soon))
    follow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    motion = follow.calc(*(np.rint(_luma(picture) * 255).astype(np.uint8) for picture in (there, here)), None)
    place = np.stack(np.mgrid[: size[1], : size[0]], axis=-1).astype(np.float32)
    from_ = place + motion[..., ::-1]
    before = cv2.remap(style, from_[..., 1], from_[..., 0], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    start = np.rint(from_).astype(np.int32)
    start[((start < 0) | (start >= (size[1], size[0]))).any(axis=-1)] = -1
    guides = [
        Guide(here, there, 6.0),
        Guide(_edges(here), _edges(there), 0.5),
        Guide(place / size[0], from_ / size[0], 2.0),
        Guide(style, before, 0.5),
    ]
    return Problem(style, guides, start)


def _look(store: WeightStore, number: int) -> Picture:
    (frame,) = open_plate(store.get("plate-bigbuckbunny"), str(number))
    return develop(frame, "ocio://default").display


def _painted(store: WeightStore, picture: Picture) -> Picture:
    adain, steps = AdaIN(), Recorder()
    adain.load({name: store.get(name) for name in adain.card.weights}, device())
    (frame,) = open_plate(STYLE)
    style = develop(frame, "ocio://default").display
    look = adain.look(lambda: iter([style]), "style", None, steps)
    return np.asarray(adain.run(picture, look, {"strength": 1.0}, steps), np.float32)


def _sized(picture: Picture, size: tuple[int, int]) -> Picture:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _luma(picture: Picture) -> Picture:
    luma: Picture = (picture @ np.array(LUMINANCE, np.float32)).clip(0, 1)
    return luma


def _edges(picture: Picture) -> Picture:
    """What stands out of its surroundings."""
    luma = _luma(picture)
    edges: Picture = (np.abs(luma - cv2.GaussianBlur(luma, (0, 0), 3)) * 4).clip(0, 1)[..., None]
    return edges


def _corner(problem: Problem) -> tuple[Picture, list[Guide]]:
    """A small piece, for the loops to be compiled for."""
    part = np.s_[:48, :48]
    return problem.style[part], [Guide(guide.source[part], guide.target[part]) for guide in problem.guides]


def _draw(problem: Problem, made: Synthesis) -> None:
    """Style, the target's look, and what was made, side by side."""
    parts = [problem.style, problem.guides[0].target, made.picture]
    strip = np.concatenate([_sized(part, (640, round(640 * len(part) / part.shape[1]))) for part in parts], axis=1)
    OUT.mkdir(exist_ok=True)
    code = np.rint(strip[..., ::-1].clip(0, 1) * 255).astype(np.uint8)
    cv2.imwrite(str(OUT / f"patch_synthesis_{problem.size}.png"), code)
