"""A scene file (scene.json, see docs/scene.md) built in Blender: a camera, and a surface for each layer.

Everything stands in the camera's own space under one root, which turns USD's axes to Blender's. So a layer that
is scaled about its origin moves in depth and looks the same from the camera at rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..replate_host.scene import Layer, Scene, read_scene
from .camera import set_lens
from .grid import set_card, set_grid
from .materials import material, project
from .pieces import FILE, LAYER, REST, RIG, ROLE, drop, found, linked, made


@dataclass(frozen=True)
class Built:
    """What is in Blender now."""

    root: bpy.types.Object
    """An empty that carries all the rest."""
    camera: bpy.types.Object
    """The one that took the plate; it rests."""
    layers: tuple[bpy.types.Object, ...]
    """Back to front."""


def build(path: str | Path, collection: bpy.types.Collection | None = None) -> Built:
    """Builds the scene of a `scene.json` into a collection of its own, within the given or the current one.

    A scene that was built from the same file, and is in Blender's current scene, is brought up to date instead: what
    the artist renamed, keyed or put in keeps as it is, materials of their own do, and so do the settings of ours.

    Raises ValueError, in one sentence, for a file that is no scene or comes from a later Replate.
    """
    file = Path(path).resolve()
    scene = read_scene(file)
    root = _standing(file) or _root(scene, file, collection or bpy.context.collection)
    camera = found(root, REST) or made(root, REST, "Plate Camera", bpy.data.cameras.new("Plate Camera"))
    set_lens(camera.data, scene)
    layers = tuple(_layer(root, scene, layer, file.parent) for layer in scene.layers)
    drop(root, LAYER, layers)
    return Built(root, camera, layers)


def match(path: str | Path, camera: bpy.types.Object, stage: bpy.types.Scene) -> None:
    """Sets a Blender scene up so that its render through a camera is the plate, as long as that rests.

    Format, frame range and rate are the plate's; the background is clear, and colours go out as they are.
    """
    scene, render = read_scene(path), stage.render
    stage.camera = camera
    stage.frame_start, stage.frame_end = scene.first, scene.last
    stage.frame_set(scene.first)
    # Blender's rate is a whole number and a base: 24000/1001 is 24 over 1.001.
    render.fps = max(1, round(scene.fps))
    render.fps_base = render.fps / scene.fps
    _, _, render.resolution_x, render.resolution_y = scene.display_window
    render.resolution_percentage = 100
    # Neither side of Blender's pixel may be under 1.
    render.pixel_aspect_x = max(1.0, scene.pixel_aspect)
    render.pixel_aspect_y = max(1.0, 1 / scene.pixel_aspect)
    render.film_transparent = True
    stage.view_settings.view_transform = "Standard"
    stage.view_settings.look = "None"
    if hasattr(stage, "cycles"):
        # A ray passes every layer, folded ones more than once, and none of that is left to chance.
        stage.cycles.transparent_max_bounces = max(64, 8 * len(scene.layers))
        stage.cycles.min_transparent_bounces = stage.cycles.transparent_max_bounces


def _standing(file: Path) -> bpy.types.Object | None:
    return next((thing for thing in bpy.context.scene.objects if thing.get(FILE) == file.as_posix()), None)


def _root(scene: Scene, file: Path, collection: bpy.types.Collection) -> bpy.types.Object:
    home = bpy.data.collections.new(scene.title)
    collection.children.link(home)
    root = linked(home, RIG, scene.title)
    root[FILE] = file.as_posix()
    # USD's y is up, Blender's z.
    root.rotation_euler = (math.pi / 2, 0.0, 0.0)
    root.empty_display_size = min(layer.near for layer in scene.layers) / 10
    return root


def _layer(root: bpy.types.Object, scene: Scene, layer: Layer, folder: Path) -> bpy.types.Object:
    thing = found(root, LAYER + layer.name)
    if thing is None:
        mesh = bpy.data.meshes.new(layer.name)
        thing = made(root, LAYER + layer.name, layer.name, mesh)
        mesh.materials.append(None)
        # The object's, because a grid's mesh is made anew and knows nothing of materials.
        thing.material_slots[0].link = "OBJECT"
        thing.material_slots[0].material = material(scene, layer, folder)
    shown = thing.material_slots[0].material if thing.material_slots else None
    if shown is not None and ROLE in shown:
        project(shown, scene, layer, folder)
    if layer.kind == "card":
        set_card(thing, scene, layer)
    else:
        set_grid(thing, scene, layer, folder)
    return thing
