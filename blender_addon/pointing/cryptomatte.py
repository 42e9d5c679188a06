"""The compositor's own Cryptomatte node for what was cut out: a node for an object, with its matte."""

# No `annotations` from __future__: Blender reads them as they are.
from collections.abc import Sequence
from typing import Any

import bpy
from bpy.app.handlers import persistent

from .. import handlers
from ..replate_host import AgentError
from ..replate_host.versions import Version
from ..tab import place
from ..tab.operators import tried
from ..tab.panels import panel, said
from ..work import forms, record, results

_NODE = "CompositorNodeCryptomatteV2"
_SPACE = 260.0
"""Between nodes, as wide as this one is drawn and a little more."""


def newest(scene: bpy.types.Scene) -> tuple[bpy.types.Image, Sequence[str]] | None:
    """The scene's latest Cryptomatte, and the names of its objects; None where there is none yet."""
    for version in reversed(record.versions(scene)):
        found = _of(version)
        if found is not None:
            return found
    return None


def add(scene: bpy.types.Scene, image: bpy.types.Image, name: str) -> bpy.types.Node:
    """A Cryptomatte node in the scene's compositor that gives an object's matte, right of what is there."""
    tree = place.compositor(scene)
    right = max((node.location.x for node in tree.nodes), default=-_SPACE)
    for other in tree.nodes:
        other.select = False
    node = tree.nodes.new(_NODE)
    node.location = (right + _SPACE, 0.0)
    node.label = f"Cryptomatte: {name}"
    node.source, node.image = "IMAGE", image
    place.set_frames(node, image)
    node.matte_id = name
    tree.nodes.active = node
    _find_set(node)
    return node


class AddCryptomatte(bpy.types.Operator):
    """Put a Cryptomatte node that gives this object's matte into the scene's compositor"""

    bl_idname = "replate.add_cryptomatte"
    bl_label = "Cryptomatte Node"
    bl_options = frozenset({"REGISTER", "UNDO"})

    object: bpy.props.StringProperty(name="Object", options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: self._add(context.scene))

    def _add(self, scene: bpy.types.Scene) -> None:
        found = newest(scene)
        if found is None:
            raise AgentError("Unmet", "There is no Cryptomatte yet: point at something, and run Segment.")
        image, names = found
        if self.object and self.object not in names:
            raise AgentError("NotFound", f"There is no {self.object} in {image.name}: choose {', '.join(names)}.")
        add(scene, image, self.object or names[0])


class _Panel:
    bl_label = "Cryptomatte"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return newest(context.scene) is not None

    def draw(self, context: bpy.types.Context) -> None:
        image, names = newest(context.scene)
        said(self.layout, f"Nodes in the compositor, of {image.name}")
        column = self.layout.column(align=True)
        for name in names:
            column.operator("replate.add_cryptomatte", text=name, icon="NODE").object = name


_CLASSES = (AddCryptomatte, *(panel(_Panel, "cryptomatte", space, "run") for space in ("VIEW_3D", "IMAGE_EDITOR")))
_register, _unregister = bpy.utils.register_classes_factory(_CLASSES)


def register() -> None:
    _register()
    handlers.add(_HANDLERS)


def unregister() -> None:
    handlers.remove(_HANDLERS)
    _unregister()


@persistent
def _opened(*_: Any) -> None:
    for scene in bpy.data.scenes:
        # From 5.0 the compositor is a node group like others.
        tree = getattr(scene, "node_tree", None) or getattr(scene, "compositing_node_group", None)
        for node in tree.nodes if tree is not None else ():
            if node.bl_idname == _NODE and node.source == "IMAGE" and node.image is not None:
                _find_set(node)


_HANDLERS = {"load_post": _opened}


def _find_set(node: bpy.types.Node) -> str:
    """Blender 4.2 finds an image's sets when it is asked for their names, as its own editor does, and not before."""
    return node.layer_name


def _of(version: Version) -> tuple[bpy.types.Image, Sequence[str]] | None:
    wish = next((wish for wish in version.outputs if wish.endswith(f"/{forms.CRYPTOMATTE}")), None)
    image = results.of(version, wish) if wish is not None else None
    names = [forms.named(each) for each in version.outputs if forms.of_an_object(each)]
    return (image, names) if image is not None and names else None
