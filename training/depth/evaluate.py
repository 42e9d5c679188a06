"""Agreement with the teacher on photographs that were never trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from replate_server.operations.depth.network import DepthNetwork
from training.depth.measures import correlation
from training.depth.targets import FILM, held_out, load
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


@dataclass(frozen=True, slots=True, eq=False)
class Exam:
    """A photograph that is not trained on, with what the teacher says of it: in one look, and in its ensemble."""

    picture: Picture
    look: Plane
    ensemble: Plane


def exams(teacher: Teacher, cache: Path) -> list[Exam]:
    """All photographs that are held out."""
    found = []
    for path in sorted(cache.glob("*.npz")):
        if held_out(path.stem) and not path.stem.startswith(FILM):
            picture, ensemble = load(path)
            found.append(Exam(picture, teacher.look(picture), ensemble))
    return found


def marks(network: DepthNetwork, photographs: Sequence[Exam]) -> dict[str, float]:
    """Mean and median correlation with the teacher, and mean correlation with its ensemble."""
    network.eval()
    answers = [student(network, exam.picture) for exam in photographs]
    looks = [correlation(answer, exam.look) for answer, exam in zip(answers, photographs, strict=True)]
    ensembles = [correlation(answer, exam.ensemble) for answer, exam in zip(answers, photographs, strict=True)]
    figures = {"agreement": np.mean(looks), "median": np.median(looks), "with_ensemble": np.mean(ensembles)}
    return {name: round(float(figure), 4) for name, figure in figures.items()} | {"photographs": len(photographs)}
