"""Trains the depth network that ships, from the teacher, photographs and films.

    python -m training.depth targets --teacher T.onnx --photos FOLDER --movie FILM ... --work .cache/depth
    python -m training.depth train --teacher T.onnx --work .cache/depth
    python -m training.depth export --work .cache/depth --to depth-small.safetensors

`train` goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

import torch

from training.depth.data import Drawing, training_pictures
from training.depth.evaluate import held_out_figures
from training.depth.export import export
from training.depth.targets import make_targets
from training.depth.teacher import Teacher
from training.depth.train import Stage, State, log_to, train

SEED = 20261120
SMALL = Drawing(SEED, pictures=16, shapes=((192, 256), (224, 224), (256, 192), (192, 288)), least=0.5, pairs=False)
LARGE = replace(SMALL, pictures=8, shapes=((384, 384), (320, 448), (384, 512), (416, 320)), least=0.75, pairs=True)
STAGES = (
    Stage(steps=100000, drawing=SMALL),
    Stage(steps=3000, drawing=LARGE, rate=1e-3, falling=3000, still=0.3),
)
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
        export(asked.work / "state.pt", asked.to)


def run(work: Path, graph: Path) -> None:
    """All stages, from where they were interrupted; figures and a state in `work` at every 1000 steps."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    log, teacher, state = log_to(work / "log.jsonl"), Teacher(graph), State.fresh(SEED)
    if (work / "state.pt").exists():
        state.restore(work / "state.pt")

    def pause(state: State) -> None:
        if state.step % 1000 == 0:
            state.save(work / "state.pt")
            log({"step": state.step} | held_out_figures(state.mean, teacher, work / "targets"))

    pictures, begun = training_pictures(work / "targets"), 0
    for stage in STAGES:
        if state.step < begun + stage.steps:
            train(state, stage, begun, pictures, log, pause=pause)
        begun += stage.steps
    state.save(work / "state.pt")
    log({"step": state.step, "done": True} | held_out_figures(state.mean, teacher, work / "targets"))


if __name__ == "__main__":
    main()
