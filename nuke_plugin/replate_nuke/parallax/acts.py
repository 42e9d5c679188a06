"""What the buttons do, and what happens when a knob is turned."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps

import nuke

from replate_host.parallax import BUILT, OWN, plate_distance
from replate_nuke.nodes.undo import by_artist, one_step
from replate_nuke.parallax import knobs
from replate_nuke.parallax.building import show

_HAND = ("sway", "path", "cycle", "fps")
"""What the hand's sway depends on."""
_OWN = {"own_translate": ("translate", 3), "own_rotate": ("rotate", 3)}
"""By knob of the group, what it is of the camera, and how many numbers."""


def begin() -> None:
    """From `startup`: keeps the hand's sway in step with its knobs."""
    nuke.addKnobChanged(_changed, nodeClass="Group")


def _told(act: Callable[[nuke.Group], None]) -> Callable[[nuke.Group], None]:
    """What goes wrong is told the artist in a sentence."""

    @wraps(act)
    def told(group: nuke.Group) -> None:
        try:
            act(group)
        except ValueError as error:
            nuke.message(str(error))

    return told


def open_scene() -> None:
    """Asks for a scene.json, and builds it in a group of its own. Needs neither agent nor server."""
    path = nuke.getFilename("Open a scene of Replate's", "*.json")
    if not path:
        return
    group = nuke.createNode("Group", "name Parallax1", inpanel=False)
    assert isinstance(group, nuke.Group)
    try:
        show(group, path)
    except ValueError as error:
        nuke.delete(group)
        nuke.message(str(error))


@_told
def rebuild(group: nuke.Group) -> None:
    """Takes the scene from its file once more."""
    scene = group["scene"]
    assert isinstance(scene, nuke.File_Knob)
    show(group, str(scene.evaluate() or ""))


@_told
def bake(group: nuke.Group) -> None:
    """Writes the camera's move, as it is seen now, as keyframes of the artist's own.

    Raises ValueError where there is no move.
    """
    camera = group.node("camera")
    if camera is None:
        raise ValueError("The node 'camera' in the group was deleted: press Build again.")
    start = int(group["start"].getValue())
    frames = range(start, start + max(1, int(group["cycle"].getValue())))
    # All is read before anything is written: what is read hangs on it.
    ways = {
        own: [[camera[knob].getValueAt(frame, index) for index in range(count)] for frame in frames]
        for own, (knob, count) in _OWN.items()
    }
    rest = group.node("rest_camera")
    lens = rest["focal"].getValue() if rest is not None else camera["focal"].getValueAt(start)
    lens *= group["closer"].getValue()
    ways["own_zoom"] = [[camera["focal"].getValueAt(frame) / lens] for frame in frames]
    if all(abs(value - first) < 1e-12 for way in ways.values() for now in way for value, first in zip(now, way[0])):
        raise ValueError("The camera stands still: turn the parallax amount and the amplitude up first.")
    with one_step("Bake to keyframes"):
        for own, way in ways.items():
            _keyed(group[own], frames, way)
        # The keys have the amount in them.
        group["parallax"].clearAnimated()
        group["parallax"].setValue(1)
        group["move"].setValue(OWN)


def _keyed(knob: nuke.Knob, frames: range, way: list[list[float]]) -> None:
    knob.clearAnimated()
    for index in range(len(way[0])):
        knob.setAnimated(index)
        for frame, values in zip(frames, way):
            knob.setValueAt(values[index], frame, index)


@_told
def focus_pick(group: nuke.Group) -> None:
    """Focuses on what is seen at the point, at the current frame.

    Raises ValueError where nothing is seen there.
    """
    render, motion = group.node("render"), group.node("motion")
    if render is None or motion is None:
        raise ValueError("The node 'render' or 'motion' in the group was deleted: press Build again.")
    x, y = (group["focus_at"].getValue(index) for index in (0, 1))
    seen = nuke.sample(render, "depth.Z", math.floor(x) + 0.5, math.floor(y) + 0.5)
    if not seen > 0:
        raise ValueError("Nothing is seen at that point: drag it onto the picture.")
    pose = {knob: motion[knob].getValue() for knob in ("shift_x", "shift_y", "shift_z", "tilt", "pan")}
    group["focus"].setValue(plate_distance(1 / seen, pose))


def _changed() -> None:
    group, knob = nuke.thisNode(), nuke.thisKnob()
    if by_artist() and knob.name() in _HAND and isinstance(group, nuke.Group) and group.knob(BUILT) is not None:
        knobs.swayed(group)
