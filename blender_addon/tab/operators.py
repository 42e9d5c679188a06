"""What the artist does with any operation: connect, run, cancel. None of it makes Blender wait."""

# No `annotations` from __future__: Blender reads them as they are.
from collections.abc import Callable
from typing import Any

import bpy

from .. import catalog
from ..replate_host import AgentError
from ..replate_host.catalog import Catalog
from ..work import jobs, properties

_keys: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


class Connect(bpy.types.Operator):
    """Ask the server what it can do, and make the panel of that"""

    bl_idname = "replate.connect"
    bl_label = "Connect"

    def execute(self, context: bpy.types.Context) -> set[str]:
        manager = context.window_manager
        manager["replate_connection"] = "Asking the server"

        def done(found: Catalog | None, problem: str) -> None:
            manager = bpy.context.window_manager
            if found is None:
                manager["replate_connection"] = problem
                return
            properties.make(found)
            manager["replate_connection"] = f"Connected: {len(found.operations)} operations, Replate {found.version}."

        def ask() -> None:
            try:
                catalog.ask(done)
            except AgentError as error:
                manager["replate_connection"] = str(error)
                raise

        return tried(self, ask)


class Run(bpy.types.Operator):
    """Have the server do this; you can go on working, and the result is an image when it comes"""

    bl_idname = "replate.run"
    bl_label = "Run"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: jobs.run(context.scene))


class Cancel(bpy.types.Operator):
    """Stop what is under way for this scene. Frames that are done stay"""

    bl_idname = "replate.cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(jobs.under_way(context.scene))

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: jobs.cancel(context.scene))


class Resume(bpy.types.Operator):
    """Watch again what the server may still be doing for this scene"""

    bl_idname = "replate.resume"
    bl_label = "Watch Again"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: jobs.resume(context.scene))


class Dismiss(bpy.types.Operator):
    """Say no more of what went wrong"""

    bl_idname = "replate.dismiss"
    bl_label = "Dismiss"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: jobs.dismiss(context.scene))


_CLASSES = (Connect, Run, Cancel, Resume, Dismiss)


def register() -> None:
    for each in _CLASSES:
        bpy.utils.register_class(each)
    configs = bpy.context.window_manager.keyconfigs.addon
    if configs is not None:
        # A modal operator would keep Blender from saving by itself for as long as a job takes. While none is under
        # way, `poll` leaves the key to others.
        window = configs.keymaps.new(name="Window", space_type="EMPTY")
        _keys.append((window, window.keymap_items.new(Cancel.bl_idname, "ESC", "PRESS")))


def unregister() -> None:
    while _keys:
        window, key = _keys.pop()
        window.keymap_items.remove(key)
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)


def tried(operator: bpy.types.Operator, act: Callable[[], Any]) -> set[str]:
    """What an operator's `execute` gives: what went wrong is reported in a sentence."""
    try:
        act()
    except AgentError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    return {"FINISHED"}
