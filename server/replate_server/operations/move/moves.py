"""How a camera moves: from a place on the way to where it stands and looks.

Every move begins at rest. Lengths are fractions of the distance to the pivot, the point before the camera that
the move is about.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from replate_server.operations.layers.camera import Camera, Matrix

CLEAR = 0.2
"""Of the distance to what is nearest, how much the camera keeps."""

_WAVES = 7
_SLOWEST, _FASTEST = 0.12, 1.7
"""Hertz between which a hand sways. Muscles' tremor, faster and smaller, is what a held camera's weight damps."""
_SWAY, _TURN = 0.1, 0.05
"""Of `amount`: how far a hand strays, of the pivot's distance, and how far it turns, in radians; both are the
root of the mean square."""


@dataclass(frozen=True, slots=True)
class Move:
    kind: str
    """One of `KINDS`."""
    amount: float
    """How far it goes, as a fraction of the pivot's distance: an orbit's arc, a dolly's and a truck's way; the
    other way where it is negative."""
    pivot: float
    """The distance of what the move is about, over 0."""
    loop: bool = False
    """Ends where it began, to be played round and round; otherwise goes one way."""
    smooth: bool = True
    """Whether one way eases in and out; otherwise goes at one speed."""
    seed: int = 0
    """What a hand's sway comes from."""


def cameras(rest: Camera, move: Move, seconds: Sequence[float]) -> tuple[Camera, ...]:
    """The camera at the moments of a shot, in seconds since its first frame, equally far apart."""
    if move.kind == "handheld":
        return _handheld(rest, move, np.asarray(seconds))
    step = KINDS[move.kind]
    return tuple(step(rest, move, share) for share in shares(move, len(seconds)))


def clear(rest: Camera, move: Move, seconds: Sequence[float], nearest: float) -> Move:
    """The move, made smaller where it would come closer to what is nearest than `CLEAR` of its distance."""
    way = max(-float(_pose(camera)[2, 3]) for camera in cameras(rest, move, seconds))
    allowed = (1 - CLEAR) * nearest
    # No move goes forward by less than in proportion to its amount, so that this is enough for each.
    return move if way <= allowed else replace(move, amount=move.amount * allowed / way)


def shares(move: Move, count: int) -> NDArray[np.float64]:
    """[count] how far along a move is at each of its frames: from 0 to 1, or round and back to 0 (and, for moves
    to the side, beyond to -1), so that after the last comes the first."""
    if move.loop:
        turn = 2 * np.pi * np.arange(count) / count
        return (1 - np.cos(turn)) / 2 if move.kind in _FORWARD else np.sin(turn)
    way = np.linspace(0.0, 1.0, count)
    eased: NDArray[np.float64] = way * way * (3 - 2 * way)
    return eased if move.smooth else way


def _orbit(rest: Camera, move: Move, share: float) -> Camera:
    angle = move.amount * share
    turned = _rotation(0.0, angle, 0.0)
    turned[:3, 3] = move.pivot * np.array([np.sin(angle), 0.0, np.cos(angle) - 1])
    return rest.posed(turned)


def _dolly(rest: Camera, move: Move, share: float) -> Camera:
    return rest.posed(_shift(z=-move.amount * move.pivot * share))


def _truck(rest: Camera, move: Move, share: float) -> Camera:
    return rest.posed(_shift(x=move.amount * move.pivot * share))


def _dolly_zoom(rest: Camera, move: Move, share: float) -> Camera:
    return replace(_dolly(rest, move, share), focal=rest.focal * (1 - move.amount * share))


def _handheld(rest: Camera, move: Move, seconds: NDArray[np.float64]) -> tuple[Camera, ...]:
    sway = _sway(move, seconds) * move.amount
    place, turn = sway[:, :3] * _SWAY * move.pivot, sway[:, 3:] * _TURN
    # A hand moves the camera less along the view than across it, and rolls it less than it pans and tilts it.
    place[:, 2] *= 0.5
    turn[:, 2] *= 0.4
    poses = []
    for (x, y, z), (tilt, pan, roll) in zip(place, turn, strict=True):
        pose = _rotation(tilt, pan, roll)
        pose[:3, 3] = x, y, z
        poses.append(rest.posed(pose))
    return tuple(poses)


def _sway(move: Move, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """[moments, 6]: smooth noise of mean square 1, less what it is at the first moment.

    Sines between `_SLOWEST` and `_FASTEST`, as strong as they are slow, which is a spectrum of 1/f^2; for a loop
    their periods divide the shot's length.
    """
    # Python's own numbers: hosts build the same moves, and have no numpy.
    drawn = random.Random(move.seed)
    factor, phase = (
        np.array([[drawn.uniform(low, high) for _ in range(_WAVES)] for _ in range(6)])
        for low, high in ((0.85, 1.15), (0, 2 * np.pi))
    )
    hertz = np.geomspace(_SLOWEST, _FASTEST, _WAVES) * factor
    if move.loop and len(seconds) > 1:
        whole = (seconds[1] - seconds[0]) * len(seconds)
        hertz = np.maximum(np.rint(hertz * whole), 1) / whole
    strength = 1 / hertz
    strength *= np.sqrt(2 / np.square(strength).sum(axis=1, keepdims=True))
    waves = strength * np.sin(2 * np.pi * hertz * seconds[:, None, None] + phase)
    sway: NDArray[np.float64] = waves.sum(axis=2)
    sway -= sway[0]
    return sway


def _pose(camera: Camera) -> Matrix:
    return np.eye(4) if camera.pose is None else camera.pose


def _shift(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Matrix:
    pose = np.eye(4)
    pose[:3, 3] = x, y, z
    return pose


def _rotation(tilt: float, pan: float, roll: float) -> Matrix:
    """[4, 4]: rolled about the view, then tilted up, then panned to the left, in radians."""
    pose = np.eye(4)
    for angle, (first, second) in ((pan, (2, 0)), (tilt, (1, 2)), (roll, (0, 1))):
        turn = np.eye(4)
        turn[first, first] = turn[second, second] = np.cos(angle)
        turn[second, first], turn[first, second] = np.sin(angle), -np.sin(angle)
        pose = pose @ turn
    return pose


KINDS: Mapping[str, Callable[[Camera, Move, float], Camera]] = {
    "orbit": _orbit,
    "dolly": _dolly,
    "truck": _truck,
    "dolly-zoom": _dolly_zoom,
}
"""The moves that go somewhere, each by how far along it is."""

_FORWARD = ("dolly", "dolly-zoom")
"""Moves that have another side to swing to only by backing out of the picture; in a loop they go and come back."""
