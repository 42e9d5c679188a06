"""What a scheduler and a worker say to each other.

A worker takes window tasks, one after the other, and answers with messages. All
are plain values that go over any pipe as JSON. The pixels of frames never do: both
sides name them by digest and find them in the store's folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from replate.frame import StoredFrame
from replate.values import Value


@dataclass(frozen=True, slots=True)
class WindowTask:
    """One window of one job, with everything it takes to run it."""

    id: int
    """Names the run; a retry has another."""
    job: str
    operation: str
    model: str
    parameters: Mapping[str, Value]
    seed: int
    view: str
    numbers: tuple[int, ...]
    context: tuple[int, ...]
    inputs: Mapping[str, tuple[StoredFrame, ...]]
    """The frames of each role that the window may read."""
    colour_config: str
    loras: Mapping[str, str] = field(default_factory=dict)
    """sha256 of the LoRA files that the job names."""
    keys: tuple[str, ...] = ()
    """Roles whose frames stand under their own numbers, be there only one."""
    urgent: bool = False
    """Somebody is looking at it: it may run in the middle of another window, at one of that window's steps."""
    kind: Literal["task"] = "task"


@dataclass(frozen=True, slots=True)
class CancelTask:
    id: int
    kind: Literal["cancel"] = "cancel"


Command = WindowTask | CancelTask

DEVICE_LOST = 70
"""The exit code of a worker whose device refuses to work for it any more."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker is up on its device."""

    kind: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class Progressed:
    id: int
    fraction: float
    message: str
    kind: Literal["progressed"] = "progressed"


@dataclass(frozen=True, slots=True)
class Previewed:
    """How a frame looks so far: a small PNG, which is nowhere kept."""

    id: int
    number: int
    png: bytes
    kind: Literal["previewed"] = "previewed"


@dataclass(frozen=True, slots=True)
class Warned:
    id: int
    message: str
    kind: Literal["warned"] = "warned"


@dataclass(frozen=True, slots=True)
class Kept:
    """Arrays were cached in the store's folder under this blob name."""

    id: int
    name: str
    size: int
    kind: Literal["kept"] = "kept"


@dataclass(frozen=True, slots=True)
class Delivered:
    """An output frame lies in the store's folder."""

    id: int
    output: str
    frame: StoredFrame
    exact: bool = True
    """Whether its pixels are what the recipe gives where memory is not short."""
    kind: Literal["delivered"] = "delivered"


@dataclass(frozen=True, slots=True)
class Ended:
    """The window is done or, with an error, is not: its class in `replate.errors`, and its sentence."""

    id: int
    seconds: float
    error: str = ""
    message: str = ""
    kind: Literal["ended"] = "ended"


Message = Ready | Progressed | Previewed | Warned | Kept | Delivered | Ended


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker process is started with."""

    name: str
    """Tells it from another on the same device."""
    device: str
    store: Path
    weights: Path
    registries: tuple[Path, ...]
    loras: Path | None
    """The folder of LoRA files; None where there is none."""
    allow_non_commercial: bool
    refuse: frozenset[str]
    allow: frozenset[str]
    memory_bytes: int
    """What models may take of the device."""
    memory_enforced: bool
    """Whether a GPU refuses them more."""
    keep_models_seconds: float
    threads: int
    """Processor threads it may use."""
    log_level: str


# Metadata may hold NaN and infinity, which would be written as null otherwise.
_as_json = ConfigDict(ser_json_inf_nan="constants", ser_json_bytes="base64", val_json_bytes="base64")
commands: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="kind")], config=_as_json)
messages: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="kind")], config=_as_json)
