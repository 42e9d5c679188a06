"""What an Image Editor shows, as frames and pixels of the plate.

In the editor's own coordinates, those of its view, a picture goes from 0, 0 at its bottom left to 1, 1.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import bpy

from ..replate_host import AgentError
from ..work import images, properties, results
from ..work.exr import Window, window

_NUMBER = re.compile(r"[._](\d+)$")
"""How a single file says its frame's number, as the agent reads it."""
_MOVING = ("SEQUENCE", "MOVIE")
_LIGHT = (".exr", ".hdr")


@dataclass(frozen=True)
class Picture:
    """A frame in an editor."""

    frame: int
    """Its number in the plate."""
    window: Window

    def to_plate(self, u: float, v: float) -> tuple[float, float]:
        """A place in the view as pixels from the format's top left."""
        return self.window.left + u * self.window.width, self.window.top + (1.0 - v) * self.window.height

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        return (x - self.window.left) / self.window.width, 1.0 - (y - self.window.top) / self.window.height


def picture(scene: bpy.types.Scene, space: bpy.types.SpaceImageEditor, now: int | None = None) -> Picture | None:
    """What an editor shows while the scene is at a frame, its current one by default; None where there is nothing."""
    image = space.image
    if image is None:
        return None
    # Blender shows the pixels alone, overscan and all, and does not say where they lie.
    found = _window(_file(image)) if image.source in ("FILE", "SEQUENCE") else None
    if found is None and all(image.size):
        found = Window(0, 0, *image.size)
    if found is None:
        return None
    number = _frame(image, space.image_user, scene.frame_current if now is None else now)
    return Picture(number + _start(scene) - 1 if image.source == "MOVIE" else number, found)


def show(scene: bpy.types.Scene, space: bpy.types.SpaceImageEditor) -> None:
    """Has an editor show the scene's plate, frame 1001 of it on frame 1001 of the scene. Raises `AgentError`."""
    plate = properties.plate(scene)
    if plate is None:
        raise AgentError("Unmet", "Nothing is known of the server yet: press Connect.")
    path = Path(plate.asked("Plate", "plate")["path"])
    if plate.source == "IMAGE":
        space.image = plate.image
        return
    numbers = results.on_disk(str(path)) if "####" in path.name else []
    first = path.with_name(path.name.replace("####", f"{numbers[0]:04d}")) if numbers else path
    if not first.is_file():
        raise AgentError("NotFound", f"There is no {path.name} in {path.parent}: check the plate's path.")
    if path.suffix.lower() in _LIGHT:
        space.image = images.image(path, numbers[0] if numbers else 1, plate.light())
    else:
        space.image = bpy.data.images.load(str(first), check_existing=True)
    if numbers:
        space.image.source = "SEQUENCE"
        images.play(space.image_user, numbers[0], numbers[-1])
    elif space.image.source == "MOVIE":
        images.play(space.image_user, 1, space.image.frame_duration)
        space.image_user.frame_start += _start(scene) - 1


def _frame(image: bpy.types.Image, user: bpy.types.ImageUser, now: int) -> int:
    if image.source not in _MOVING:
        found = _NUMBER.search(_file(image).stem)
        return int(found[1]) if found else 1
    if not user.use_auto_refresh:
        return user.frame_current
    # As Blender counts it, which tells what it came to only where it draws.
    place = now - user.frame_start + 1
    if user.use_cyclic:
        place = (place - 1) % user.frame_duration + 1
    return min(max(place, 0), user.frame_duration) + user.frame_offset


def _start(scene: bpy.types.Scene) -> int:
    """The number that the plate's first frame has where it is a movie."""
    plate = properties.plate(scene)
    if plate is None or plate.empty():
        return 1
    try:
        return plate.asked("Plate", "plate").get("start", 1)
    except AgentError:
        return 1


def _window(path: Path) -> Window | None:
    """Of an EXR; None of any other file."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, IndexError, struct.error):
        return None


@lru_cache(maxsize=64)
def _read(path: Path, changed: int) -> Window:
    # Asked for with every redraw.
    return window(path)


def _file(image: bpy.types.Image) -> Path:
    return Path(bpy.path.abspath(image.filepath, library=image.library))
