"""A restyled frame projected onto a wall and a cube before it, seen from the same camera and from the side; and undone.

python projected.py OUT ADDRESS STYLE
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import bpy
from desk import connect, enable, finish, part, refusal, report
from mathutils import Vector

FRAMES = (1001, 1002)


def main(out: str, address: str, style: str) -> None:
    enable()
    stage, folder = bpy.context.scene, Path(out).parent
    connect(address)
    wall, cube, camera = built(stage)
    told: dict[str, Any] = {"nothing": refusal(project)}
    stage.replate.in_style.path, stage.replate_move.place = style, "NONE"
    stage.replate.of_restyle.model = "restyle/invert"
    bpy.ops.replate.restyle_move()
    finish()
    version = part("work.record").versions(stage)[-1]
    told["said"], told["result"] = part("work.jobs").status(stage), version.outputs["plate"]
    told["rendered"] = version.inputs["plate"]

    stage.frame_set(FRAMES[1])
    tree = dumped(wall)
    seen(stage, folder / "before.exr")
    aside = looking_aside(stage)
    seen(stage, folder / "aside_before.exr", aside)
    select(wall, cube)
    project()
    (projector,) = (thing for thing in bpy.data.objects if thing.get("replate") == "projector")
    told["projector"] = {
        "matrix": [list(row) for row in projector.matrix_world.inverted()],
        "frame": [list(corner) for corner in projector.data.view_frame(scene=stage)],
    }
    seen(stage, folder / "same.exr")
    seen(stage, folder / "aside.exr", aside)

    node_of(wall).inputs["Lit"].default_value = 1.0
    seen(stage, folder / "lit.exr")
    node_of(wall).inputs["Lit"].default_value = 0.0

    # Half of it, and from another frame: what the artist set stays, and there is one projection.
    for thing in (wall, cube):
        node_of(thing).inputs["Blend"].default_value = 0.5
    seen(stage, folder / "half.exr")
    stage.frame_set(FRAMES[0])
    project()
    told["source"] = next(image for image in bpy.data.images if image.get("replate_version")).source
    told["again"] = {**counts(wall, cube), "blend": node_of(wall).inputs["Blend"].default_value}
    stage.frame_set(FRAMES[1])
    for thing in (wall, cube):
        node_of(thing).inputs["Blend"].default_value = 0.0
    seen(stage, folder / "none.exr")
    bpy.ops.replate.unproject()
    told["removed"] = {**counts(wall, cube), "same": dumped(wall) == tree, "slots": len(cube.material_slots)}
    seen(stage, folder / "after.exr")

    # Onto what was not there when the camera looked.
    later = put_before(camera)
    select(later)
    project()
    seen(stage, folder / "later.exr")
    bpy.ops.replate.unproject()
    bpy.data.objects.remove(later)
    select(wall, cube)

    # Parallel, turned in depth, and onto a material without nodes.
    camera.data.type, camera.data.ortho_scale = "ORTHO", 5.0
    plain = bpy.data.materials.new("Plain")
    plain.diffuse_color, plain.roughness = (0.2, 0.5, 0.8, 1.0), 0.3
    cube.data.materials.append(plain)
    stage.replate_projection.image = bpy.data.images.load(told["result"].replace("####", "1001"))
    stage.replate_projection.image.alpha_mode = "CHANNEL_PACKED"
    project()
    seen(stage, folder / "parallel.exr")
    told["plain"] = plain.use_nodes
    bpy.ops.replate.unproject()
    told["plain"] = [told["plain"], plain.use_nodes]
    bpy.ops.object.select_all(action="DESELECT")
    told["none selected"] = refusal(project)
    report(out, told)


def built(stage: bpy.types.Scene) -> tuple[bpy.types.Object, bpy.types.Object, bpy.types.Object]:
    for thing in list(stage.objects):
        bpy.data.objects.remove(thing)
    bpy.ops.mesh.primitive_plane_add(size=40, location=(0, 4, 0), rotation=(math.pi / 2, 0, 0))
    wall = bpy.context.object
    bpy.ops.mesh.primitive_cube_add(size=1.4, location=(0.3, -1, 0.2), rotation=(0.2, 0.1, 0.6))
    cube = bpy.context.object
    shine = bpy.data.materials.new("Wall")
    shine.use_nodes = True
    nodes = shine.node_tree.nodes
    nodes.clear()
    place, light = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeEmission")
    shine.node_tree.links.new(place.outputs["Generated"], light.inputs["Color"])
    end = nodes.new("ShaderNodeOutputMaterial")
    shine.node_tree.links.new(light.outputs[0], end.inputs["Surface"])
    wall.data.materials.append(shine)
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.rotation_euler = 0.7, 0.3, 0.2
    stage.collection.objects.link(sun)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    stage.collection.objects.link(camera)
    camera.location, camera.rotation_euler, camera.scale = (0.4, -6, 0.6), (1.5, 0.1, 0.05), (1.5, 1.5, 1.5)
    camera.data.lens, camera.data.shift_x, camera.data.shift_y = 40, 0.07, -0.04
    camera.keyframe_insert("location", frame=FRAMES[0])
    camera.location.x -= 0.3
    camera.keyframe_insert("location", frame=FRAMES[1])
    stage.camera = camera
    stage.frame_start, stage.frame_end = FRAMES
    render = stage.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y = 64, 48
    render.pixel_aspect_x = 1.25
    # What a pixel's middle sees, and no light from one thing on another.
    stage.cycles.samples, stage.cycles.use_denoising, stage.cycles.use_adaptive_sampling = 1, False, False
    stage.cycles.pixel_filter_type, stage.cycles.filter_width = "BLACKMAN_HARRIS", 0.01
    stage.cycles.max_bounces = 0
    stage.world = None
    return wall, cube, camera


def put_before(camera: bpy.types.Object) -> bpy.types.Object:
    """A plane that faces the camera, nearer than all else."""
    bpy.ops.mesh.primitive_plane_add(size=0.8)
    plane = bpy.context.object
    plane.location = camera.matrix_world @ Vector((0.1, 0.0, -1.5))
    plane.rotation_euler = camera.matrix_world.to_euler()
    return plane


def looking_aside(stage: bpy.types.Scene) -> bpy.types.Object:
    aside = bpy.data.objects.new("Aside", bpy.data.cameras.new("Aside"))
    stage.collection.objects.link(aside)
    aside.location, aside.rotation_euler = (-5, -6, 1), (1.5, 0, -0.5)
    aside.data.lens = 22
    return aside


def seen(stage: bpy.types.Scene, out: Path, camera: bpy.types.Object | None = None) -> None:
    """Renders with the place of what is seen, and the way that it faces, beside the picture."""
    before, render = stage.camera, stage.render
    stage.camera = camera or before
    layer = stage.view_layers[0]
    layer.use_pass_position = layer.use_pass_normal = True
    settings = render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format, settings.color_depth = "OPEN_EXR_MULTILAYER", "32"
    render.filepath = str(out)
    bpy.ops.render.render(write_still=True)
    stage.camera = before


def select(*things: bpy.types.Object) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    for thing in things:
        thing.select_set(True)


def project() -> None:
    bpy.ops.replate.project()


def node_of(thing: bpy.types.Object) -> bpy.types.Node:
    (node,) = part("projection.projecting").nodes_of(thing.material_slots[0].material)
    return node


def counts(*things: bpy.types.Object) -> dict[str, Any]:
    nodes_of = part("projection.projecting").nodes_of
    return {
        "nodes": [len(nodes_of(slot.material)) for thing in things for slot in thing.material_slots],
        "groups": len(bpy.data.node_groups),
        "projectors": sum(thing.get("replate") == "projector" for thing in bpy.data.objects),
        "materials": sorted(material.name for material in bpy.data.materials if material.users),
    }


def dumped(thing: bpy.types.Object) -> list[Any]:
    """All of a material's nodes and links."""
    material = thing.material_slots[0].material
    nodes = [[node.bl_idname, node.name, list(node.location)] for node in material.node_tree.nodes]
    links = [[link.from_node.name, link.from_socket.name, link.to_node.name] for link in material.node_tree.links]
    return [material.name, sorted(material.keys()), nodes, links]


if __name__ == "__main__":
    main(*sys.argv[1:])
