"""What comes of a job: written down, shown, and built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import bpy

from .. import agent
from ..replate_host import Agent, JobHandle
from ..replate_host.versions import Version
from . import record, results, undo

SCENE = "scene"
"""The output that is no picture: a parallax scene's file."""

build: list[Callable[[Version, bpy.types.Scene], str]] = []
"""What builds a version's scene when its files are there, and gives a sentence if the artist should know something."""
came: list[Callable[[Version, bpy.types.Scene], str]] = []
"""What is done with a version whose pictures are all there; gives a sentence if the artist should know something."""


@dataclass
class Run:
    """A job that is watched."""

    scene: int
    """Its `session_uid`: after an undo the scene is another object."""
    version: Version
    spaces: dict[str, str]
    """By what is asked for of an output, the name that Blender has for its colours, or "data"."""
    wish: dict[str, Any]
    """How a parallax scene is made of the layers, as the agent's `scene` takes it; empty for any other job."""
    agent: Agent
    handle: JobHandle | None = None
    said: str = ""
    stop: Callable[[], None] | None = None
    """Stops what is made for it before it is asked for."""

    @property
    def under_way(self) -> bool:
        return self.handle is not None and not self.handle.ended and self.agent is agent.started()


def end(each: Run) -> None:
    """Shows all that came of a job that has ended."""
    if each.wish:
        if each.handle is not None and each.handle.state == "done":
            _build(each)
        return
    there = sorted({frame for pattern in each.version.outputs.values() for frame in results.on_disk(pattern)})
    if there:
        each.version = replace(each.version, first=there[0], last=there[-1])
        keep(each)
    for output in each.version.outputs:
        show(each, output)
    scene = stage(each)
    for act in came if there and scene is not None and each.version.state == "done" else ():
        each.said = act(each.version, scene) or each.said


def show(each: Run, output: str) -> None:
    """Shows what is there of an output."""
    shown = results.show(each.version, output, each.spaces[output])
    if shown is not None:
        undo.remember(shown.name)


def keep(each: Run) -> None:
    """Writes the version down where the .blend keeps it."""
    scene = stage(each)
    if scene is not None:
        record.keep(scene, each.version, {"spaces": each.spaces, "wish": each.wish})


def stage(each: Run) -> bpy.types.Scene | None:
    """Blender's scene that a job is for; None while another file is open."""
    return next((scene for scene in bpy.data.scenes if scene.session_uid == each.scene), None)


def _build(each: Run) -> None:
    scene = stage(each)
    for act in build if scene is not None else ():
        try:
            each.said = act(each.version, scene) or each.said
            undo.remember("Parallax Scene")
        except ValueError as error:
            each.said = str(error)
