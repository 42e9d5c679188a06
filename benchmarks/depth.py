"""The depth network that ships beside its teacher: what it gets right, how crisp it is, and how long it takes.

The teacher, the photographs and the footage lie in `shared` beside the checkout; figures whose material is not there
are left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from training.depth.measures import absolute_relative_error, correlation, edge_width
from training.depth.targets import SHORT, held_out, read_photo
from training.depth.teacher import Picture, Plane, Teacher

from benchmarks.device import device
from benchmarks.plates import WEIGHTS, median
from replate_server.operations.compliance import Recorder
from replate_server.operations.depth.estimator import Estimate
from replate_server.operations.depth.network import DepthNetwork
from replate_server.operations.depth.small import Small
from replate_server.weights import Policy, WeightStore

TITLE = "Depth: agreement with the teacher on photographs not trained on"
AIM = 0.97
SHARED = Path(__file__).resolve().parents[2] / "shared"
HEIGHT, WIDTH, ROUNDS = 384, 576, 15

Look = Callable[[Picture], Plane]
"""A picture's relative inverse depth, at the picture's size."""


def measure() -> dict[str, Any]:
    """`agreement`: mean correlation with the teacher. Of each of the two on known depth: `nyu_absrel`, after the best
    scale and shift of inverse depth, and `aloe_correlation` with the true disparity. Of each as well, in pixels where
    the short side has 384: `edge_width` at the teacher's own silhouettes, `aloe_edge_width` at the true ones."""
    small, graph = _small(), SHARED / "weights" / "tcmonodepth_small" / "tcmonodepth_small.onnx"
    looks: dict[str, Look] = {"": lambda picture: _look(small, picture)}
    figures: dict[str, Any] = {"parameters": sum(weight.numel() for weight in DepthNetwork().parameters())}
    if graph.is_file():
        teacher = Teacher(graph)
        looks["teacher_"] = teacher.look
        figures |= _agreement(looks) | _speed(small, Teacher(graph, threads=1))
    if (SHARED / "footage").is_dir():
        for who, look in looks.items():
            figures |= {who + name: figure for name, figure in _on_known_depth(look).items()}
    return figures


def plotted(figures: Mapping[str, Any]) -> tuple[list[str], list[float], float]:
    """The agreement, where there is a teacher to agree with: its mean, and what nine in ten photographs have."""
    names = {"agreement": "mean", "agreement_nine_in_ten": "nine in ten above"}
    found = {label: figures[name] for name, label in names.items() if name in figures}
    return list(found), list(found.values()), AIM


def _agreement(looks: Mapping[str, Look]) -> dict[str, Any]:
    photographs = [photo for photo in sorted((SHARED / "photos").glob("*.jpg")) if held_out(photo.stem)]
    agreed: list[float] = []
    widths: dict[str, list[float]] = {who: [] for who in looks}
    for photograph in photographs:
        depths = {who: look(read_photo(photograph)) for who, look in looks.items()}
        agreed.append(correlation(*depths.values()))
        for who, depth in depths.items():
            widths[who].append(edge_width(depth, depths["teacher_"]))
    return {
        "photographs": len(photographs),
        "agreement": round(float(np.mean(agreed)), 4),
        "agreement_median": round(float(np.median(agreed)), 4),
        "agreement_nine_in_ten": round(float(np.quantile(agreed, 0.1)), 4),
    } | {f"{who}edge_width": round(float(np.nanmedian(widths[who])), 2) for who in looks}


def _on_known_depth(look: Look) -> dict[str, float]:
    room = np.load(SHARED / "footage" / "nyu_sample" / "rgb.npy")
    distance = np.load(SHARED / "footage" / "nyu_sample" / "depth.npy").squeeze().astype(np.float32)
    plant = cv2.imread(str(SHARED / "footage" / "aloe" / "aloeL.jpg"), cv2.IMREAD_COLOR_RGB)
    matched = cv2.imread(str(SHARED / "footage" / "aloe" / "aloeGT.png"), cv2.IMREAD_GRAYSCALE)
    disparity = np.asarray(matched, np.float32)
    known = disparity > 0
    found = look(np.asarray(plant, np.uint8))
    size = (round(SHORT * disparity.shape[1] / disparity.shape[0]), SHORT)
    small, true = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32) for plane in (found, disparity)
    )
    return {
        "nyu_absrel": round(absolute_relative_error(look(np.asarray(room * 255, np.uint8)), distance), 4),
        "aloe_correlation": round(correlation(found[known], disparity[known]), 4),
        "aloe_edge_width": round(edge_width(small, true), 2),
    }


def _speed(small: Small, teacher: Teacher) -> dict[str, float]:
    """Milliseconds a frame in turn: ours by its model, with all that it does, the teacher's network alone."""
    # On one thread: on a busy machine two wait for each other, and one of the networks more than the other.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    picture = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    times: dict[str, list[float]] = {"": [], "teacher_": []}
    for _ in range(ROUNDS + 2):
        times[""].append(_milliseconds(lambda: _estimate(small, picture)))
        times["teacher_"].append(_milliseconds(lambda: teacher.answer(picture)))
    torch.set_num_threads(threads)
    figures = {f"{who}ms": round(median(rounds[2:]), 1) for who, rounds in times.items()}
    ratios = [ours / theirs for ours, theirs in zip(times[""][2:], times["teacher_"][2:], strict=True)]
    return figures | {"times_the_teacher": round(median(ratios), 2)}


def _small() -> Small:
    store = WeightStore(WEIGHTS, Policy())
    small = Small()
    small.load({name: store.get(name) for name in small.card.weights}, device())
    return small


def _look(small: Small, picture: Picture) -> Plane:
    height, width = picture.shape[:2]
    depth = _estimate(small, picture).depth
    return np.asarray(cv2.resize(depth, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _estimate(small: Small, picture: Picture) -> Estimate:
    defaults = {parameter.name: parameter.default for parameter in small.card.parameters}
    return small.run([np.asarray(picture / 255, np.float32)], defaults, Recorder())[0]


def _milliseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3
