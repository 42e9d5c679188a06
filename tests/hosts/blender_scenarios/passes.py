"""A shot with Blender's passes, and no add-on. Arguments OUT, FOLDER.

64 x 48, frames 1 to 5, one unit of the wall 4 pixels: a textured card is moved before a textured wall that ends within
the picture, while the camera goes to the left and up, by 2 pixels of the wall and by 1 a frame.
"""

import json
import os
import sys
from pathlib import Path

import bpy

out, folder = sys.argv[1:]
LAYER = "Far Away"

bpy.ops.wm.read_factory_settings(use_empty=True)
stage = bpy.context.scene


def textured(name: str, size: tuple[float, float], scale: float) -> bpy.types.Object:
    """A card that glows, smooth against a pixel."""
    mesh = bpy.data.meshes.new(name)
    x, y = (side / 2 for side in size)
    mesh.from_pydata([(-x, -y, 0), (x, -y, 0), (x, y, 0), (-x, y, 0)], [], [(0, 1, 2, 3)])
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    place, noise = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = scale
    glow, end = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(place.outputs["Object"], noise.inputs["Vector"])
    tree.links.new(noise.outputs["Color"], glow.inputs["Color"])
    tree.links.new(glow.outputs[0], end.inputs["Surface"])
    mesh.materials.append(material)
    made = bpy.data.objects.new(name, mesh)
    stage.collection.objects.link(made)
    return made


wall, card = textured("wall", (20, 30), 0.35), textured("card", (3, 3), 0.9)
wall.location.x, card.location.z = 7, 8
camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
stage.collection.objects.link(camera)
stage.camera = camera
camera.data.sensor_width = camera.data.lens = 32
camera.location.z = 16
for frame in range(0, 7):
    camera.location.x, camera.location.y = 4 - 0.5 * (frame - 3), 0.25 * (frame - 3)
    camera.keyframe_insert("location", frame=frame)
    card.location.x, card.location.y = 4 + 0.25 * (frame - 3), 0.25 * (frame - 3)
    card.keyframe_insert("location", frame=frame)

render, settings = stage.render, stage.render.image_settings
render.engine, stage.cycles.device, stage.cycles.samples = "CYCLES", "CPU", 16
stage.cycles.use_adaptive_sampling = stage.cycles.use_denoising = False
render.resolution_x, render.resolution_y, render.resolution_percentage = 64, 48, 100
render.film_transparent = True
view_layer = stage.view_layers[0]
view_layer.name = LAYER
view_layer.use_pass_z = view_layer.use_pass_vector = True
if hasattr(settings, "media_type"):
    settings.media_type = "MULTI_LAYER_IMAGE"
settings.file_format, settings.color_depth = "OPEN_EXR_MULTILAYER", "16"
for frame in range(1, 6):
    stage.frame_set(frame)
    render.filepath = str(Path(folder) / f"render.{frame:04d}.exr")
    bpy.ops.render.render(write_still=True)
Path(out).write_text(json.dumps({"layer": LAYER}), encoding="utf-8")
sys.stdout.flush()
# Blender's own way out prints of memory that it did not free, and takes its time.
os._exit(0)
