"""What projects: a camera that stays as it stood, the picture that it projects, and how far it saw on that frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
from mathutils import Matrix

from ..parallax.pieces import ROLE
from ..replate_host import AgentError
from ..work import record, results
from ..work.images import image
from ..work.rendered import DEPTH, Frames
from . import picture

PROJECTOR, FRAME = "projector", "frame"
"""The roles of the camera, and of a picture that is one frame of a sequence."""

_LENS = (
    *("type", "lens", "ortho_scale", "sensor_fit", "sensor_width", "sensor_height"),
    *("shift_x", "shift_y", "clip_start", "clip_end"),
)


@dataclass(frozen=True)
class Projector:
    camera: bpy.types.Object
    picture: bpy.types.Image
    depth: bpy.types.Image | None
    """Distances along the camera's axis, in all channels; None where none were rendered."""
    lower: tuple[float, float]
    """The frame's left and bottom side: in a perspective at the distance 1."""
    upper: tuple[float, float]
    """Its right and top side."""

    @property
    def parallel(self) -> bool:
        return self.camera.data.type == "ORTHO"


def projector(scene: bpy.types.Scene, shown: bpy.types.Image) -> Projector:
    """The scene's camera as it stands now, with a picture: of a sequence, the current frame's.

    Raises `AgentError` where there is no camera, or no such frame.
    """
    if scene.camera is None or scene.camera.type != "CAMERA":
        raise AgentError("Unmet", "The scene has no camera to project from: choose one.")
    if scene.camera.data.type == "PANO":
        raise AgentError("Unmet", "A panoramic camera does not project: choose one with a lens.")
    picture = _picture(shown, scene.frame_current)
    depth = _depth(scene, shown, scene.frame_current)
    camera = _stood(scene, f"Projector {scene.frame_current}")
    corners = camera.data.view_frame(scene=scene)
    away = 1.0 if camera.data.type == "ORTHO" else -corners[0].z
    across, up = [corner.x / away for corner in corners], [corner.y / away for corner in corners]
    return Projector(camera, picture, depth, (min(across), min(up)), (max(across), max(up)))


def _stood(scene: bpy.types.Scene, name: str) -> bpy.types.Object:
    """A camera that sees what the scene's sees now, and has nothing that moves it."""
    seen = scene.camera.evaluated_get(bpy.context.evaluated_depsgraph_get())
    data = bpy.data.cameras.new(name)
    for each in _LENS:
        setattr(data, each, getattr(seen.data, each))
    made = bpy.data.objects.new(name, data)
    made[ROLE] = PROJECTOR
    place, turn, _ = seen.matrix_world.decompose()
    # A camera's scale is not seen.
    made.matrix_world = Matrix.LocRotScale(place, turn, None)
    home = scene.camera.users_collection
    (home[0] if home else scene.collection).objects.link(made)
    return made


def _picture(shown: bpy.types.Image, frame: int) -> bpy.types.Image:
    if shown.source == "MOVIE":
        raise AgentError("Unmet", "A movie is not projected: choose a picture or a sequence.")
    if shown.source != "SEQUENCE":
        return shown
    file = Path(_pattern(shown).replace("####", f"{frame:04d}"))
    if not file.is_file():
        raise AgentError("NotFound", f'"{shown.name}" has no frame {frame}: go to one that it has.')
    # Not the sequence itself, which may be known by the name of this very file.
    held = (each for each in bpy.data.images if each.get(ROLE) == FRAME and each.filepath == str(file))
    found = next(held, None) or bpy.data.images.load(str(file), check_existing=False)
    found[ROLE] = FRAME
    found.colorspace_settings.name, found.alpha_mode = shown.colorspace_settings.name, shown.alpha_mode
    found.reload()
    return found


def _depth(scene: bpy.types.Scene, shown: bpy.types.Image, frame: int) -> bpy.types.Image | None:
    """How far the camera saw when the frames were rendered that the picture was made of."""
    number = shown.get(results.VERSION)
    version = next((each for each in record.versions(scene) if each.number == number), None)
    rendered = version.inputs.get("plate", "") if version is not None else ""
    if "####" not in rendered:
        return None
    frames = Frames(rendered, frame, frame, "")
    layer = frames.layer(DEPTH)
    if not layer:
        return None
    out = frames.file(frame).with_suffix(".depth.exr")
    try:
        if not out.is_file():
            picture.write(frames.file(frame), layer, out)
    except (OSError, RuntimeError, ValueError) as error:
        raise AgentError("Damaged", f"The depth of {frames.file(frame).name} cannot be read ({error}).") from error
    return image(out, frame, "data")


def _pattern(shown: bpy.types.Image) -> str:
    return results.pattern_of(Path(bpy.path.abspath(shown.filepath, library=shown.library)).as_posix())
