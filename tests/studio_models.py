"""A studio's own models, small and real, that a test holds, breaks and counts. Installed by `serving.Studio`."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from replate.values import Parameter, ParameterType
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor, Way, Windows
from replate_server.operations.restyle.adain import AdaIN, Look
from replate_server.operations.restyle.presets import PRESETS
from replate_server.operations.restyle.repainting import Take

GIGABYTE = 1 << 30


def card(name: str, **more: Any) -> Card:
    gate = Parameter("gate", "Gate", ParameterType.TEXT, "", "Which file holds the runs.")
    return Card(name, name, "For tests.", "1", "CC0-1.0", parameters=(gate,), **more)


def gated(parameters: Mapping[str, Any], steps: Steps) -> None:
    """Notes that a run began, waits until the gate lets another one finish, and notes that it did."""
    if not parameters["gate"]:
        return
    gate = Path(os.environ["STUDIO_GATES"], str(parameters["gate"]))
    note(gate.with_suffix(".started"))
    done = gate.with_suffix(".finished")
    while int(gate.read_text()) <= (len(done.read_text().splitlines()) if done.exists() else 0):
        steps.progress(0.5, "Held.")
        time.sleep(0.01)
    note(done)


def note(file: Path) -> None:
    with file.open("a") as stream:
        stream.write("run\n")


def nothing(style: Any, name: str, whole: Tensor | None, steps: Steps) -> None:
    """What these models need to know of a style."""


class Invert:
    card = card("restyle/invert")

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        gated(parameters, steps)
        return np.float32(1) - picture


class Sketching:
    """It is told in words, and shows what it is about to give as long as its gate says 0; below that it is held."""

    card = replace(
        card("restyle/sketching", wording=("Make it {prompt}.", "Keep {keep} exactly as it is.")),
        parameters=(
            *card("restyle/gated").parameters,
            Parameter("prompt", "Change", ParameterType.TEXT, "night", "What the picture becomes.", group="Prompt"),
            Parameter("keep", "Keep", ParameterType.TEXT, "", "What stays as it is.", group="Prompt"),
        ),
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        painted = np.float32(1) - picture
        if parameters["gate"]:
            gate = Path(os.environ["STUDIO_GATES"], str(parameters["gate"]))
            while gate.read_text() == "0":
                steps.progress(0.5, "Sketching.")
                steps.preview(1001, painted)
                time.sleep(0.01)
            note(gate.with_suffix(".sketched"))
        gated(parameters, steps)
        return painted


class HeldAdaIN(AdaIN):
    """AdaIN itself, a frame at a time as the gate lets them."""

    card = replace(
        AdaIN.card, name="restyle/adain-held", label="restyle/adain-held", parameters=card("restyle/gated").parameters
    )

    def run(self, picture: Tensor, look: Look, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        gated(parameters, steps)
        return super().run(picture, look, parameters, steps)


class InvertFours:
    card = card("restyle/invert-fours", windows=Windows(length=4))

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        gated(parameters, steps)
        return np.float32(1) - picture


class Crash:
    card = card("restyle/crash")

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        gated(parameters, steps)
        os.kill(os.getpid(), signal.SIGKILL)
        return picture


class Raise:
    card = card("restyle/raise")

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        gated(parameters, steps)
        raise ZeroDivisionError("no luck.")


class Greedy:
    card = card("restyle/greedy")

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        gated(parameters, steps)
        np.zeros(1 << 50)
        return picture


class Misshapen:
    card = card("restyle/misshapen")

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        return picture[:1]


class Drifting:
    """Repaints takes in colours of its own, which wander: a gain and an offset that grow within a take, and are others
    in each, and jump where one begins; with noise that a frame has in every take."""

    card = replace(
        card("restyle/drifting", windows=Windows(length=None), sizes=Sizes(multiple=16), presets=PRESETS),
        parameters=(
            *card("restyle/gated").parameters,
            Parameter("drift", "Drift", ParameterType.REAL, 1.0, "How far colours go.", 0.0, 4.0),
            Parameter("goes_on", "Goes on", ParameterType.FLAG, False, "From the colours of what is known."),
        ),
    )
    frames, overlap, stride = 17, 5, 4

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self.device = device

    def pixels(self, parameters: Mapping[str, Any]) -> int:
        return 200 * 112

    def repaint(self, take: Take, parameters: Mapping[str, Any], seed: int, steps: Steps) -> list[Tensor]:
        gated(parameters, steps)
        generator, drift = np.random.default_rng(take.place), float(parameters["drift"])
        jump, growth = (generator.choice((-0.15, 0.15), 3) * drift for _ in range(2))
        away, begun = generator.uniform(-0.04, 0.04, 3) * drift, np.ones(3)
        jump *= take.place > 0
        if parameters["goes_on"] and take.known:
            last = max(take.known)
            jump, begun = np.zeros(3), take.known[last].mean((0, 1)) / self.meant(take, last).mean((0, 1))
        made = []
        for index in range(len(take.numbers)):
            share = index / (self.frames - 1)
            steps.progress(share, f"Frame {take.numbers[index]}")
            gain, offset = begun * (1 + jump + growth * share), away * share
            made.append(np.clip(self.meant(take, index) * gain + offset, 0, 1).astype(np.float32))
        return made

    @staticmethod
    def meant(take: Take, index: int) -> Tensor:
        """A frame as it would be without drift."""
        noise = np.random.default_rng(take.place + index).normal(0, 0.01, take.pictures[index].shape)
        return recoloured(take.pictures[index]) + noise.astype(np.float32)


def recoloured(picture: Tensor) -> Tensor:
    """[height, width, 3] in [0,1], in cold colours."""
    luma = picture.mean(axis=-1, keepdims=True)
    return np.asarray(0.12 + 0.6 * (0.5 * luma + 0.5 * picture) * np.float32((0.7, 0.95, 1.1)), np.float32)


class Bright:
    """A matte: what is brighter than half."""

    card = card("matte/bright")

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    def run(self, picture: Tensor, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        gated(parameters, steps)
        return (picture.max(axis=-1, keepdims=True) > 0.5).astype(np.float32)


class Bulky:
    card = card("restyle/bulky", memory_bytes=3 * GIGABYTE)

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        note(Path(os.environ["STUDIO_GATES"], "loaded.bulky"))

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        gated(parameters, steps)
        return picture


class Bulkier:
    card = card("restyle/bulkier", memory_bytes=3 * GIGABYTE + 1)

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        note(Path(os.environ["STUDIO_GATES"], "loaded.bulkier"))

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        gated(parameters, steps)
        return picture


class Enormous:
    card = card("restyle/enormous", memory_bytes=1 << 50)

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        return picture


class Stubborn:
    """Lacks memory from its second frame on, unless it is had in the third way. A little darker in each."""

    card = card("restyle/stubborn", windows=Windows(length=3))
    loads = "loaded.stubborn"

    def ways(self, weights: Mapping[str, Path], device: str) -> list[Way]:
        return [
            Way("", 3 * GIGABYTE),
            Way("its parts take turns on the device", 2 * GIGABYTE),
            Way("pictures are decoded in tiles", GIGABYTE, exact=False),
        ]

    def choose(self, way: Way) -> None:
        self.gigabytes = way.memory_bytes // GIGABYTE

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        note(Path(os.environ["STUDIO_GATES"], self.loads))
        self.runs = 0

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        gated(parameters, steps)
        self.runs += 1
        if self.runs > 1 and self.gigabytes > 1:
            too_much()
        return picture * np.float32(self.gigabytes / 4)


class Hopeless(Stubborn):
    """Lacks memory in every way."""

    card = card("restyle/hopeless")
    loads = "loaded.hopeless"

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        gated(parameters, steps)
        too_much()
        return picture


class Crowded:
    """Lacks memory as long as its gate is closed."""

    card = card("restyle/crowded")

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        if not int(Path(os.environ["STUDIO_GATES"], str(parameters["gate"])).read_text()):
            too_much()
        return picture


class Hoard:
    """Holds 100 MB, and as much again at work, in circles as networks with hooks are."""

    card = card("restyle/hoard", memory_bytes=3 * GIGABYTE)

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        import torch

        self.held = [torch.full((MEGABYTE // 4,), 1.0, device=device) for _ in range(100)]

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        work: list[Any] = [each + 1 for each in self.held]
        work.append(work)
        gated(parameters, steps)
        return picture


class Glut(Hoard):
    """Lacks memory while it is at work."""

    card = card("restyle/glut", memory_bytes=3 * GIGABYTE)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        work: list[Any] = [each + 1 for each in self.held]
        work.append(work)
        too_much()
        return picture


def too_much() -> None:
    """Asks PyTorch for more than any machine has."""
    import torch

    torch.empty(1 << 50, dtype=torch.uint8)


class Weighted:
    card = card("restyle/weighted", weights=("studio-broken",))

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    look = staticmethod(nothing)

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        return picture


MODELS = (
    Invert,
    Sketching,
    HeldAdaIN,
    InvertFours,
    Crash,
    Raise,
    Greedy,
    Misshapen,
    Drifting,
    Bright,
    Bulky,
    Bulkier,
    Enormous,
    Stubborn,
    Hopeless,
    Crowded,
    Hoard,
    Glut,
    Weighted,
)
