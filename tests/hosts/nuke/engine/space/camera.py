"""Where things are, and how a camera sees them.

Axes as Nuke's: y up, a camera looks along its -z. A lens as `CameraOp::projection` of Nuke's developer kit: the film's
left edge is at -1, its right one at 1, and y goes by the same measure; `win_translate` is in that measure too. On a
format the film covers the width, and the pixels' aspect says how high it is: `vaperture` plays no part.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.graph import Call
from engine.image import Format

Points = NDArray[np.float64]
Matrix = NDArray[np.float64]

AXIS = """translate rotate scaling uniform_scale skew pivot_translate pivot_rotate rot_order xform_order useMatrix
    matrix transform selectable display file_menu snap_menu snap_menu_lbl file_menu_lbl world_matrix cast_shadow
    receive_shadow"""
"""The knobs of what can be moved about."""


@dataclass(frozen=True, eq=False)
class Camera:
    world: Matrix = field(default_factory=lambda: np.eye(4))
    """From the camera to the world."""
    focal: float = 1.0
    haperture: float = 1.0
    """The default is Nuke's own: focal length and film are of one length."""
    window: tuple[float, float] = (0.0, 0.0)
    window_scale: tuple[float, float] = (1.0, 1.0)
    roll: float = 0.0
    """Degrees."""
    near: float = 0.1
    far: float = 10000.0

    def seen(self, points: Points) -> Points:
        """From the world into the camera: [n, 3]."""
        inverse: Matrix = np.linalg.inv(self.world).astype(np.float64)
        return transformed(inverse, points)

    def pixels(self, seen: Points, format: Format) -> Points:
        """Where points in the camera are on a format: [n, 2], origin at the bottom left. They lie before it."""
        film = seen[:, :2] / -seen[:, 2:] * (2 * self.focal / self.haperture)
        film = (film - self.window) / self.window_scale @ _turn(self.roll).T
        return film * _measure(format) + (format.width / 2, format.height / 2)

    def rays(self, pixels: Points, format: Format) -> Points:
        """The points [n, 3] in the camera, at the distance 1, that are at those pixels."""
        film = (pixels - (format.width / 2, format.height / 2)) / _measure(format)
        film = film @ _turn(self.roll) * self.window_scale + self.window
        across = film * (self.haperture / (2 * self.focal))
        return np.column_stack([across, np.full(len(across), -1.0)])


def camera(call: Call) -> Camera:
    knobs = call.knobs
    if knobs.text("projection_mode") != "perspective" or knobs.flag("read_from_file"):
        raise call.refused("the stand-in has perspective cameras alone, and reads none from files")
    window = knobs.numbers("win_translate", 2)
    scale = knobs.numbers("win_scale", 2)
    return Camera(
        placed(call),
        knobs.number("focal"),
        knobs.number("haperture"),
        (window[0], window[1]),
        (scale[0], scale[1]),
        knobs.number("winroll"),
        knobs.number("near"),
        knobs.number("far"),
    )


def placed(call: Call, parent: int = 0) -> Matrix:
    """Where a node of this kind stands in the world, with what its axis input says."""
    if call.result(parent + 1) is not None:
        raise call.refused("the stand-in does not look at things")
    return above(call, parent) @ local(call)


def above(call: Call, index: int) -> Matrix:
    """Where the axis or the camera stands that an input is connected to."""
    found = call.result(index)
    if found is None:
        return np.eye(4)
    if isinstance(found, Camera):
        return found.world
    if not isinstance(found, np.ndarray):
        raise call.refused(f"input {index} is to be an axis")
    return found


def local(call: Call) -> Matrix:
    knobs = call.knobs
    if knobs.flag("useMatrix"):
        return np.array(knobs.numbers("matrix", 16)).reshape(4, 4)
    if any(knobs.numbers("skew", 3)) or any(knobs.numbers("pivot_rotate", 3)):
        raise call.refused("the stand-in neither skews nor turns pivots")
    angles = dict(zip("XYZ", np.radians(knobs.numbers("rotate", 3)), strict=True))
    turn = np.eye(4)
    for axis in knobs.text("rot_order"):  # The first is the first to turn.
        turn = _about(axis, angles[axis]) @ turn
    scale = np.diag([*(np.array(knobs.numbers("scaling", 3)) * knobs.number("uniform_scale")), 1.0])
    steps = {"S": scale, "R": turn, "T": _moved(knobs.numbers("translate", 3))}
    pivot = knobs.numbers("pivot_translate", 3)
    made = np.eye(4)
    for step in knobs.text("xform_order"):
        matrix = steps[step]
        made = (matrix if step == "T" else _moved(pivot) @ matrix @ _moved([-each for each in pivot])) @ made
    return made


def transformed(matrix: Matrix, points: Points) -> Points:
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def _about(axis: str, angle: float) -> Matrix:
    matrix = np.eye(4)
    one, other = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}[axis]
    matrix[one, one] = matrix[other, other] = np.cos(angle)
    matrix[other, one] = np.sin(angle)
    matrix[one, other] = -np.sin(angle)
    return matrix


def _moved(way: tuple[float, ...] | list[float]) -> Matrix:
    matrix = np.eye(4)
    matrix[:3, 3] = way
    return matrix


def _turn(degrees: float) -> Matrix:
    return _about("Z", np.radians(degrees))[:2, :2]


def _measure(format: Format) -> tuple[float, float]:
    """Pixels to the film's measure: half the width is 1, and y goes by the same measure."""
    return format.width / 2, format.width * format.pixel_aspect / 2
