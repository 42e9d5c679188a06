"""Agreement with the teacher on photographs that were never trained on."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch

from replate_server.operations.depth.network import DepthNetwork
from training.depth.targets import held_out, load
from training.depth.teacher import Picture, Plane, Teacher, working_size


def student(network: DepthNetwork, picture: Picture, short: int = 384) -> Plane:
    """What the network says of a picture with its short side brought to `short`, at the picture's own size."""
    height, width = picture.shape[:2]
    tall, wide = working_size(height, width, short)
    way = cv2.INTER_AREA if tall < height else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(picture, (wide, tall), interpolation=way), np.float32) / 255
    planes = torch.from_numpy(small.transpose(2, 0, 1)[None]).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        plane = network(planes)[0].numpy()
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def correlation(one: Plane, other: Plane) -> float:
    """Of two depths over a picture: what a scale and a shift do not change."""
    return float(np.corrcoef(one.ravel().astype(np.float64), other.ravel().astype(np.float64))[0, 1])


def held_out_figures(network: DepthNetwork, teacher: Teacher, cache: Path, most: int = 1000) -> dict[str, float]:
    """Mean correlation with the teacher (one look at 384), with its ensemble, and of the teacher with its ensemble."""
    network.eval()
    rows = []
    for path in [path for path in sorted(cache.glob("*.npz")) if held_out(path.stem) and path.name[0] != "M"][:most]:
        picture, target = load(path)
        ours, theirs = student(network, picture), teacher.look(picture)
        rows.append((correlation(ours, theirs), correlation(ours, target), correlation(theirs, target)))
    names = ("with_teacher", "with_ensemble", "teacher_with_ensemble")
    return {name: round(float(mean), 4) for name, mean in zip(names, np.mean(rows, 0), strict=True)} | {
        "median_with_teacher": round(float(np.median([row[0] for row in rows])), 4),
        "photographs": len(rows),
    }
