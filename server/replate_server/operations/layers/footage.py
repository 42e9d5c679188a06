"""A window's plate, depth and mattes as the pictures that are taken apart."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from replate.depth import CHANNEL, Depth, distances
from replate.errors import BadRequest
from replate.frame import Box, Frame, PixelType
from replate_server.darkroom.alpha import LEAST, unpremultiply
from replate_server.darkroom.development import Development, develop
from replate_server.darkroom.finite import finite
from replate_server.darkroom.geometry import reframe
from replate_server.operations.contract import Steps, Tensor, Window
from replate_server.operations.layers.chosen import MOST
from replate_server.operations.layers.extend import extend
from replate_server.operations.layers.nearness import nearness_of
from replate_server.operations.pictures import same_windows

Array = NDArray[Any]

ENCODINGS = ("1/Z", "Z")
_KEPT = 2


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """A frame, ready to be taken apart: everything [height, width, ...] over the shot's box, but for `plate`."""

    plate: Frame
    development: Development
    """Of the frame's own data window, unpremultiplied."""
    display: Tensor
    """Display-referred in [0,1], unpremultiplied."""
    nearness: Tensor
    mattes: Mapping[str, Tensor]
    solid: Tensor | None
    """The plate's own alpha; None where it has none."""
    inside: Box
    """The plate's data window, from the box's top-left pixel."""

    def colour(self) -> Tensor:
        """The plate's colour [height, width, 3] over its data window, unpremultiplied, in its working space."""
        return np.asarray(self.development.frame.pixels, np.float32)


class Found(Protocol):
    """Objects that nobody gave mattes of."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def covers(self, number: int, display: Tensor, nearness: Tensor, others: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Their mattes by name in a frame, [height, width], of what the `others` leave."""


@dataclass(frozen=True, slots=True, eq=False)
class Footage:
    """The shot over the box that holds the data windows of all its frames."""

    window: Window
    steps: Steps
    numbers: Sequence[int]
    box: Box
    objects: Mapping[str, str]
    """The mattes' channels by the names of their objects."""
    nearest: float
    """The shot's least distance."""
    found: Found | None = None
    _takes: OrderedDict[int, Take] = field(default_factory=OrderedDict)
    _told: set[int] = field(default_factory=set)

    @property
    def inverse(self) -> bool:
        """Whether depth that does not say so is 1/Z."""
        return _inverse(self.window)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all objects, in the order of a take's mattes."""
        return (*self.objects, *(self.found.names if self.found else ()))

    def having(self, found: Found | None) -> Footage:
        """The same with further objects."""
        return replace(self, found=found, _takes=OrderedDict())

    @classmethod
    def of(cls, window: Window, steps: Steps, numbers: Sequence[int]) -> Footage:
        """Raises `BadRequest` for frames of different formats, or too many mattes."""
        first = window.frame("plate", numbers[0])
        box = first.spec.data_window
        for number in numbers:
            plate = window.frame("plate", number)
            same_windows(first, plate, f"frame {number}")
            same_windows(plate, window.frame("depth", number), "depth")
            box = box.union(plate.spec.data_window)
        objects = _objects(window.frame("mattes", numbers[0])) if window.has("mattes") else {}
        if len(objects) >= MOST:
            raise BadRequest(
                f"There are {len(objects)} mattes, and {MOST} layers at the most; give {MOST - 1} mattes or fewer."
            )
        return cls(window, steps, numbers, box, objects, _nearest(window, numbers))

    def take(self, number: int) -> Take:
        """A frame; the last ones asked for are kept. What was mended in it is told once."""
        if number not in self._takes:
            while len(self._takes) >= _KEPT:
                self._takes.popitem(last=False)
            self._takes[number] = self._taken(number)
        self._takes.move_to_end(number)
        return self._takes[number]

    def meaning(self, number: int) -> Depth | None:
        """What a frame of depth says of itself."""
        return self.window.frame("depth", number).spec.depth

    def _taken(self, number: int) -> Take:
        plate = self.window.frame("plate", number)
        own = plate.spec.data_window
        opaque, solid, warnings = _opaque(plate)
        development = develop(opaque, self.window.colour_config)
        for warning in () if number in self._told else warnings:
            self.steps.warn(warning)
        self._told.add(number)
        depth = self.window.frame("depth", number)
        far = reframe(_distances(self.window, depth), depth.spec.data_window, own, float("nan"))
        try:
            nearness = nearness_of(far, self.nearest)
        except BadRequest as error:
            raise BadRequest(f"Frame {number}: {error}") from None
        display, near = (reframe(one, own, self.box, "edge") for one in (development.display, nearness))
        mattes = {name: reframe(matte, own, self.box, "edge") for name, matte in self._mattes(number, own).items()}
        if self.found is not None:
            mattes |= self.found.covers(number, display, near, mattes)
        return Take(
            plate,
            development,
            display,
            near,
            mattes,
            None if solid is None else reframe(solid, own, self.box, "edge"),
            Box(own.x - self.box.x, own.y - self.box.y, own.width, own.height),
        )

    def _mattes(self, number: int, own: Box) -> dict[str, Tensor]:
        if not self.objects:
            return {}
        frame = self.window.frame("mattes", number)
        same_windows(self.window.frame("plate", number), frame, "mattes")
        mattes = {}
        for name, channel in self.objects.items():
            if channel not in frame.spec.channels:
                raise BadRequest(
                    f"Frame {number} of the mattes has no {channel}, which the first frame has; "
                    "give every frame the same channels."
                )
            matte = np.nan_to_num(frame.channel(channel).astype(np.float32), nan=0.0).clip(0, 1)
            mattes[name] = reframe(matte, frame.spec.data_window, own)
        return mattes


def _opaque(plate: Frame) -> tuple[Frame, Tensor | None, tuple[str, ...]]:
    """A frame's colour without its alpha, R, G and B in floats; its alpha; and what was mended in it.

    Where there is no alpha, colour goes on from where there is: that is what layers are extended into.
    """
    names = plate.spec.channels
    if all(name in names for name in "RGB"):
        planes = np.dstack([plate.channel(name) for name in "RGB"])
    else:
        single = "Y" if "Y" in names else next((name for name in names if name != "A"), "")
        if not single or len(names) > 2:
            # The darkroom words what is wrong with such a frame.
            return plate, None, ()
        planes = np.dstack([plate.channel(single)] * 3)
    clean, nan, infinite = finite(np.ascontiguousarray(planes))
    rgb = np.asarray(clean, np.float32)
    solid = None
    if "A" in names:
        solid = np.nan_to_num(plate.channel("A").astype(np.float32), nan=0.0).clip(0, 1)
        if (solid >= 1).all():
            solid = None
    if solid is not None:
        solid[solid < LEAST] = 0.0
        colour = unpremultiply(rgb, solid)
        empty = solid == 0
        rgb = np.where(empty[..., None], extend(colour, solid), colour) if empty.any() else colour
    spec = replace(plate.spec, channels=("R", "G", "B"), pixel_type=PixelType.FLOAT)
    mended = [f"{count} {what}" for count, what in ((nan, "NaN"), (infinite, "infinite")) if count]
    warnings = (
        f"Frame {plate.spec.number} has {' and '.join(mended)} samples, which were replaced; "
        "check what wrote the plate.",
    )
    return Frame(spec, np.ascontiguousarray(rgb, np.float32)), solid, warnings if mended else ()


def plate_colour(plate: Frame) -> Tensor:
    """The frame's colour [height, width, 3] as it is, premultiplied, without NaN and infinity."""
    names = plate.spec.channels
    chosen = list("RGB") if "R" in names else ["Y" if "Y" in names else next(one for one in names if one != "A")] * 3
    clean, _, _ = finite(np.ascontiguousarray(np.dstack([plate.channel(name) for name in chosen])))
    return np.asarray(clean, np.float32)


def _distances(window: Window, frame: Frame) -> Tensor:
    names = frame.spec.channels
    chosen = [name for name in names if name in (CHANNEL, "Z") or name.endswith(".Z")] or list(names)
    if len(chosen) > 1:
        chosen = [name for name in chosen if name in (CHANNEL, "Z")]
    if len(chosen) != 1:
        raise BadRequest(
            f"Frame {frame.spec.number} of the depth has the channels {', '.join(names) or 'none'}; "
            f'shuffle the depth into "{CHANNEL}".'
        )
    meaning = frame.spec.depth or Depth(metric=False, inverse=_inverse(window), near=1.0, far=float("inf"))
    return distances(frame.channel(chosen[0]), meaning)


def _inverse(window: Window) -> bool:
    return cast(str, window.parameters["encoding"]) == ENCODINGS[0]


def _nearest(window: Window, numbers: Sequence[int]) -> float:
    meaning = window.frame("depth", numbers[0]).spec.depth
    if meaning is not None and meaning.near:
        return meaning.near
    least = float("inf")
    for number in numbers:
        far = _distances(window, window.frame("depth", number))
        known = far[far > 0]
        if known.size:
            least = min(least, float(known.min()))
    if least == float("inf"):
        raise BadRequest("The depth knows no distance in any frame; give a depth that belongs to the plate.")
    return least


def _objects(frame: Frame) -> dict[str, str]:
    """Names that a host takes, by channels: "dog.A" is the dog, and a matte without a name the subject."""
    names = frame.spec.channels
    layered = [name for name in names if name.endswith(".A") and name != ".A"]
    if not layered and len(names) != 1 and "A" not in names:
        raise BadRequest(
            f"Frame {frame.spec.number} of the mattes has the channels {', '.join(names)}, and none is a matte; "
            'name one "subject.A", an object each.'
        )
    if not layered:
        return {"subject": "A" if "A" in names else names[0]}
    found: dict[str, str] = {}
    for channel in layered:
        name = _letters(channel[: -len(".A")])
        taken = [*found]
        while name in taken or name.startswith("layer"):
            name = f"{name}_" if name in taken else f"object_{name}"
        found[name] = channel
    return found


def _letters(name: str) -> str:
    clean = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    return clean if clean[:1].isalpha() else f"object_{clean}"
