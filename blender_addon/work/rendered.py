"""What was rendered of a scene's animation, and whether the scene is still as it was then."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from bpy.app.handlers import persistent

from .. import handlers
from .exr import layers
from .results import on_disk

COMBINED, DEPTH, VECTOR = "Combined", "Depth", "Vector"
"""Blender's names of passes in a file, after the view layer's."""

_SIMPLE = frozenset({"BOOLEAN", "INT", "FLOAT", "STRING", "ENUM"})
_ELSEWHERE = frozenset(
    {
        *("name", "filepath", "use_nodes", "use_compositing", "use_sequencer"),
        *("frame_current", "frame_current_final", "frame_float"),
    }
)
"""Settings that change nothing in what is rendered here."""


@dataclass(frozen=True)
class Frames:
    """Multilayer EXRs on disk."""

    pattern: str
    """With #### for the frame's number and forward slashes."""
    first: int
    last: int
    space: str
    """Blender's name of what their light is in."""

    def layer(self, kind: str) -> str:
        """The layer in the files that is a pass, such as "ViewLayer.Depth"; empty where they have none."""
        found = layers(self.file(self.first))
        return next((name for name in sorted(found) if name.rpartition(".")[2] == kind), "")

    def file(self, number: int) -> Path:
        return Path(self.pattern.replace("####", f"{number:04d}"))


@dataclass(frozen=True)
class _Kept:
    frames: Frames
    settings: tuple[Any, ...]


_last: dict[int, _Kept] = {}
"""By the scene's `session_uid`."""


def keep(scene: bpy.types.Scene, frames: Frames) -> None:
    """These are the scene's animation as it is now."""
    # What is to be noticed of the past is noticed before.
    for layer in scene.view_layers:
        layer.update()
    _last[scene.session_uid] = _Kept(frames, _settings(scene))


def forget(scene: bpy.types.Scene) -> None:
    _last.pop(scene.session_uid, None)


def unchanged(scene: bpy.types.Scene) -> Frames | None:
    """The last frames, where rendering again would give the same; None where that is not known."""
    kept = _last.get(scene.session_uid)
    if kept is None or kept.settings != _settings(scene):
        return None
    wanted = set(range(scene.frame_start, scene.frame_end + 1))
    return kept.frames if wanted <= set(on_disk(kept.frames.pattern)) else None


def register() -> None:
    handlers.add(_HANDLERS)


def unregister() -> None:
    handlers.remove(_HANDLERS)
    _last.clear()


@persistent
def _changed(scene: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
    if scene.session_uid in _last and any(_shows(each) for each in graph.updates):
        forget(scene)


def _shows(update: bpy.types.DepsgraphUpdate) -> bool:
    """Whether a picture may have changed. Another frame, another selection and the scene's settings are not told so."""
    if isinstance(update.id, bpy.types.Scene):
        return False
    if update.is_updated_geometry or update.is_updated_transform:
        return True
    # An object's shading is told of whenever an image was loaded.
    return update.is_updated_shading and not isinstance(update.id, bpy.types.Object)


@persistent
def _another(*_: Any) -> None:
    _last.clear()


_HANDLERS = {"depsgraph_update_post": _changed, "load_post": _another, "undo_post": _another, "redo_post": _another}


def _settings(scene: bpy.types.Scene) -> tuple[Any, ...]:
    """All numbers and choices by which a scene is rendered."""
    holders = [scene, *scene.view_layers]
    holders += [getattr(each, name) for each in holders for name in ("cycles", "eevee") if hasattr(each, name)]
    holders += [scene.render, scene.view_settings]
    return (
        scene.camera.name_full if scene.camera else "",
        *(
            (name, getattr(holder, name))
            for holder in holders
            for name, kind in ((each.identifier, each) for each in holder.bl_rna.properties)
            if kind.type in _SIMPLE and not getattr(kind, "is_array", False) and name not in _ELSEWHERE
        ),
    )
