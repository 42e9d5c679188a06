"""Trains the depth network that ships, from the teacher, photographs and films.

    python -m training.depth targets --teacher T.onnx --photos FOLDER --movie FILM ... --work .cache/depth
    torchrun --nproc-per-node 2 -m training.depth train --teacher T.onnx --work .cache/depth
    python -m training.depth export --work .cache/depth --to depth-small.safetensors

`train` goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import torch

from replate.memory import keep_freed_memory
from training.depth.data import Drawing, training_pictures
from training.depth.evaluate import exams, marks
from training.depth.export import export
from training.depth.targets import make_targets
from training.depth.teacher import HINTS, Teacher
from training.depth.together import join, rank
from training.depth.train import Stage, State, log_to, train

SEED = 20261120
SMALL = Drawing(
    SEED,
    8,
    ((224, 256), (224, 224), (256, 192), (192, 288)),
    least=0.6,
    most=1.1,
    plain=0.0,
    patched=0.0,
    hinted=True,
    pairs=False,
)
MIDDLE = replace(SMALL, pictures=4, shapes=((288, 384), (320, 320), (384, 288), (256, 384)), least=0.75, plain=0.5)
VARIED = replace(MIDDLE, most=1.6, plain=0.3, patched=0.3)
LARGE = replace(MIDDLE, shapes=((384, 448), (320, 448), (384, 512), (448, 320)), pairs=True)
FREE = replace(LARGE, most=1.6, plain=0.2)
LONG = replace(MIDDLE, shapes=(*MIDDLE.shapes, (320, 448)), most=1.3, plain=0.4, patched=0.1)
WIDE = replace(LONG, most=1.7, plain=0.2, patched=0.4)
LAST = replace(LARGE, most=1.5, plain=0.4)
LATE = ("to_sixteenth", "to_eighth")
ORTHOGONAL = Stage(
    12000,
    LONG,
    1.2e-3,
    falling=12000,
    end=3.9e-4,
    edges=1.5,
    told=0.5,
    hints=0.2,
    parts=LATE,
    orthogonal=True,
    mean=0.999,
)
STAGES = (
    Stage(steps=3000, drawing=SMALL, told=0.3, hints=0.3, parts=tuple(HINTS)),
    Stage(steps=3000, drawing=MIDDLE, falling=1500, end=1.8e-3, told=0.3, hints=0.2, parts=LATE),
    Stage(2000, MIDDLE, rate=1.8e-3, rising=1, falling=2000, end=1.3e-3, edges=1.5, told=0.3, hints=0.2, parts=LATE),
    Stage(
        2800, VARIED, 1.3e-3, rising=1, falling=2800, end=6e-4, edges=1.5, told=0.5, hints=0.3, parts=LATE, decay=0.1
    ),
    Stage(200, LARGE, 6e-4, rising=1, edges=1.5, told=0.3, hints=0.1, parts=LATE, still=0.3),
    ORTHOGONAL,
    replace(
        ORTHOGONAL,
        steps=4000,
        drawing=WIDE,
        rate=6e-4,
        rising=1,
        falling=4000,
        end=2.5e-4,
        told=0.8,
        hints=0.3,
        decay=0.1,
    ),
    replace(
        ORTHOGONAL,
        steps=1500,
        drawing=LAST,
        rate=2.5e-4,
        rising=1,
        falling=1500,
        end=0.0,
        hints=0.1,
        still=0.3,
        mean=0.998,
    ),
)
SHIPPED = (26000, 27000, 28500)
"""The steps whose mean ships."""
FRAMES = 44
"""Of each film."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.depth", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", choices=("targets", "train", "export"))
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--movie", type=Path, action="append", default=[])
    parser.add_argument("--work", type=Path, default=Path(".cache/depth"))
    parser.add_argument("--to", type=Path, default=Path("depth-small.safetensors"))
    asked = parser.parse_args()
    if asked.what == "targets":
        make_targets(Teacher(asked.teacher), asked.photos, asked.movie, asked.work / "targets", FRAMES)
    elif asked.what == "train":
        run(asked.work, asked.teacher)
    else:
        export([asked.work / f"state-{step}.pt" for step in SHIPPED], asked.to)


def run(work: Path, graph: Path) -> None:
    """All stages, from where they were interrupted; at every 1000 steps marks, and states in `work`."""
    keep_freed_memory()
    join()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    teacher, state = Teacher(graph, threads=1, hints=True), State.fresh(SEED)
    log = log_to(work / "log.jsonl") if rank() == 0 else lambda entry: None
    photographs = exams(teacher, work / "targets") if rank() == 0 else []
    if (work / "state.pt").exists():
        state.restore(work / "state.pt")

    def keep(state: State) -> None:
        state.save(work / "state.pt")
        shutil.copyfile(work / "state.pt", work / f"state-{state.step}.pt")

    def pause(state: State) -> None:
        if state.step % 1000 == 0 and rank() == 0:
            keep(state)
            log({"step": state.step} | marks(state.mean, photographs))

    pictures, begun = training_pictures(work / "targets"), 0
    for stage in STAGES:
        if state.step < begun + stage.steps:
            train(state, stage, begun, pictures, teacher, log, pause=pause)
        begun += stage.steps
    if rank() == 0:
        keep(state)
        log({"step": state.step, "done": True} | marks(state.mean, photographs))


if __name__ == "__main__":
    main()
