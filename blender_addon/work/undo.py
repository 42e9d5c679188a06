"""Steps of Blender's undo for what came while nobody pressed anything.

Without one, undoing the artist's own next act would take what came with it.
"""

from __future__ import annotations

import bpy


def remember(what: str) -> None:
    """A step after something came: from here on, undo goes back to it."""
    manager = bpy.context.window_manager
    window = bpy.context.window or next(iter(manager.windows), None)
    if window is None:
        # Without a window there is no undo, unless it is asked for by hand.
        return
    with bpy.context.temp_override(window=window):
        bpy.ops.ed.undo_push(message=f"Replate: {what}")
