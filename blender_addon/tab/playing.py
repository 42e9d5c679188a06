"""Image Editors play results on their own frames, whoever chose them there: Blender's would begin with frame 1."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from .. import handlers
from ..work import results
from . import place

_owner = object()


def play() -> None:
    """Sets every Image Editor that shows a result to its frames."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            space = area.spaces.active
            if area.type == "IMAGE_EDITOR" and space.image is not None and results.FRAMES in space.image:
                place.set_frames(space.image_user, space.image)


def register() -> None:
    _listen()
    handlers.add(_HANDLERS)


def unregister() -> None:
    handlers.remove(_HANDLERS)
    bpy.msgbus.clear_by_owner(_owner)


def _listen() -> None:
    bpy.msgbus.subscribe_rna(key=(bpy.types.SpaceImageEditor, "image"), owner=_owner, args=(), notify=play)


@persistent
def _opened(*_: Any) -> None:
    """Another file is open, and with the last one went who listened."""
    bpy.msgbus.clear_by_owner(_owner)
    _listen()


_HANDLERS = {"load_post": _opened}
