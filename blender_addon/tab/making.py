"""The frame that is being made, seen in the tab: as an icon is, so that the .blend has nothing of it."""

from __future__ import annotations

import bpy
import bpy.utils.previews

from ..replate_host import Preview

_SCALE = 12.0
"""Of an icon's size: about as wide as the tab is at first."""

_held: list[bpy.utils.previews.ImagePreviewCollection] = []


def draw(layout: bpy.types.UILayout, preview: Preview) -> None:
    column = layout.column(align=True)
    column.label(text=f"Frame {preview.number} in the making")
    column.template_icon(picture(preview).icon_id, scale=_SCALE)


def picture(preview: Preview) -> bpy.types.ImagePreview:
    """Read once, in the place of the one before."""
    if not _held:
        _held.append(bpy.utils.previews.new())
    (pictures,) = _held
    if preview.path not in pictures:
        pictures.clear()
        pictures.load(preview.path, preview.path, "IMAGE")
        # Blender would read it in its own time, and the file goes when there are later ones.
        tuple(pictures[preview.path].image_size)
    return pictures[preview.path]


def register() -> None:
    """Nothing is held before there is something to see."""


def unregister() -> None:
    while _held:
        bpy.utils.previews.remove(_held.pop())
