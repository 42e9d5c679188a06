"""What comes back, as image datablocks that say which version they are and how they were made."""

from __future__ import annotations

import re
from pathlib import Path

import bpy

from ..replate_host.versions import Version
from . import forms
from .images import image, play

VERSION, JOB, OUTPUT, RECIPE, FRAMES = (f"replate_{name}" for name in ("version", "job", "output", "recipe", "frames"))
"""Custom properties of a result: a number, the server's id, what was asked for of an output, JSON, and the first and
last frame."""


def show(version: Version, output: str, space: str) -> bpy.types.Image | None:
    """An output's frames that are on disk, as an image or a sequence; None where there is none yet.

    `space` is Blender's name of its colours, or "data".
    """
    pattern = version.outputs[output]
    frames = on_disk(pattern)
    if not frames:
        return None
    first, last = frames[0], frames[-1]
    path = pattern if len(frames) > 1 else pattern.replace("####", f"{first:04d}")
    # The one that the artist has put into nodes already: a single frame may have become a sequence.
    before = of(version, output)
    found = image(Path(path), first, space, before)
    if before is None:
        found.name = f"{version.operation} v{version.number:03d} {forms.called(output)}"
        # Blender saves no image that nothing uses yet.
        found.use_fake_user = True
    found[VERSION], found[JOB], found[OUTPUT], found[RECIPE] = version.number, version.job, output, version.recipe
    found[FRAMES] = [first, last]
    _turn_to(found, first, last)
    return found


def of(version: Version, output: str) -> bpy.types.Image | None:
    """The image that shows an output; None where there is none, or the artist has removed it."""
    mine = (image for image in bpy.data.images if image.get(OUTPUT) == output and image.get(VERSION) == version.number)
    folder = Path(version.outputs[output]).parent
    return next((image for image in mine if Path(bpy.path.abspath(image.filepath)).parent == folder), None)


def made_by(found: bpy.types.Image) -> dict[str, str] | None:
    """The job's output that an image is, as `submit` takes it; None for any other image."""
    if not found.get(JOB) or not found.get(OUTPUT) or forms.of_an_object(found[OUTPUT]):
        return None
    return {"job": found[JOB], "output": forms.output(found[OUTPUT])}


def on_disk(pattern: str) -> list[int]:
    """The numbers of a sequence's frames that are there, in their order."""
    path = Path(pattern)
    front, _, back = path.name.partition("####")
    number = re.compile(re.escape(front) + r"(-?\d+)" + re.escape(back))
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return []
    return sorted(int(match[1]) for match in map(number.fullmatch, names) if match)


def pattern_of(path: str) -> str:
    """A sequence by one of its files: the last number in its name is the frame's."""
    front, slash, name = path.rpartition("/")
    return front + slash + re.sub(r"\d+(?=\D*$)", "####", name, count=1)


def _turn_to(found: bpy.types.Image, first: int, last: int) -> None:
    """Image editors that show the result play it on its own frames."""
    manager = bpy.context.window_manager
    for window in manager.windows if manager is not None else ():
        for area in window.screen.areas:
            space = area.spaces.active
            if area.type == "IMAGE_EDITOR" and space.image == found:
                play(space.image_user, first, last)
                area.tag_redraw()
