"""A picture projected from the camera onto what is there: put into its materials, brought up to date, and taken out."""

# No `annotations` from __future__: Blender reads them as they are.
from collections.abc import Iterator, Sequence

import bpy

from ..parallax.chain import Chain
from ..parallax.pieces import ROLE
from ..registering import with_property
from ..replate_host import AgentError
from ..tab import place
from ..tab.operators import tried
from ..tab.panels import panel, said
from ..work import record, results
from .nodes import NAME, PROJECTION, projection
from .projector import PROJECTOR, projector

_PLAIN, _ADDED = "replate_plain", "replate_added_slot"
"""Properties of materials: had no nodes; and came with a slot of its own."""


class Projection(bpy.types.PropertyGroup):
    """What is projected: `Scene.replate_projection`."""

    image: bpy.props.PointerProperty(
        type=bpy.types.Image,
        name="Picture",
        description="A picture, or a sequence of which the current frame is projected; empty for the newest result",
    )


class Project(bpy.types.Operator):
    """Put this frame of the picture onto the selected objects, as the camera sees them now. Their materials stay, and
    show where the camera does not see them"""

    bl_idname = "replate.project"
    bl_label = "Project onto Selected"
    bl_options = frozenset({"REGISTER", "UNDO"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: self._project(context))

    def _project(self, context: bpy.types.Context) -> None:
        things = _meshes(context)
        scene = context.scene
        shown = scene.replate_projection.image or _newest(scene)
        of = projector(scene, shown)
        materials = _materials(things)
        if not materials:
            bpy.data.cameras.remove(of.camera.data)
            raise AgentError("Unmet", "The selected objects have materials of other files: make them local first.")
        tree = projection(of)
        for material in materials:
            _put(material, tree)
        _tidy()
        noun = "material" if len(materials) == 1 else "materials"
        self.report({"INFO"}, f"{of.picture.name} is projected onto {len(materials)} {noun}.")
        if of.depth is None:
            self.report({"WARNING"}, "No depth was rendered for this picture: what was hidden shows it too.")


class Unproject(bpy.types.Operator):
    """Take the picture out of the materials of the selected objects, which are then as they were"""

    bl_idname = "replate.unproject"
    bl_label = "Remove Projection"
    bl_options = frozenset({"REGISTER", "UNDO"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: _unproject(_meshes(context)))


def nodes_of(material: bpy.types.Material | None) -> list[bpy.types.Node]:
    """Those that project in a material."""
    if material is None or material.node_tree is None:
        return []
    return [node for node in material.node_tree.nodes if node.get(ROLE) == PROJECTION]


def _meshes(context: bpy.types.Context) -> list[bpy.types.Object]:
    found = [thing for thing in context.selected_objects if thing.type == "MESH"]
    if not found:
        raise AgentError("Unmet", "No mesh is selected: select what the picture is projected onto.")
    return found


def _newest(scene: bpy.types.Scene) -> bpy.types.Image:
    for version in reversed(record.versions(scene)):
        for output in place.pictures(version):
            space = record.beside(scene, version.number)["spaces"][output]
            shown = results.show(version, output, space) if space != "data" else None
            if shown is not None:
                return shown
    raise AgentError("Unmet", "There is no result yet: choose a picture to project.")


def _materials(things: Sequence[bpy.types.Object]) -> list[bpy.types.Material]:
    """Of objects, each once; those that have none get one. Materials that cannot be changed are left out."""
    for thing in things:
        if not thing.material_slots:
            _fill(thing)
        for slot in thing.material_slots:
            if slot.material is None:
                slot.material = _made()
    found = dict.fromkeys(slot.material for thing in things for slot in thing.material_slots)
    return [material for material in found if material.is_editable]


def _fill(thing: bpy.types.Object) -> None:
    made = _made()
    made[_ADDED] = True
    thing.data.materials.append(made)


def _made() -> bpy.types.Material:
    """One that looks as what has none."""
    made = bpy.data.materials.new(NAME)
    made[ROLE] = PROJECTION
    made.use_nodes = True
    if bpy.app.version >= (5, 0):
        # Nothing at all looks like a new material there.
        return made
    made.node_tree.nodes.clear()
    nodes = Chain(made.node_tree)
    grey = nodes.add("ShaderNodeBsdfDiffuse", {"Color": (0.8, 0.8, 0.8, 1.0)}).outputs[0]
    nodes.add("ShaderNodeOutputMaterial", {"Surface": grey})
    return made


def _put(material: bpy.types.Material, tree: bpy.types.NodeTree) -> None:
    """Between the material's shader and its outputs; what the artist set of one that is there stays."""
    standing = nodes_of(material)
    for node in standing:
        kept = {socket.name: socket.default_value for socket in node.inputs if hasattr(socket, "default_value")}
        node.node_tree = tree
        for name, value in kept.items():
            node.inputs[name].default_value = value
    if standing:
        return
    _give_nodes(material)
    links = material.node_tree.links
    for end in _ends(material):
        before = [link.from_socket for link in end.links]
        node = material.node_tree.nodes.new("ShaderNodeGroup")
        node[ROLE], node.name, node.node_tree = PROJECTION, NAME, tree
        node.inputs["Through"].default_value = float(_seen_through(material))
        # What is solid and nearer was not there when the camera looked, and is to be painted all the same.
        node.inputs["In Front"].default_value = float(not _may_be_clear(material))
        node.width, node.location = 200.0, (end.node.location.x, end.node.location.y + 220.0)
        for socket in before:
            links.new(socket, node.inputs[0])
        links.new(node.outputs[0], end)


def _seen_through(material: bpy.types.Material) -> bool:
    """Whether what the camera saw through is its own clear parts. Of what changes from frame to frame, it may be solid
    parts that have come nearer since."""
    nodes = material.node_tree.nodes
    changes = any(getattr(node, "image", None) and node.image.source in ("SEQUENCE", "MOVIE") for node in nodes)
    return not changes and _may_be_clear(material)


def _may_be_clear(material: bpy.types.Material) -> bool:
    return any(
        node.bl_idname == "ShaderNodeBsdfTransparent"
        or (node.bl_idname == "ShaderNodeBsdfPrincipled" and node.inputs["Alpha"].is_linked)
        for node in material.node_tree.nodes
    )


def _ends(material: bpy.types.Material) -> Iterator[bpy.types.NodeSocket]:
    """Where its surface goes out, for each renderer."""
    nodes = material.node_tree.nodes
    found = [node for node in nodes if node.bl_idname == "ShaderNodeOutputMaterial"]
    for node in found or [nodes.new("ShaderNodeOutputMaterial")]:
        yield node.inputs["Surface"]


def _give_nodes(material: bpy.types.Material) -> None:
    """One without nodes gets those that look as it did."""
    # From 5.0 all have them.
    if bpy.app.version >= (5, 0) or material.use_nodes:
        return
    material[_PLAIN] = True
    material.use_nodes = True
    for node in material.node_tree.nodes:
        if node.bl_idname == "ShaderNodeBsdfPrincipled":
            node.inputs["Base Color"].default_value = material.diffuse_color
            node.inputs["Metallic"].default_value = material.metallic
            node.inputs["Roughness"].default_value = material.roughness


def _unproject(things: Sequence[bpy.types.Object]) -> None:
    for thing in things:
        for index in reversed(range(len(thing.material_slots))):
            material = thing.material_slots[index].material
            _take_out(material)
            if material is not None and material.get(ROLE) == PROJECTION:
                thing.material_slots[index].material = None
                if _ADDED in material:
                    _remove_slot(thing, index)
                if not material.users:
                    bpy.data.materials.remove(material)
    _tidy()


def _remove_slot(thing: bpy.types.Object, index: int) -> None:
    # Taken from the mesh alone, it would stay with the object.
    with bpy.context.temp_override(object=thing, active_object=thing):
        thing.active_material_index = index
        bpy.ops.object.material_slot_remove()


def _take_out(material: bpy.types.Material | None) -> None:
    for node in nodes_of(material):
        links = material.node_tree.links
        ends = [link.to_socket for link in node.outputs[0].links]
        for socket in [link.from_socket for link in node.inputs[0].links]:
            for end in ends:
                links.new(socket, end)
        material.node_tree.nodes.remove(node)
    if material is not None and _PLAIN in material:
        material.use_nodes = False
        del material[_PLAIN]


def _tidy() -> None:
    """Groups and projectors that nothing uses any more go."""
    for tree in [tree for tree in bpy.data.node_groups if tree.get(ROLE) == PROJECTION and not tree.users]:
        bpy.data.node_groups.remove(tree)
    used = {
        node.object
        for tree in bpy.data.node_groups
        if tree.get(ROLE) == PROJECTION
        for node in tree.nodes
        if node.bl_idname == "ShaderNodeTexCoord"
    }
    for thing in [thing for thing in bpy.data.objects if thing.get(ROLE) == PROJECTOR and thing not in used]:
        bpy.data.cameras.remove(thing.data)


class _Panel:
    bl_label = "Project"
    bl_options = frozenset({"DEFAULT_CLOSED"})

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        layout.use_property_split, layout.use_property_decorate = True, False
        wish = scene.replate_projection
        layout.template_ID(wish, "image", open="image.open")
        if wish.image is None:
            said(layout, "The newest result, on this frame.")
        layout.operator("replate.project", icon="MOD_UVPROJECT")
        thing = context.object
        held = nodes_of(thing.active_material) if thing is not None else []
        for node in held[:1]:
            for socket in node.inputs[1:]:
                layout.prop(socket, "default_value", text=socket.name)
        if held:
            layout.operator("replate.unproject", icon="X")


register, unregister = with_property(
    "replate_projection", Projection, (Projection, Project, Unproject, panel(_Panel, "projection", parent="parallax"))
)
