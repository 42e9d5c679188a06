"""Parameter values, as a job carries them and a catalog describes them. Vocabulary, like `replate.frame`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Point:
    """A click: pixels in the display window, origin top-left, the first pixel's middle at 0.5, 0.5."""

    frame: int
    x: float
    y: float
    inside: bool = True
    """True: the object is here. False: it is not."""
    object: str = "subject"


@dataclass(frozen=True, slots=True)
class Region:
    """A box the object lies within, in the coordinates of `Point`."""

    frame: int
    x: float
    y: float
    width: float
    height: float
    object: str = "subject"


Prompt = Point | Region
Value = bool | int | float | str | tuple[Prompt, ...]


class ParameterType(str, Enum):
    FLAG = "flag"
    WHOLE = "whole"
    REAL = "real"
    TEXT = "text"
    CHOICE = "choice"
    PROMPTS = "prompts"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One knob of an operation or a model."""

    name: str
    label: str
    type: ParameterType
    default: Value
    tooltip: str
    minimum: float | None = None
    """Least value of a WHOLE or REAL, included."""
    maximum: float | None = None
    """Greatest value of a WHOLE or REAL, included; where its slider ends."""
    choices: tuple[str, ...] = ()
    group: str = ""
    """Parameters of one group belong together; empty for the main one."""


@dataclass(frozen=True, slots=True)
class Preset:
    """Values of a model's parameters that go together, to begin from."""

    name: str
    label: str
    tooltip: str
    values: Mapping[str, Value]
    """By the names of parameters, the operation's and the model's; the others stay as they are."""


class RoleKind(str, Enum):
    PLATE = "plate"
    MATTE = "matte"
    STILL = "still"
    ANY = "any"
    """Colour or data."""
    KEYS = "keys"
    """Finished pictures of some of the plate's frames, each under its frame's number; of any size, never held."""


@dataclass(frozen=True, slots=True)
class Role:
    """An input that an operation takes."""

    name: str
    label: str
    tooltip: str
    kind: RoleKind = RoleKind.PLATE
    required: bool = True


@dataclass(frozen=True, slots=True)
class OutputPlate:
    """A plate that an operation gives."""

    name: str
    label: str
    tooltip: str
    channels: tuple[str, ...] = ()
    """Empty when they follow the plate or the prompts."""
    data: bool = False
    """True for depth, motion, mattes and ids."""


class Priority(int, Enum):
    """Who is served first among one user's jobs."""

    PREVIEW = 1
    NORMAL = 2
    BACKGROUND = 3


class JobState(str, Enum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
