"""Replate in Blender: what happens when the extension is enabled, and disabled."""

from __future__ import annotations

import importlib
import traceback
from pathlib import Path
from types import ModuleType

import bpy

_HERE = Path(__file__).resolve().parent
if not (_HERE / "replate_host").is_dir():
    # In a checkout it lies with the client. A module of ours either way: Blender takes neither a path in sys.path
    # nor a module at the top from an extension.
    __path__.append(str(_HERE.parent / "client"))

PARTS = (
    "preferences",
    "agent",
    "work.pictures",
    "work.properties",
    "work.prompts",
    "work.jobs",
    "tab.operators",
    "tab.making",
    "tab.panels",
    "pointing.clicking",
    "pointing.strokes",
    "pointing.cryptomatte",
    "parallax.building",
    "parallax.controls",
    "parallax.camera_move",
    "parallax.exchange",
    "work.rendered",
    "render.rendering",
    "tab.place",
    "tab.playing",
    "render.restyling",
    "projection.projecting",
)
"""Modules with a `register` and an `unregister`, in the order of `register`."""

_registered: list[ModuleType] = []


def register() -> None:
    """Raises nothing: what went wrong stands in the extension's preferences, and the rest of Blender goes on."""
    try:
        for name in PARTS:
            part = importlib.import_module(f".{name}", __package__)
            part.register()
            _registered.append(part)
    except Exception as error:
        traceback.print_exc()
        unregister()
        _Problem.what = f"Replate could not be enabled ({type(error).__name__}: {error}): install it again."
        bpy.utils.register_class(_Problem)


def unregister() -> None:
    while _registered:
        try:
            _registered.pop().unregister()
        except Exception:
            # What one part leaves behind is no reason for the others to stay.
            traceback.print_exc()
    if _Problem.is_registered:
        bpy.utils.unregister_class(_Problem)


class _Problem(bpy.types.AddonPreferences):
    bl_idname = __package__
    what = ""

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.label(text=self.what, icon="ERROR")
