"""The lens that took the plate: what the depth says, that of the scene's camera, or numbers."""

# No `annotations` from __future__: Blender reads them as they are.
from typing import Any

import bpy

from ..replate_host import AgentError

FOUND, CAMERA, GIVEN = "FOUND", "CAMERA", "GIVEN"


class Lens(bpy.types.PropertyGroup):
    of: bpy.props.EnumProperty(
        name="Lens",
        items=(
            (FOUND, "From the Depth", "What the depth model says, or else 35 mm on 36 mm", "LIGHTPROBE_VOLUME", 0),
            (CAMERA, "Scene's Camera", "That of the scene's camera, before which the layers stand", "CAMERA_DATA", 1),
            (GIVEN, "Given", "As the shot's notes have it", "GREASEPENCIL", 2),
        ),
    )
    focal: bpy.props.FloatProperty(name="Focal Length", unit="CAMERA", default=35.0, min=1.0, max=5000.0)
    sensor: bpy.props.FloatProperty(
        name="Sensor Width",
        description="What the width of the format covers on the sensor",
        unit="CAMERA",
        default=36.0,
        min=1.0,
        max=1000.0,
    )
    right: bpy.props.FloatProperty(
        name="Shift Right", description="Of the format's middle from the lens's axis, on the sensor", unit="CAMERA"
    )
    up: bpy.props.FloatProperty(
        name="Shift Up", description="Of the format's middle from the lens's axis, on the sensor", unit="CAMERA"
    )

    def draw(self, layout: bpy.types.UILayout) -> None:
        layout.prop(self, "of")
        if self.of == GIVEN:
            for name in ("focal", "sensor", "right", "up"):
                layout.prop(self, name)


def asked(lens: Lens, stage: bpy.types.Scene) -> dict[str, Any]:
    """As the agent's `scene` takes a lens, in millimetres. Raises `AgentError` for a camera that has none."""
    if lens.of == FOUND:
        return {}
    if lens.of == GIVEN:
        return {"focal": lens.focal, "sensor": lens.sensor, "offset": [lens.right, lens.up]}
    if stage.camera is None or stage.camera.data.type != "PERSP":
        raise AgentError("Unmet", "The scene has no perspective camera to take the lens from: choose another lens.")
    return of_camera(stage.camera.data, stage)


def of_camera(camera: bpy.types.Camera, stage: bpy.types.Scene) -> dict[str, Any]:
    """A camera's lens as it sees the scene's format, whatever its sensor fit."""
    corners = camera.view_frame(scene=stage)
    scale = camera.lens / -corners[0].z
    left, right = (side(corner.x for corner in corners) * scale for side in (min, max))
    bottom, top = (side(corner.y for corner in corners) * scale for side in (min, max))
    return {"focal": camera.lens, "sensor": right - left, "offset": [(left + right) / 2, (bottom + top) / 2]}
