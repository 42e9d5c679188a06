"""What the buttons do, and what happens when a knob is turned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import nuke

from replate_host.parallax import BUILT, OWN, plate_distance
from replate_nuke.nodes.later import later
from replate_nuke.nodes.place import worked_in
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


def open_scene() -> None:
    """Asks for a scene.json, and builds it in a group of its own. Needs neither agent nor server."""
    path = nuke.getFilename("Open a scene of Replate's", "*.json")
    if not path:
        return
    with _telling(), worked_in(), one_step("Open Scene"):
        group = nuke.createNode("Group", inpanel=False)
        assert isinstance(group, nuke.Group)
        group.setName("Parallax1", uncollide=True)
        try:
            show(group, path)
        except ValueError:
            nuke.delete(group)
            raise


def rebuild(group: nuke.Group) -> None:
    """Takes the scene from its file once more."""
    scene = group["scene"]
    assert isinstance(scene, nuke.File_Knob)
    path = str(scene.evaluate() or "")

    def again() -> None:
        with _telling():
            show(group, path)

    # Layers that are no more take knobs with them, of the panel whose button was pressed.
    later(again)


def bake(group: nuke.Group) -> None:
    """Writes the camera's move, as it is seen now, as keyframes of the artist's own."""
    with _telling():
        start = int(group["start"].getValue())
        frames = range(start, start + max(1, int(group["cycle"].getValue())))
        # All is read before anything is written: what is read hangs on it.
        ways = _ways(group, frames)
        if all(_stands_still(way) for way in ways.values()):
            raise ValueError("The camera stands still: turn the parallax amount and the amplitude up first.")
        with one_step("Bake to keyframes"):
            for own, way in ways.items():
                _keyed(group[own], frames, way)
            # The keys have the amount in them.
            group["parallax"].clearAnimated()
            group["parallax"].setValue(1)
            group["move"].setValue(OWN)


def focus_pick(group: nuke.Group) -> None:
    """Focuses on what is seen at the point, at the current frame."""
    with _telling():
        render, motion = _need(group, "render"), _need(group, "motion")
        x, y = (math.floor(group["focus_at"].getValue(index)) + 0.5 for index in (0, 1))
        seen = nuke.sample(render, "depth.Z", x, y)
        if not seen > 0:
            raise ValueError("Nothing is seen at that point: drag it onto the picture.")
        pose = {knob: motion[knob].getValue() for knob in ("shift_x", "shift_y", "shift_z", "tilt", "pan")}
        group["focus"].setValue(plate_distance(1 / seen, pose))


def _changed() -> None:
    group, knob = nuke.thisNode(), nuke.thisKnob()
    if by_artist() and knob.name() in _HAND and isinstance(group, nuke.Group) and group.knob(BUILT) is not None:
        knobs.swayed(group)


@contextmanager
def _telling() -> Iterator[None]:
    """What goes wrong is told the artist in a sentence; raised where there is none to tell."""
    try:
        yield
    except NameError as error:
        # What Nuke raises for a knob that is not there: the script is an older plugin's.
        _tell(ValueError(f"This group lacks something ({error}): press Build again."))
    except ValueError as error:
        _tell(error)


def _tell(error: ValueError) -> None:
    if not nuke.GUI:
        raise error
    nuke.message(str(error))


def _need(group: nuke.Group, name: str) -> nuke.Node:
    node = group.node(name)
    if node is None:
        raise ValueError(f"The node '{name}' in the group was deleted: press Build again.")
    return node


def _ways(group: nuke.Group, frames: range) -> dict[str, list[list[float]]]:
    """By knob of the artist's own, what it is to be at each frame."""
    camera, lens = _need(group, "camera"), _need(group, "rest_camera")["focal"].getValue()
    ways = {
        own: [[camera[knob].getValueAt(frame, index) for index in range(count)] for frame in frames]
        for own, (knob, count) in _OWN.items()
    }
    lens *= group["closer"].getValue()
    return {**ways, "own_zoom": [[camera["focal"].getValueAt(frame) / lens] for frame in frames]}


def _stands_still(way: list[list[float]]) -> bool:
    return all(abs(value - first) < 1e-12 for now in way for value, first in zip(now, way[0]))


def _keyed(knob: nuke.Knob, frames: range, way: list[list[float]]) -> None:
    knob.clearAnimated()
    for index in range(len(way[0])):
        knob.setAnimated(index)
        for frame, values in zip(frames, way):
            knob.setValueAt(values[index], frame, index)
