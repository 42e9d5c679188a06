"""What was really behind a hole against what is put there, whether it flickers, and whether texture stays sharp.

Holes are painted over parts of real footage that nothing hides, so that the truth is known. In `pan` (DAVIS
bmx-trees) the camera follows a rider past a painted wall and trees: parallax and motion blur. In `still` (OpenCV's
pedestrians) the camera stands still, and a hole the size of a person walks through the picture. Leaves, grass and
printed cloth have a square filled from one picture.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.plates import WEIGHTS
from replate_server.darkroom.motion import occlusion, warp
from replate_server.darkroom.resize import Nature
from replate_server.operations.compliance import Recorder
from replate_server.operations.flow.dis import Dis
from replate_server.operations.inpaint.filling import fill
from replate_server.operations.inpaint.migan import MiGan
from replate_server.operations.inpaint.patch import Patch
from replate_server.operations.inpaint.shot import filled
from replate_server.weights import Policy, WeightStore

TITLE = "Flicker of a clean plate inside the hole, as a fraction of MI-GAN's frame by frame"
AIM = 0.5
FOOTAGE = Path(__file__).resolve().parents[2] / "shared" / "footage"
OUT = Path(__file__).parent / "out"
FRAMES = 16

Picture = NDArray[np.float32]
Hole = NDArray[np.bool_]


def measure() -> dict[str, Any]:
    """PSNR in dB inside the holes; `…_flicker` is the root mean square change along the true motion, in 8-bit steps."""
    migan = MiGan()
    migan.load({"migan": WeightStore(WEIGHTS, Policy()).get("migan")}, "cpu")
    figures: dict[str, Any] = {"frames": FRAMES}
    rows = []
    for name, shot in (("pan", _pan()), ("still", _still())):
        start = time.perf_counter()
        ours = [picture for _, picture in filled(shot, migan, Dis(), {}, 0, Recorder())]
        middle = time.perf_counter()
        alone = [fill(migan, shot.picture(at), shot.holes[at], {}, 0, Recorder()) for at in shot.numbers]
        end = time.perf_counter()
        motions = _motions(shot.truth)
        figures |= {
            f"{name}_psnr": _psnr(ours, shot),
            f"{name}_psnr_migan": _psnr(alone, shot),
            f"{name}_flicker": _flicker(ours, shot, motions),
            f"{name}_flicker_migan": _flicker(alone, shot, motions),
            f"{name}_flicker_truth": _flicker(shot.truth, shot, motions),
            f"{name}_seconds_a_frame": round((middle - start) / FRAMES, 2),
            f"{name}_seconds_a_frame_migan": round((end - middle) / FRAMES, 2),
        }
        figures[f"{name}_flicker_of_migan"] = round(figures[f"{name}_flicker"] / figures[f"{name}_flicker_migan"], 3)
        rows.append(_row(shot.picture(FRAMES // 2), *(some[FRAMES // 2] for some in (ours, alone, shot.truth))))
    patch = Patch()
    patch.load({}, "cpu")
    for name, picture, hole in _textures():
        given = np.where(hole[..., None], np.float32(0.5), picture).astype(np.float32)
        made = [fill(model, given, hole, {}, 0, Recorder()) for model in (patch, migan)]
        for label, one in zip(("patch", "migan"), made, strict=True):
            figures[f"{name}_psnr_{label}"] = round(_decibels(one[hole] - picture[hole]), 2)
            figures[f"{name}_sharpness_{label}"] = round(_sharpness(one, hole) / _sharpness(picture, hole), 2)
        rows.append(_row(given, *made, picture))
    OUT.mkdir(exist_ok=True)
    cv2.imwrite(str(OUT / "inpaint_pictures.png"), np.vstack(rows))
    return figures


def plotted(figures: Mapping[str, Any]) -> tuple[list[str], list[float], float]:
    return ["pan", "still"], [figures["pan_flicker_of_migan"], figures["still_flicker_of_migan"]], AIM


@dataclass(frozen=True, slots=True)
class _Shot:
    truth: Sequence[Picture]
    holes: Sequence[Hole]

    @property
    def numbers(self) -> range:
        return range(len(self.truth))

    context = numbers

    def picture(self, number: int) -> Picture:
        return np.where(self.holes[number][..., None], np.float32(0.5), self.truth[number]).astype(np.float32)

    def hole(self, number: int) -> Hole:
        return self.holes[number]

    wanted = hole


def _pan() -> _Shot:
    names = [FOOTAGE / "davis_bmx-trees" / "rgb" / f"{number:05d}.jpg" for number in range(2, 2 + FRAMES)]
    truth = [_read(cv2.imread(str(name))) for name in names]
    hole = np.zeros(truth[0].shape[:2], bool)
    hole[60:130, 60:120] = True
    return _Shot(truth, [hole] * FRAMES)


def _still() -> _Shot:
    """Every other frame; the hole crosses the road where nobody walks for a while."""
    film = cv2.VideoCapture(str(FOOTAGE / "pedestrians" / "vtest.avi"))
    frames = [film.read()[1] for _ in range(2 * FRAMES)][::2]
    truth = [_read(frame[260:560, 100:560]) for frame in frames]
    down, across = np.mgrid[:300, :460]
    # 45 by 110 pixels, as large as the people in this footage, and it stops on its way.
    middles = [110 + 14 * min(at, 8) + 4 * max(at - 8, 0) for at in range(FRAMES)]
    return _Shot(truth, [np.hypot((across - x) / 22, (down - 150) / 55) < 1 for x in middles])


def _textures() -> list[tuple[str, Picture, Hole]]:
    film = cv2.VideoCapture(str(FOOTAGE / "dog" / "01_dog.mp4"))
    leaves = _read(film.read()[1][:400, :400])
    street = _read(cv2.VideoCapture(str(FOOTAGE / "pedestrians" / "vtest.avi")).read()[1])
    cloth = _read(cv2.imread(str(FOOTAGE / "aloe" / "aloeL.jpg"))[:640, :640])
    return [
        ("leaves", leaves, _square(leaves, 0.3, 0.5, 100)),
        ("grass", street, _square(street, 0.75, 0.35, 120)),
        ("cloth", cloth, _square(cloth, 0.3, 0.35, 160)),
    ]


def _square(picture: Picture, down: float, across: float, side: int) -> Hole:
    hole = np.zeros(picture.shape[:2], bool)
    y, x = int(picture.shape[0] * down) - side // 2, int(picture.shape[1] * across) - side // 2
    hole[max(y, 0) : y + side, max(x, 0) : x + side] = True
    return hole


def _motions(truth: Sequence[Picture]) -> list[tuple[Picture, Picture]]:
    tracker, given = Dis(), {"preset": "medium"}
    return [
        (tracker.run(one, other, given, Recorder()), tracker.run(other, one, given, Recorder()))
        for one, other in pairwise(truth)
    ]


def _flicker(pictures: Sequence[Picture], shot: _Shot, motions: Sequence[tuple[Picture, Picture]]) -> float:
    """How much a pixel of the hole changes to the next frame, along the truth's motion, where nothing hides it."""
    squares = []
    for at, (there, back) in enumerate(motions):
        inside = shot.holes[at] & (warp(shot.holes[at + 1].astype(np.float32), there, Nature.MATTE) > 0.5)
        inside &= occlusion(there, back) == 0
        change = warp(pictures[at + 1], there, Nature.COLOUR) - pictures[at]
        squares.append(np.square(change[inside]).ravel())
    return round(float(np.sqrt(np.concatenate(squares).mean())) * 255, 2)


def _psnr(pictures: Sequence[Picture], shot: _Shot) -> float:
    wrong = [(picture - truth)[hole] for picture, truth, hole in zip(pictures, shot.truth, shot.holes, strict=True)]
    return round(_decibels(np.concatenate(wrong)), 2)


def _decibels(difference: Picture) -> float:
    return -10 * float(np.log10(np.square(difference).mean()))


def _sharpness(picture: Picture, hole: Hole) -> float:
    inside = cv2.erode(hole.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return float(np.abs(cv2.Laplacian(picture.mean(axis=2), cv2.CV_32F))[inside].mean())


def _read(encoded: Any) -> Picture:
    if encoded is None:
        raise FileNotFoundError(f"There is no footage in {FOOTAGE}: put shared/footage beside the checkout.")
    return np.ascontiguousarray(encoded[..., ::-1], np.float32) / np.float32(255)


def _row(*pictures: Picture) -> NDArray[np.uint8]:
    """With the hole, two fills and the truth, side by side at one width."""
    cells = [cv2.resize(picture[..., ::-1], (400, 260), interpolation=cv2.INTER_AREA) for picture in pictures]
    return (np.hstack(cells).clip(0, 1) * 255).round().astype(np.uint8)
