"""Pictures on disk as Blender's image datablocks."""

from __future__ import annotations

from pathlib import Path

import bpy

_SPACES = {
    "lin_rec709": "Linear Rec.709",
    "lin_rec2020": "Linear Rec.2020",
    "lin_p3d65": "Linear DCI-P3 D65",
    "data": "Non-Color",
}
"""Blender's names of colour spaces that it calls differently."""


def image(path: Path, first: int, space: str, held: bpy.types.Image | None = None) -> bpy.types.Image:
    """The picture at a path, or the sequence where #### stands for the frame, read anew where it was loaded before.

    `held` is the image to show it in; else it is one that shows the same already, or a new one.
    """
    source = "SEQUENCE" if "####" in path.name else "FILE"
    name = str(path).replace("####", f"{first:04d}")
    found = held or _loaded(name, source)
    if found is None:
        found = bpy.data.images.load(name, check_existing=False)
    else:
        found.filepath = name
        found.reload()
    found.source = source
    called = _SPACES.get(space, space)
    # A space that Blender does not have is taken for its own working space, as it takes any EXR.
    known = {item.identifier for item in found.colorspace_settings.bl_rna.properties["name"].enum_items}
    if called in known:
        found.colorspace_settings.name = called
    # Colour and alpha as they are in the file: premultiplied, with light that covers nothing kept.
    found.alpha_mode = "CHANNEL_PACKED"
    return found


def play(user: bpy.types.ImageUser | bpy.types.Node, first: int, last: int) -> None:
    """Has what shows a sequence play it on the sequence's own frames; before and after, its first and last hold.

    Blender's count begins with 0: what is earlier than the frame before `frame_start` is `frame_offset`'s frame.
    """
    if first < last:
        user.frame_start, user.frame_duration, user.frame_offset = first + 1, last - first, first
    else:
        user.frame_start, user.frame_duration, user.frame_offset = first, 1, first - 1
    user.use_auto_refresh = True


def _loaded(name: str, source: str) -> bpy.types.Image | None:
    """Blender itself takes a sequence for the picture that is its first frame."""
    same = (image for image in bpy.data.images if image.source == source and image.filepath)
    return next((image for image in same if Path(bpy.path.abspath(image.filepath)) == Path(name)), None)
