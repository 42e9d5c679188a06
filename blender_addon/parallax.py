"""From a plate to a parallax scene: the operator, and its part of the tab."""

from __future__ import annotations

import bpy

from . import jobs
from .operators import tried
from .panels import panel


class BuildParallax(bpy.types.Operator):
    """Take the plate apart in depth, and build its scene: a camera, and a surface for each layer"""

    bl_idname = "replate.build_parallax"
    bl_label = "Build Parallax Scene"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: jobs.build_parallax(context.scene))


class _Parallax:
    bl_label = "Parallax"

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator("replate.build_parallax", icon="VIEW_CAMERA")


register, unregister = bpy.utils.register_classes_factory((BuildParallax, panel(_Parallax, "parallax")))
