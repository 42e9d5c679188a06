"""The scene file, `scene.json`: what hosts build a 2.5D scene from. Said in full in docs/scene.md.

Axes are USD's: x to the right, y up, and the camera at the origin, looking down -Z. Picture axes are the
plate's: origin at the top left, y down, the first pixel's middle at (0.5, 0.5).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum

from replate.errors import BadRequest
from replate.frame import Box

VERSION = 1
FILE = "scene.json"
MOST_LAYERS = 64
MOST_CELLS = 4096
MOST_SIDE = 1 << 20
LONGEST = 1e9
"""No length, distance or frame number goes beyond it, either way."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_PATH = re.compile(r"[A-Za-z0-9_.#-]+(/[A-Za-z0-9_.#-]+)*")


class Kind(str, Enum):
    CARD = "card"
    """A rectangle at one distance."""
    GRID = "grid"
    """A surface displaced by the layer's depth."""


@dataclass(frozen=True, slots=True)
class Camera:
    """The camera that took the plate. The scene's camera while it is at rest."""

    focal: float
    """Focal length in millimetres."""
    sensor: float = 36.0
    """Width in millimetres of what the format (the display window) covers on the sensor."""
    offset: tuple[float, float] = (0.0, 0.0)
    """Of the format's middle from the optical axis, right and up, in millimetres on the sensor: lens shift."""

    def __post_init__(self) -> None:
        for what, length in (("focal length", self.focal), ("sensor's width", self.sensor)):
            if not 0 < length < LONGEST:
                raise BadRequest(f"The {what} is {length} mm: give a length over 0.")
        if not all(abs(length) < LONGEST for length in self.offset):
            raise BadRequest(f"The lens is shifted by {self.offset} mm: give two lengths.")


@dataclass(frozen=True, slots=True)
class Area:
    """Of the picture, in pixels and parts of them."""

    x: float
    y: float
    width: float
    height: float

    def covers(self, box: Box) -> bool:
        return (
            self.x <= box.x
            and self.y <= box.y
            and self.x + self.width >= box.right
            and self.y + self.height >= box.bottom
        )


@dataclass(frozen=True, slots=True)
class SceneLayer:
    """What lies at one depth. Paths are relative to the scene file, with forward slashes; #### is the frame."""

    name: str
    """Letters, digits and underscores, a letter first."""
    kind: Kind
    picture: str
    """EXR, RGBA, premultiplied, in the scene's colour space, over the scene's data window."""
    depth: str
    """EXR, one channel of 32-bit floats, Y: the distance along the view axis in scene units."""
    geometry: str
    """Binary USD, one mesh."""
    area: Area
    """What the surface covers, seen from the camera at rest: the data window and a little more."""
    distance: float
    """Where a card stands; of a grid the middle of what is seen of it."""
    near: float
    far: float
    """The least and greatest distance of the layer's surface in the shot."""
    columns: int = 1
    rows: int = 1
    """Cells of the grid; a card has one."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise BadRequest(f'"{self.name}" is no name for a layer: use letters, digits and underscores.')
        for path in (self.picture, self.depth, self.geometry):
            if not _PATH.fullmatch(path) or ".." in path.split("/"):
                raise BadRequest(
                    f'"{path}" is no path within the scene: write it relative to {FILE}, with forward slashes.'
                )
        if max(map(abs, (self.area.x, self.area.y, self.area.width, self.area.height))) > 2 * MOST_SIDE:
            raise BadRequest(f"The layer {self.name} covers {self.area}, which is no part of a picture.")
        if not 0 < self.near <= self.distance <= self.far < LONGEST:
            raise BadRequest(
                f"The layer {self.name} is at {self.distance}, from {self.near} to {self.far}: "
                "distances are over 0 and in rising order."
            )
        if not (1 <= self.columns <= MOST_CELLS and 1 <= self.rows <= MOST_CELLS):
            raise BadRequest(
                f"The layer {self.name} has {self.columns} x {self.rows} cells: it may have 1 to {MOST_CELLS} a side."
            )


@dataclass(frozen=True, slots=True)
class Scene:
    """A camera, and layers in depth."""

    title: str
    camera: Camera
    display_window: Box
    """The format: what the camera sees while it is at rest."""
    data_window: Box
    """Where the layers' pictures lie, all frames alike; covers the format and may reach beyond it."""
    pixel_aspect: float
    colour_space: str
    first: int
    last: int
    fps: float
    metric: bool
    """A scene unit is a metre. Otherwise it has no length of its own."""
    layers: tuple[SceneLayer, ...]
    """Back to front."""

    def __post_init__(self) -> None:
        display, data = self.display_window, self.data_window
        for box in (display, data):
            if box.empty or max(map(abs, (box.x, box.y, box.right, box.bottom))) > MOST_SIDE:
                raise BadRequest(f"A window of {box.width} x {box.height} at {box.x}, {box.y} holds no picture.")
        if data.intersection(display) != display:
            raise BadRequest("The scene's data window does not cover its format: write the scene again.")
        if not 1 / 64 <= self.pixel_aspect <= 64:
            raise BadRequest(f"The pixel aspect is {self.pixel_aspect}: it is a pixel's width over its height.")
        if not -LONGEST < self.first <= self.last < LONGEST:
            raise BadRequest(f"The frames {self.first}-{self.last} are no range.")
        if not 0 < self.fps <= 1000:
            raise BadRequest(f"The scene has {self.fps} frames a second: give a number over 0, up to 1000.")
        for layer in self.layers:
            if not layer.area.covers(data):
                raise BadRequest(
                    f"The layer {layer.name} does not cover the scene's data window: write the scene again."
                )
        names = [layer.name.lower() for layer in self.layers]
        if not 1 <= len(names) <= MOST_LAYERS or len(set(names)) != len(names):
            raise BadRequest(f"A scene has 1 to {MOST_LAYERS} layers, each with a name of its own.")

    @property
    def sensor(self) -> tuple[float, float]:
        """Width and height in millimetres of what the format covers on the sensor."""
        window = self.display_window
        return self.camera.sensor, self.camera.sensor * window.height / (window.width * self.pixel_aspect)

    @property
    def centre(self) -> tuple[float, float]:
        """Where the optical axis meets the picture, in pixels: the format's middle, but for lens shift."""
        window, sensor, offset = self.display_window, self.sensor, self.camera.offset
        return (
            window.x + window.width * (0.5 - offset[0] / sensor[0]),
            window.y + window.height * (0.5 + offset[1] / sensor[1]),
        )

    @property
    def slope(self) -> tuple[float, float]:
        """How far a ray moves to the right and up, at the distance 1, for a pixel to the right and up."""
        window, sensor = self.display_window, self.sensor
        return sensor[0] / window.width / self.camera.focal, sensor[1] / window.height / self.camera.focal

    @property
    def still(self) -> bool:
        return self.first == self.last


def plain_name(name: str) -> str:
    """A name as `SceneLayer` takes it: what is odd becomes an underscore."""
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    return (plain if re.match("[A-Za-z]", plain) else f"layer_{plain}")[:64]


def finite(number: object) -> float:
    """A number of a file. Raises `BadRequest` for anything else."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        raise BadRequest(f'"{number}" stands where a number should.')
    return float(number)
