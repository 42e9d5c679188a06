"""The contract between operations, their models and whoever runs them.

An *operation* knows pictures: it takes frames of its input plates through the
darkroom (colour, alpha, windows, tiles), has a model work on display-referred
tensors, and takes the result back to where the plate came from. A *model* is
one file that knows nothing but tensors.

Tensors are numpy arrays [height, width, channels], float32, RGB in [0,1]
display-referred unless the operation says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from replate.frame import Frame, FrameSpec
from replate.values import OutputPlate, Parameter, Preset, Role, RoleKind, Value

Tensor = NDArray[np.float32]
Cached = Mapping[str, NDArray[Any]]

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Windows:
    """The frames a model sees at once."""

    length: int | None = 1
    """Frames a window delivers; None for the whole shot in one window."""
    before: int = 0
    """Frames of context that it sees before the first it delivers."""
    after: int = 0
    """Frames of context that it sees after the last it delivers."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The picture sizes a model takes."""

    multiple: int = 1
    """Sides must be multiples of this; the darkroom pads."""
    minimum: int = 1
    """Least length of a side; the darkroom pads."""
    most_pixels: int | None = None
    """Above this many pixels the darkroom tiles; None for any size."""
    overlap: int = 0
    """Pixels by which tiles overlap."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a model says of itself. The catalog and the scheduler read nothing else."""

    name: str
    """"operation/model", as in the entry point."""
    label: str
    tooltip: str
    revision: str
    """Changes whenever the same recipe would give other pixels."""
    licence: str
    """SPDX identifier."""
    weights: tuple[str, ...] = ()
    """Names in the weight registry."""
    parameters: tuple[Parameter, ...] = ()
    presets: tuple[Preset, ...] = ()
    needs: tuple[str, ...] = ()
    """Names of roles that the operation may go without and this model may not."""
    wording: tuple[str, ...] = ()
    """The sentences of the prompt that it is told, out of text parameters: "Keep {keep} exactly as it is."; see
    `replate_host.wording`. Empty for a model without a prompt."""
    windows: Windows = Windows()
    sizes: Sizes = Sizes()
    memory_bytes: int = 256 * MEGABYTE
    """Device memory it takes while loaded and at work."""

    @property
    def operation(self) -> str:
        return self.name.split("/", 1)[0]


class Steps(Protocol):
    """A running window's line to whoever asked for it."""

    def progress(self, fraction: float, message: str = "") -> None:
        """Says how much of the window is done, 0 to 1. Raises `Cancelled` when the job was: call it often.

        Another window may run before it returns, with the same model: keep nothing of a window in the model.
        """

    def check(self) -> None:
        """Raises `Cancelled` when the job was, and does nothing else: no other window runs meanwhile. It costs next to
        nothing, and may be called in the middle of a network."""

    def preview(self, number: int, picture: Tensor) -> None:
        """How a frame of the window looks so far, [rows, columns, 3] display-referred in [0,1], of any size. Whoever
        watches the job sees it; it is never kept."""

    def warn(self, message: str) -> None:
        """One sentence that the artist should see though the work goes on: "Frame 12 has 3 NaN pixels, ..."."""

    def cached(self, key: str, compute: Callable[[], Cached]) -> Cached:
        """Arrays by name that are kept in the store under a key, computed when they are not there.

        The key must name everything the arrays depend on: the weights, the code's revision, the frame's digest.
        """


class Model(Protocol):
    """One implementation of an operation. Each operation's package adds the method that does the work.

    Made without arguments; nothing heavy happens before `load`, and an instance
    is used by one thread.
    """

    card: Card

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        """Puts the weights (files by registry name) on a device: "cpu", "cuda:0"."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a model is had on a device."""

    label: str
    """What is done to fit, as the artist is told: "its parts in turn"; empty for nothing."""
    memory_bytes: int
    """Device memory that it takes so, loaded and at work."""
    exact: bool = True
    """Whether the pixels are those of the first way."""


@runtime_checkable
class Fitting(Model, Protocol):
    """A model that can be had in several ways, where memory is short."""

    def ways(self, weights: Mapping[str, Path], device: str) -> Sequence[Way]:
        """All of them, quickest first and each smaller than the one before. Weights are files by registry name."""

    def choose(self, way: Way) -> None:
        """Called before `load`, which then loads it so."""


class Window(Protocol):
    """The frames that one run must deliver, and what it may look at to do so."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """Frame numbers to deliver, rising."""

    @property
    def context(self) -> tuple[int, ...]:
        """Frame numbers that may be read: those to deliver, and those before and after that the card asks for."""

    @property
    def parameters(self) -> Mapping[str, Value]:
        """The operation's and the model's parameters, checked, with defaults filled in."""

    @property
    def seed(self) -> int:
        """What randomness there is comes from this alone."""

    @property
    def colour_config(self) -> str:
        """The OpenColorIO config in which colour spaces are named: "ocio://default", a path."""

    def has(self, role: str) -> bool:
        """Whether the job has this input."""

    def given(self, role: str) -> tuple[int, ...]:
        """Numbers of the frames that an input has within `context`, rising; none where the job lacks the input.

        A one-frame input that is held has its own number, wherever that is.
        """

    def frame(self, role: str, number: int) -> Frame:
        """A frame of an input, read when asked for; pixels are read-only.

        A one-frame input gives that frame for any number, under that number. One of kind KEYS has its frames under
        their own numbers alone, and raises `NotFound` for others. What was measured of a frame stays behind.
        """

    def digest(self, role: str, number: int) -> str:
        """The digest of that frame's pixels, for `Steps.cached`."""

    def lora(self, name: str) -> Path:
        """A LoRA file that the job names in its text parameter `loras`; see `operations.loras`.

        Raises `NotFound` and, when the file is another than at Submit, `Unmet`.
        """


@dataclass(frozen=True, slots=True)
class Delivery:
    """An output frame, as soon as it is ready."""

    output: str
    frame: Frame


class Operation(Protocol):
    """What an artist asks for."""

    name: str
    label: str
    tooltip: str
    roles: tuple[Role, ...]
    """The first is the plate whose frame numbers, metadata and (but for `Resizing`) format the outputs have."""
    outputs: tuple[OutputPlate, ...]
    parameters: tuple[Parameter, ...]
    """Taken by every model of the operation."""
    default_model: str

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Raises `BadRequest` for parameters that are each in range but make no sense together."""

    def run(self, model: Any, window: Window, steps: Steps) -> Iterator[Delivery]:
        """Every output of every frame in `window.numbers`, in rising order of frames."""


@runtime_checkable
class Guided(Protocol):
    """An operation that with some inputs looks at more frames than its model's card asks for."""

    def windows(self, card: Card, inputs: Collection[str], parameters: Mapping[str, Value]) -> Windows:
        """The frames that are seen at once in a job that has these inputs, by their roles."""


def windows_wanted(
    operation: Operation, card: Card, inputs: Collection[str], parameters: Mapping[str, Value]
) -> Windows:
    """The frames that are seen at once in a job."""
    return operation.windows(card, inputs, parameters) if isinstance(operation, Guided) else card.windows


@runtime_checkable
class Resizing(Protocol):
    """An operation whose outputs have another format than the plate."""

    def resized(self, spec: FrameSpec, parameters: Mapping[str, Value]) -> FrameSpec:
        """Of a frame of the plate, the spec with the windows of what is made of it."""


def windows_due(operation: Operation, spec: FrameSpec, parameters: Mapping[str, Value]) -> FrameSpec:
    """Of a frame of the plate, the spec with the windows that the outputs have; the plate's own for most operations."""
    return operation.resized(spec, parameters) if isinstance(operation, Resizing) else spec


def keyed_roles(operation: Operation) -> tuple[str, ...]:
    """Names of the roles whose frames stand under their own numbers, be there only one."""
    return tuple(role.name for role in operation.roles if role.kind is RoleKind.KEYS)
