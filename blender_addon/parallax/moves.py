"""Camera moves as keyframes: those of the server's `move` (docs/moves.md), on the rig's pivot and camera.

An orbit turns the pivot, and all else moves the camera itself. So a move from one place to another is two keyframes
whose handles ease it as the server's does, and can be edited as any; a loop and a hand's sway have one a frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import bpy
from mathutils import Euler, Matrix

from ..replate_host.parallax.hand import AXES, SCALES, waves
from ..replate_host.parallax.motion import CLEAR
from .curves import curve, unkey
from .filling import filling
from .pieces import MOVE_FRAMES, NEAREST, PIVOT, ZOOM, Rig

KINDS = ("orbit", "dolly", "truck", "dolly-zoom", "handheld")
PATHS = ("smooth", "even", "loop")
MOST = 0.95
"""A move's amount, at most."""


@dataclass(frozen=True)
class Move:
    kind: str = "orbit"
    """One of `KINDS`."""
    amount: float = 0.1
    """How far it goes, as a fraction of the pivot's distance; the other way where it is negative."""
    path: str = "smooth"
    """One of `PATHS`: one way, eased or at one speed, or round and back to where it began."""
    seed: int = 0
    """Another number is another hand."""
    fill: bool = False
    """Look closer, in all frames alike, so that the plate's edges stay out of the picture."""


@dataclass(frozen=True)
class _Channel:
    """A property of one of the rig's objects."""

    on: str
    """"pivot" or "camera"."""
    path: str
    index: int
    rest: float = 0.0


_TURN = _Channel("pivot", "rotation_euler", 1)
_RIGHT, _UP, _BACK = (_Channel("camera", "location", axis) for axis in range(3))
_TILT, _PAN, _ROLL = (_Channel("camera", "rotation_euler", axis) for axis in range(3))
_ZOOM = _Channel("camera", f'["{ZOOM}"]', 0, 1.0)
_ALL = (_TURN, _RIGHT, _UP, _BACK, _TILT, _PAN, _ROLL, _ZOOM)

_HAND = dict(zip(AXES, (_RIGHT, _UP, _BACK, _TILT, _PAN, _ROLL), strict=True))

_Keys = dict[_Channel, list[float]]
"""A value a frame."""


def apply(rig: Rig, move: Move, first: int, last: int, fps: float) -> Move:
    """Keys a move from frame to frame, in place of any that the camera and the pivot had.

    Returns the move as it is, which is smaller where the camera would have come too close to what is nearest. Raises
    ValueError, in one sentence, for a move that there is not.
    """
    _check(move, first, last)
    pivot, count = float(rig.root[PIVOT]), last - first + 1
    move = _clear(move, pivot, float(rig.root[NEAREST]), count, fps)
    rig.root[MOVE_FRAMES] = first, last
    for channel in _ALL:
        unkey(getattr(rig, channel.on), channel.path, channel.index)
        _set(rig, channel, channel.rest)
    every = move.kind == "handheld" or move.path == "loop"
    keys = _keys(move, pivot, count, fps)
    if move.fill:
        closer = filling(rig, _poses(keys, pivot, count))
        _set(rig, _ZOOM, closer)
        keys |= {_ZOOM: [zoom * closer for zoom in keys[_ZOOM]]} if _ZOOM in keys else {}
    for channel, values in keys.items():
        frames = range(count) if every else sorted({0, count - 1})
        _key(rig, channel, [(first + frame, values[frame]) for frame in frames], "" if every else move.path)
    return move


def _check(move: Move, first: int, last: int) -> None:
    if move.kind not in KINDS:
        raise ValueError(f'There is no move "{move.kind}": choose one of {", ".join(KINDS)}.')
    if move.path not in PATHS:
        raise ValueError(f'A move\'s path is not "{move.path}": choose one of {", ".join(PATHS)}.')
    if not abs(move.amount) <= MOST:
        raise ValueError(f"A move of {move.amount:g} goes too far: stay between -{MOST:g} and {MOST:g}.")
    if last < first:
        raise ValueError(f"The frames {first}-{last} are no range: let the last come after the first.")


def _clear(move: Move, pivot: float, nearest: float, count: int, fps: float) -> Move:
    """The move, made smaller where it would come closer to what is nearest than `CLEAR` of its distance."""
    keys = _keys(move, pivot, count, fps)
    forward = [-back for back in keys.get(_BACK, ())]
    forward += [pivot * (1 - math.cos(angle)) for angle in keys.get(_TURN, ())]
    way, allowed = max(forward, default=0.0), (1 - CLEAR) * nearest
    return move if way <= allowed else replace(move, amount=move.amount * allowed / way)


def _keys(move: Move, pivot: float, count: int, fps: float) -> _Keys:
    if move.kind == "handheld":
        return _hand(move, pivot, count, fps)
    steps: dict[str, dict[_Channel, Callable[[float], float]]] = {
        "orbit": {_TURN: lambda far: far},
        "dolly": {_BACK: lambda far: -pivot * far},
        "truck": {_RIGHT: lambda far: pivot * far},
        "dolly-zoom": {_BACK: lambda far: -pivot * far, _ZOOM: lambda far: 1 - far},
    }
    shares = _shares(move, count)
    return {channel: [step(move.amount * share) for share in shares] for channel, step in steps[move.kind].items()}


def _poses(keys: _Keys, pivot: float, count: int) -> Iterator[tuple[Matrix, float]]:
    """The camera under the root in each frame, and what its focal length is multiplied by."""
    for frame in range(count):
        now = {channel: keys[channel][frame] if channel in keys else channel.rest for channel in _ALL}
        turn = Matrix.Translation((0.0, 0.0, -pivot)) @ Matrix.Rotation(now[_TURN], 4, "Y")
        place = Matrix.Translation((now[_RIGHT], now[_UP], now[_BACK] + pivot))
        yield turn @ place @ Euler((now[_TILT], now[_PAN], now[_ROLL]), "ZXY").to_matrix().to_4x4(), now[_ZOOM]


def _shares(move: Move, count: int) -> list[float]:
    """How far along a move is at each of its frames."""
    if move.path == "loop":
        turns = [2 * math.pi * frame / count for frame in range(count)]
        # To the side a loop swings both ways; forward it goes and comes back.
        return [(1 - math.cos(turn)) / 2 if move.kind.startswith("dolly") else math.sin(turn) for turn in turns]
    ways = [frame / max(count - 1, 1) for frame in range(count)]
    return [way * way * (3 - 2 * way) for way in ways] if move.path == "smooth" else ways


def _hand(move: Move, pivot: float, count: int, fps: float) -> _Keys:
    loop = count / fps if move.path == "loop" and count > 1 else None
    keys = {}
    for axis, found in waves(move.seed, loop).items():
        sways = [
            sum(wave.amount * math.sin(math.tau * wave.hertz * frame / fps + wave.phase) for wave in found)
            for frame in range(count)
        ]
        channel = _HAND[axis]
        unit = move.amount * SCALES[axis] * (pivot if channel.path == "location" else 1.0)
        keys[channel] = [unit * (sway - sways[0]) for sway in sways]
    return keys


def _set(rig: Rig, channel: _Channel, value: float) -> None:
    thing: bpy.types.Object = getattr(rig, channel.on)
    if channel is _ZOOM:
        thing[ZOOM] = value
    else:
        getattr(thing, channel.path)[channel.index] = value


def _key(rig: Rig, channel: _Channel, keys: Sequence[tuple[int, float]], path: str) -> None:
    """Puts keyframes at frames; between them "smooth" eases, "even" keeps one speed, and "" follows all of them."""
    thing: bpy.types.Object = getattr(rig, channel.on)
    for frame, value in keys:
        _set(rig, channel, value)
        thing.keyframe_insert(channel.path, index=-1 if channel is _ZOOM else channel.index, frame=frame)
    _set(rig, channel, keys[0][1])
    made = curve(thing, channel.path, channel.index)
    points = made.keyframe_points
    for point in points:
        point.interpolation = "LINEAR" if path == "even" else "BEZIER"
        point.handle_left_type = point.handle_right_type = "FREE" if path == "smooth" else "AUTO_CLAMPED"
    if path == "smooth" and len(points) == 2:
        # Flat handles a third of the way long make the cubic x^2 (3 - 2 x), as the server eases.
        third = (points[1].co.x - points[0].co.x) / 3
        points[0].handle_right = points[0].co.x + third, points[0].co.y
        points[1].handle_left = points[1].co.x - third, points[1].co.y
        points[0].handle_left = points[0].co.x - third, points[0].co.y
        points[1].handle_right = points[1].co.x + third, points[1].co.y
    made.update()
