"""What an enlargement gives back of footage that was made smaller, and how still it is, against a filter.

`dog` is filmed (SAM 2's demo), `bunny` is drawn (the demo's plate, with grass that moves). Both are averaged down and
enlarged again by the whole operation, linear light and all.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.plates import WEIGHTS
from replate.frame import Box, Frame, FrameSpec, PixelType
from replate_server.darkroom.development import LUMINANCE, develop
from replate_server.darkroom.figures import warping_error
from replate_server.darkroom.motion import occlusion
from replate_server.darkroom.range import compress, expand
from replate_server.darkroom.resize import Nature, resize
from replate_server.darkroom.structure import structure
from replate_server.operations.compliance import Recorder
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.flow.dis import Dis
from replate_server.operations.parameters import check_parameters
from replate_server.operations.registry import operations
from replate_server.operations.upscale.basicvsr import BasicVSR
from replate_server.operations.upscale.lanczos import Lanczos
from replate_server.weights import Policy, WeightStore

TITLE = "Structural similarity of what was made smaller and enlarged again with what was filmed"
FOOTAGE = Path(__file__).resolve().parents[2] / "shared" / "footage"
OUT = Path(__file__).parent / "out"
FRAMES = 6
_CONFIG = "ocio://default"
_SPACE = "lin_rec709"

Picture = NDArray[np.float32]


def measure() -> dict[str, Any]:
    """`…_psnr` in dB, `…_structure` of the lumas, and `…_warping_error` along the truth's motion, times 10 000."""
    store = WeightStore(WEIGHTS, Policy())
    basic = BasicVSR()
    basic.load({"basicvsr": store.get("basicvsr")}, "cpu")
    figures: dict[str, Any] = {"frames": FRAMES}
    rows = []
    clips = {"bunny": (store.get("plate-bigbuckbunny"), 40), "dog": (FOOTAGE / "dog" / "01_dog.mp4", 100)}
    for name, (file, start) in clips.items():
        if not file.is_file():
            continue
        for scale in (2, 4):
            truth = _filmed(file, start, scale)
            height, width = truth[0].shape[:2]
            small = [resize(one, width // scale, height // scale, Nature.COLOUR) for one in truth]
            made = {}
            for label, model in (("basicvsr", basic), ("lanczos", Lanczos())):
                began = time.perf_counter()
                made[label] = _upscaled(model, small, scale)
                figures[f"{name}_{scale}x_{label}_seconds_a_frame"] = round((time.perf_counter() - began) / FRAMES, 2)
            motions = [(_flow(now, before), _flow(before, now)) for before, now in pairwise(truth)]
            for label, pictures in (*made.items(), ("truth", truth)):
                key = f"{name}_{scale}x_{label}"
                figures[f"{key}_warping_error"] = round(_astray(pictures, motions) * 1e4, 2)
                if label != "truth":
                    pairs = list(zip(pictures, truth, strict=True))
                    figures[f"{key}_psnr"] = round(float(np.mean([_psnr(*pair) for pair in pairs])), 2)
                    figures[f"{key}_structure"] = round(float(np.mean([_alike(*pair) for pair in pairs])), 4)
            middle = FRAMES // 2
            row = np.hstack([each[middle][:192, :256] for each in (made["lanczos"], made["basicvsr"], truth)])
            rows.append((row[..., ::-1].clip(0, 1) * 255).astype(np.uint8))
    OUT.mkdir(exist_ok=True)
    cv2.imwrite(str(OUT / "upscale_pictures.png"), np.vstack(rows))
    return figures


def plotted(figures: Mapping[str, Any]) -> tuple[list[str], list[float], None]:
    keys = sorted(key for key in figures if key.endswith("_structure"))
    return [key.removesuffix("_structure").replace("_", " ") for key in keys], [figures[key] for key in keys], None


def _filmed(file: Path, start: int, scale: int) -> list[Picture]:
    """Frames as a model sees them, display-referred; the larger the scale, the more of each."""
    film = cv2.VideoCapture(str(file))
    film.set(cv2.CAP_PROP_POS_FRAMES, start)
    height, width = 96 * scale, 128 * scale
    frames = []
    for _ in range(FRAMES):
        encoded = film.read()[1][200 : 200 + height, 300 : 300 + width, ::-1].astype(np.float32) / 255
        linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
        frames.append(compress(linear.astype(np.float32)))
    return frames


def _upscaled(model: Any, pictures: Sequence[Picture], scale: int) -> list[Picture]:
    operation = operations()["upscale"]
    parameters = check_parameters(operation, model.card, {"scale": f"{scale}x"})
    plate = [_frame(picture, number) for number, picture in enumerate(pictures, 1001)]
    return [
        develop(delivery.frame, _CONFIG).display
        for window in windows_of({"plate": plate}, "plate", parameters, model.card.windows)
        for delivery in operation.run(model, window, Recorder())
    ]


def _frame(picture: Picture, number: int) -> Frame:
    box = Box(0, 0, picture.shape[1], picture.shape[0])
    return Frame(FrameSpec(number, box, box, ("R", "G", "B"), PixelType.FLOAT, _SPACE), expand(picture))


def _flow(first: Picture, second: Picture) -> Picture:
    return Dis().run(first, second, {"preset": "medium"}, Recorder())


def _astray(pictures: Sequence[Picture], motions: Sequence[tuple[Picture, Picture]]) -> float:
    errors = []
    for (before, now), (there, back) in zip(pairwise(pictures), motions, strict=True):
        errors.append(warping_error(now, before, there, occlusion(there, back) == 0))
    return float(np.mean(errors))


def _psnr(made: Picture, truth: Picture) -> float:
    return float(-10 * np.log10(np.square(made - truth).mean(dtype=np.float64)))


def _alike(made: Picture, truth: Picture) -> float:
    luma = np.array(LUMINANCE, np.float32)
    return structure(made @ luma, truth @ luma)
