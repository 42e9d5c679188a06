"""The camera's move restyled: what is rendered, sent while it is, and put into the scene when it comes back.

The layers are the structure, and what is restyled is the render of them, with Blender's own depth and motion as guides
where the server takes such.
"""

# No `annotations` from __future__: Blender reads them as they are.
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy

from .. import agent
from ..replate_host import AgentError, telling
from ..replate_host.catalog import Input, Operation
from ..replate_host.versions import Version
from ..tab import place
from ..tab.operators import tried
from ..tab.panels import draw_fields, panel, said
from ..work import asking, coming, jobs, pictures, properties, record, rendered, results, undo
from ..work.rendered import COMBINED, DEPTH, VECTOR, Frames
from . import rendering

PASSES = {"motion": VECTOR, "depth": DEPTH}
"""By role, the pass that guides."""


class Move(bpy.types.PropertyGroup):
    """How the move is restyled: `Scene.replate_move`."""

    source: bpy.props.EnumProperty(
        name="Frames",
        items=(
            ("RENDER", "Render the Move", "Rendered now; not again where nothing changed since", "RENDER_ANIMATION", 0),
            ("FILES", "Rendered Before", "Multilayer EXRs that are there", "FILE_IMAGE", 1),
        ),
    )
    path: bpy.props.StringProperty(
        name="Files", description="One of the multilayer EXRs, or #### for the frame's number", subtype="FILE_PATH"
    )
    place: bpy.props.EnumProperty(
        name="Comes Back As",
        items=(("NONE", "Image", "An image, to be placed later", "IMAGE_DATA", 0), *place.PLACES),
        default=place.STRIP,
    )
    waiting: bpy.props.IntProperty()
    """The version that is placed when it is there."""


class RestyleMove(bpy.types.Operator):
    """Render the scene's animation and have it restyled, with Blender's depth and motion as guides"""

    bl_idname = "replate.restyle_move"
    bl_label = "Restyle the Move"

    def execute(self, context: bpy.types.Context) -> set[str]:
        return tried(self, lambda: ask(context.scene, context.view_layer))


def ask(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> coming.Run:
    """Renders what is not there, and asks for the restyle. Raises `AgentError` for what cannot be asked."""
    chosen = properties.named("restyle")
    if chosen is None:
        raise AgentError("Unmet", "Nothing is known of a server that restyles: press Connect.")
    if any(each.stop is not None for each in jobs.under_way(scene)):
        raise AgentError("Unmet", "The move is being rendered already: wait until it is done, or cancel it.")
    frames = _chosen(scene) if scene.replate_move.source == "FILES" else rendered.unchanged(scene)
    number, folder = record.next_place(scene, "move")
    outputs = {each.name: f"{folder}/{each.name}.####.exr" for each in chosen.outputs}
    scene.replate_move.waiting = number if scene.replate_move.place != "NONE" else 0
    if frames is not None:
        spaces = dict.fromkeys(outputs, frames.space)
        return jobs.ask(scene, _params(scene, chosen, frames, sources(frames, chosen)), number, outputs, spaces)
    return _render(scene, layer, chosen, number, outputs, Path(folder))


def sources(frames: Frames, chosen: Operation) -> dict[str, dict[str, Any]]:
    """What is rendered as inputs of an operation, by role; guides that it does not take, or that are not there, not."""
    files = {"path": frames.pattern, "frames": f"{frames.first}-{frames.last}"}
    seen = frames.layer(COMBINED)
    found: dict[str, dict[str, Any]] = {
        "plate": {**files, "colour_space": pictures.served(frames.space), **({"layer": seen} if seen else {})}
    }
    for role in chosen.inputs:
        layer = frames.layer(PASSES[role.name]) if role.name in PASSES else ""
        if layer:
            found[role.name] = {**files, "layer": layer}
    return found


def _render(
    scene: bpy.types.Scene,
    layer: bpy.types.ViewLayer,
    chosen: Operation,
    number: int,
    outputs: dict[str, str],
    folder: Path,
) -> coming.Run:
    kinds = {role.name: role.kind for role in chosen.inputs}

    def framed(frame: int) -> None:
        run.said = f"Rendering, {telling.frames(move.done, move.total)}"
        run.handle.fraction = move.done / move.total
        agent.tell()
        if run.under_way:
            for role, source in sources(move.frames, chosen).items():
                run.agent.offer({**source, "frames": str(frame)}, kinds[role])

    def ended(problem: str) -> None:
        if problem or not run.under_way:
            kind = "Cancelled" if move.stopped else "Failed"
            problem = problem or "The server was changed while the move was rendered."
            run.handle.lose(AgentError(kind, problem))
            run.said = problem
            agent.tell()
            return
        guides = sources(move.frames, chosen)
        others = {role: each for role, each in params["inputs"].items() if role not in guides and role not in PASSES}
        jobs.submit(run, {**params, "inputs": {**others, **guides}})

    def stop() -> None:
        run.said = "Stopping when this frame is rendered"
        move.stop()

    move = rendering.Rendering(scene, layer, folder, framed, ended)
    expected = {"path": move.frames.pattern}
    made = {role: expected for role in ("plate", *PASSES) if role in kinds}
    # What is wrong with the rest is said before anything is rendered.
    params = _params(scene, chosen, move.frames, made)
    rendering.check(scene, folder)
    spaces = dict.fromkeys(outputs, move.frames.space)
    run = jobs.prepare(scene, params, number, outputs, spaces, stop=stop)
    run.said = f"Rendering, {telling.frames(0, move.total)}"
    move.start(scene)
    return run


def _params(scene: bpy.types.Scene, chosen: Operation, frames: Frames, made: Mapping[str, Any]) -> dict[str, Any]:
    """As `submit` takes it. What has frames of its own is not looked at: a matte there is the plate's."""
    left = {role.name: None for role in chosen.inputs if not _beside(scene, chosen, role)}
    found = asking.params(scene, chosen, {**left, **made})
    found["inputs"] = {role: each for role, each in found["inputs"].items() if each is not None}
    found["title"] = f"{found['title']} move"[-200:]
    return {**found, "range": [frames.first, frames.last], "priority": "normal"}


def _beside(scene: bpy.types.Scene, chosen: Operation, role: Input) -> bool:
    """Whether an input is the artist's to give for the move."""
    return role.kind == "still" or properties.requires(scene, chosen, role)


def _chosen(scene: bpy.types.Scene) -> Frames:
    """The artist's own frames. Raises `AgentError`."""
    path = Path(bpy.path.abspath(scene.replate_move.path)).as_posix() if scene.replate_move.path else ""
    pattern = path if "####" in path else results.pattern_of(path)
    there = results.on_disk(pattern) if "####" in pattern else []
    if not there or not pattern.lower().endswith(".exr"):
        raise AgentError("NotFound", "No rendered frames are there: choose one of the multilayer EXRs.")
    return Frames(pattern, there[0], there[-1], rendering.linear())


def _came(version: Version, scene: bpy.types.Scene) -> str:
    """Places what was waited for."""
    if version.number != scene.replate_move.waiting:
        return ""
    scene.replate_move.waiting = 0
    try:
        place.place(scene, version.number, place.pictures(version)[0], scene.replate_move.place)
    except AgentError as error:
        return str(error)
    undo.remember("Place Result")
    return ""


class _Panel:
    bl_label = "Restyle the Move"
    bl_options = frozenset({"DEFAULT_CLOSED"})

    def draw(self, context: bpy.types.Context) -> None:
        layout, scene = self.layout, context.scene
        layout.use_property_split, layout.use_property_decorate = True, False
        chosen, wish = properties.named("restyle"), scene.replate_move
        if chosen is None:
            said(layout, "Connect to a server that restyles.")
            return
        layout.prop(wish, "source")
        if wish.source == "FILES":
            layout.prop(wish, "path")
        elif rendered.unchanged(scene) is not None:
            said(layout, "Rendered, and nothing changed since.", "CHECKMARK")
        properties.draw_model(scene, layout, chosen)
        for role, picture in properties.inputs(scene, chosen):
            if role.name != "plate" and _beside(scene, chosen, role):
                picture.draw(layout, properties.called(scene, chosen, role))
        properties.draw_preset(scene, layout, chosen)
        fields = [each for each in properties.fields(scene, chosen) if each.parameter.group != "Matte"]
        draw_fields(layout, scene, fields, chosen)
        layout.prop(wish, "place")
        layout.operator("replate.restyle_move", icon="RENDER_ANIMATION")


_CLASSES = (Move, RestyleMove, panel(_Panel, "move", parent="parallax"))


def register() -> None:
    for each in _CLASSES:
        bpy.utils.register_class(each)
    bpy.types.Scene.replate_move = bpy.props.PointerProperty(type=Move)
    coming.came.append(_came)


def unregister() -> None:
    if _came in coming.came:
        coming.came.remove(_came)
    del bpy.types.Scene.replate_move
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)
