"""Training itself: AdamW and Muon, one rate held and then brought down; a running mean of the weights is what ships."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_

from replate_server.operations.depth.network import DepthNetwork
from training.depth.data import Batch, Batches, Drawing
from training.depth.losses import agreement, aligned, silhouettes, stillness, thinking
from training.depth.muon import Muon
from training.depth.teacher import HINTS, Picture, Plane, Teacher
from training.depth.together import average, ranks

Log = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of training. The rate falls over the last `falling` steps, by half a cosine, to `end`."""

    steps: int
    drawing: Drawing
    rate: float = 2e-3
    rising: int = 200
    falling: int = 0
    end: float = 0.0
    edges: float = 0.5
    """Weight of the silhouettes' loss."""
    still: float = 0.0
    """Weight of the stillness; above 0 the drawing must be in pairs."""
    told: float = 0.0
    """Weight of the plain difference from the teacher's answer to the same crop; above 0 the drawing must be hinted."""
    hints: float = 0.0
    """Weight of what the teacher thinks on its way."""
    parts: tuple[str, ...] = ()
    """Where: parts that have hints. With one of them the drawing must be hinted."""
    decay: float = 0.02
    orthogonal: bool = False
    """Whether the network's dense convolutions take Muon's steps; all else takes AdamW's."""
    mean: float = 0.998
    """How much of the running mean stays at a step."""


@dataclass(slots=True)
class State:
    """All that training needs to go on."""

    network: DepthNetwork
    mean: DepthNetwork
    guesses: nn.ModuleDict
    """From the student's features to what the teacher would think: for training alone."""
    optimiser: torch.optim.Optimizer
    muon: Muon
    step: int = 0

    @classmethod
    def fresh(cls, seed: int) -> State:
        torch.manual_seed(seed)
        network, mean = DepthNetwork(norm=True), DepthNetwork(norm=True)
        for each in (network, mean):
            each.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        mean.load_state_dict(network.state_dict())
        widths = {"at_eighth": 64, "to_sixteenth": 96, "to_eighth": 64}
        guesses = nn.ModuleDict({part: nn.Conv2d(widths[part], channels, 1) for part, (_, channels) in HINTS.items()})
        weights = [*network.parameters(), *guesses.parameters()]
        wide = [weight for weight in weights if weight.ndim > 1]
        narrow = [weight for weight in weights if weight.ndim <= 1]
        groups: list[dict[str, Any]] = [{"params": wide}, {"params": narrow, "weight_decay": 0.0}]
        adamw = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98))
        dense = [weight for weight in network.parameters() if weight.ndim > 1 and weight.shape[1] > 1]
        return cls(network, mean, guesses, adamw, Muon(dense))

    def save(self, path: Path) -> None:
        partial = path.with_suffix(".partial")
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        torch.save({"step": self.step} | parts, partial)
        partial.rename(path)

    def restore(self, path: Path) -> None:
        kept = torch.load(path, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(kept[name])
        self.step = kept["step"]

    def _parts(self) -> dict[str, Any]:
        names = ("network", "mean", "guesses", "optimiser", "muon")
        return {name: getattr(self, name) for name in names}


def train(
    state: State,
    stage: Stage,
    begun: int,
    pictures: list[tuple[Picture, Plane]],
    teacher: Teacher | None,
    log: Log,
    every: int = 100,
    pause: Callable[[State], None] = lambda state: None,
) -> None:
    """Runs a stage that begins at step `begun`, from the state's step to the stage's end.

    `log` hears of every `every` steps, after which `pause` is called.
    """
    log({"stage": asdict(stage), "processes": ranks(), "pictures": len(pictures), "step": state.step})
    for group, decay in zip(state.optimiser.param_groups, (stage.decay, 0.0), strict=True):
        group["weight_decay"] = decay
    state.network.train()
    sums: dict[str, float] = {}
    start = time.perf_counter()
    batches = Batches(pictures, stage.drawing, teacher)
    learned = [*state.network.parameters(), *state.guesses.parameters()]
    while state.step < begun + stage.steps:
        rate = _rate(state.step - begun, stage)
        for group in (*state.optimiser.param_groups, *state.muon.param_groups):
            group["lr"] = rate
        losses = _losses(state, batches(state.step), stage)
        total = sum(losses.values(), start=torch.zeros(()))
        state.optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        average([weight.grad for weight in learned if weight.grad is not None])
        clip_grad_norm_(state.network.parameters(), 1.0)
        if stage.orthogonal:
            state.muon.step()
        state.optimiser.step()
        state.step += 1
        average([value for value in state.network.buffers() if value.is_floating_point()])
        _follow(state, stage.mean)
        for name, loss in losses.items():
            sums[name] = sums.get(name, 0.0) + float(loss.detach())
        if state.step % every == 0:
            seconds = (time.perf_counter() - start) / every
            log({"step": state.step, "rate": rate, "ms": round(seconds * 1e3)} | _rounded(sums, every))
            pause(state)
            sums, start = {}, time.perf_counter()


def _losses(state: State, batch: Batch, stage: Stage) -> dict[str, torch.Tensor]:
    whole = batch["whole"]
    target = batch["target"][whole]
    picture = batch["picture"].contiguous(memory_format=torch.channels_last)
    thought: dict[str, torch.Tensor] = {}
    with torch.autocast("cpu", torch.bfloat16), _listening(state.network, thought):
        depth = state.network(picture)
        guesses = {part: guess(thought[part]) for part, guess in state.guesses.items() if part in stage.parts}
    depth = depth.float()
    losses: dict[str, torch.Tensor] = {}
    if whole.any():
        fitted = aligned(depth[whole], target)
        losses["agreement"] = agreement(fitted, target)
        losses["silhouettes"] = stage.edges * silhouettes(fitted, target)
    if stage.told:
        losses["told"] = stage.told * (depth - batch["told"]).abs().mean()
    for part, guess in guesses.items():
        losses[part] = stage.hints * thinking(guess.float(), batch[part].float())
    if stage.still:
        first, second = depth.chunk(2)
        losses["stillness"] = stage.still * stillness(first, second, batch["grid"])
    return losses


@contextmanager
def _listening(network: DepthNetwork, thought: dict[str, torch.Tensor]) -> Iterator[None]:
    """Puts what the parts of the network say, those that have hints, into `thought`."""

    def hear(part: str, features: torch.Tensor) -> None:
        thought[part] = features

    hooks = [
        network.get_submodule(part).register_forward_hook(lambda _, __, features, part=part: hear(part, features))
        for part in HINTS
    ]
    yield
    for hook in hooks:
        hook.remove()


def _rate(step: int, stage: Stage) -> float:
    """Up in a line, held, down by half a cosine."""
    left = stage.steps - step
    fallen = 0.5 + 0.5 * math.cos(math.pi * left / stage.falling) if left < stage.falling else 0.0
    return min(1.0, (step + 1) / stage.rising) * (stage.rate + (stage.end - stage.rate) * fallen)


@torch.no_grad()
def _follow(state: State, mean: float) -> None:
    """The running mean of the weights, quicker at first."""
    share = 1 - min(mean, (1 + state.step) / (10 + state.step))
    ours = [value for value in state.mean.state_dict().values() if value.is_floating_point()]
    theirs = [value for value in state.network.state_dict().values() if value.is_floating_point()]
    torch._foreach_lerp_(ours, theirs, share)


def _rounded(sums: dict[str, float], count: int) -> dict[str, float]:
    return {name: round(total / count, 4) for name, total in sums.items()}


def log_to(path: Path) -> Log:
    """One JSON object a line, in the file and on the screen."""

    def log(entry: dict[str, Any]) -> None:
        line = json.dumps(entry)
        print(line, flush=True)
        with path.open("a") as file:
            file.write(line + "\n")

    return log
