"""2.5D scenes: a camera and layers in depth, as files that Nuke, Blender and every USD host open.

`write` makes a scene from a `layers` job's frames, `read_scene` reads it. The files are described in
docs/scene.md.
"""

from replate.scene.contract import Camera, Kind, Scene, SceneLayer
from replate.scene.files import read_scene, write_scene
from replate.scene.writing import write

__all__ = ["Camera", "Kind", "Scene", "SceneLayer", "read_scene", "write", "write_scene"]
