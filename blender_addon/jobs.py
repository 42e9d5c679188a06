"""What is under way: asked for, heard of, written down in the scene, and gone on with after the file was opened again.

A scene keeps its versions in a custom property of its own. A job in it that has not ended is watched again by its id.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy
from bpy.app.handlers import persistent

from . import agent, preferences, properties, results, rig
from .replate_host import Agent, AgentError, JobHandle, telling
from .replate_host.chain import Chain
from .replate_host.jobs import Callbacks
from .replate_host.versions import Version, dumps, loads, next_number, now

VERSIONS = "replate_versions"
"""A scene's property: by number as a text, {"record": of `versions.dumps`, "spaces": by output, Blender's names}."""
SCENE = "scene"
"""The output that is no picture: a parallax scene's file."""


@dataclass
class Run:
    """A job that is watched."""

    scene: int
    """Its `session_uid`: after an undo the scene is another object."""
    version: Version
    spaces: dict[str, str]
    agent: Agent
    handle: JobHandle | None = None
    said: str = ""

    @property
    def under_way(self) -> bool:
        return self.handle is not None and not self.handle.ended and self.agent is agent.started()


_runs: list[Run] = []


def run(scene: bpy.types.Scene) -> Run:
    """Asks for what the scene's properties say, and returns at once. Raises `AgentError` for what cannot be asked."""
    chosen = properties.operation(scene)
    if chosen is None:
        raise AgentError("Unmet", "Nothing is known of the server yet: press Connect.")
    number, place = _next(scene, chosen.name)
    outputs = {each.name: f"{place}/{each.name}.####.exr" for each in chosen.outputs}
    light = next((picture.light() for role, picture in properties.inputs(scene) if role.name == "plate"), "data")
    spaces = {each.name: "data" if each.data else light for each in chosen.outputs}
    return _ask(scene, _params(scene), number, outputs, spaces)


def build_parallax(scene: bpy.types.Scene) -> Run:
    """Asks for the plate's depth, its layers and their scene, which is built when it is there. Raises `AgentError`."""
    chosen = properties.operation(scene)
    if chosen is None or chosen.name != "layers":
        raise AgentError("Unmet", "Choose the operation Layers: its scene is what is built.")
    number, place = _next(scene, "parallax")
    # Without a depth of the artist's own it is asked for, too.
    return _ask(scene, _params(scene, without=("depth",)), number, {SCENE: f"{place}/scene/scene.json"}, {})


def cancel(scene: bpy.types.Scene) -> int:
    """Stops all that is under way for a scene, and gives how many that is. Frames that are done stay."""
    found = under_way(scene)
    for each in found:
        if isinstance(each.handle, Chain):
            each.handle.stop(AgentError("Cancelled", "The scene was cancelled."))
        elif each.handle is not None:
            each.agent.cancel(each.handle)
    return len(found)


def under_way(scene: bpy.types.Scene | None = None) -> list[Run]:
    """Of a scene, or of all."""
    return [each for each in _runs if each.under_way and (scene is None or each.scene == scene.session_uid)]


def status(scene: bpy.types.Scene) -> str:
    """How the newest of a scene's jobs stands, in a line."""
    said = [each.said for each in _runs if each.scene == scene.session_uid]
    if said:
        return said[-1]
    kept = versions(scene)
    if not kept:
        return "Nothing was run yet."
    return f"{telling.version(kept[-1])}: {kept[-1].state}"


def fraction(scene: bpy.types.Scene) -> float:
    found = under_way(scene)
    return found[-1].handle.fraction if found else 0.0


def versions(scene: bpy.types.Scene) -> Sequence[Version]:
    """All that a scene keeps, oldest first."""
    kept = scene.get(VERSIONS) or {}
    return sorted((loads(each["record"])[0] for each in kept.values()), key=lambda version: version.number)


def resume(scene: bpy.types.Scene) -> int:
    """Watches what was under way when the file was saved, and gives how many jobs that is. Raises `AgentError`."""
    watched = {each.version.number for each in under_way(scene)}
    found = [each for each in versions(scene) if each.open and each.job and each.number not in watched]
    for version in found:
        spaces = dict(scene[VERSIONS][str(version.number)]["spaces"])
        each = _begin(scene, version, spaces)
        if SCENE in version.outputs:
            chain = _chain(scene, each)
            each.handle = chain
            chain.watch(version.job)
        else:
            each.handle = each.agent.watch(version.job, dict(version.outputs), version.sequence, **_callbacks(each))
    return len(found)


def register() -> None:
    bpy.app.handlers.load_post.append(_opened)


def unregister() -> None:
    bpy.app.handlers.load_post.remove(_opened)
    _runs.clear()


@persistent
def _opened(*_: Any) -> None:
    """Another file is open: what it waits for is watched on, and what the last one waited for is not."""
    _runs.clear()
    for scene in bpy.data.scenes:
        try:
            resume(scene)
        except AgentError as error:
            print(f"Replate: {error}")


def _params(scene: bpy.types.Scene, without: Sequence[str] = ()) -> dict[str, Any]:
    """As the agent's `submit` takes them. Raises `AgentError`."""
    chosen, model = properties.operation(scene), properties.model(scene)
    if model is not None and not model.available:
        raise AgentError("Unmet", model.unavailable_reason or f"{model.label} cannot run on this server.")
    pictures: dict[str, Any] = {}
    for role, picture in properties.inputs(scene):
        if not picture.empty() or (role.required and role.name not in without):
            pictures[role.name] = picture.asked(role.label, role.kind)
    wanted = _range(scene)
    for role, _ in properties.inputs(scene):
        asked = pictures.get(role.name, {})
        if wanted and "####" in asked.get("path", ""):
            last = wanted[0] if role.kind == "still" else wanted[1]
            asked["frames"] = f"{wanted[0]}-{last}"
    return {
        "operation": chosen.name,
        "model": model.name if model is not None else "",
        "parameters": {field.parameter.name: field.value() for field in properties.fields(scene)},
        "inputs": pictures,
        "seed": scene.replate.seed,
        "title": f"{Path(bpy.data.filepath).stem} {scene.name}".strip()[:200],
        "project": preferences.chosen().project,
        "priority": "preview" if scene.replate.frames == "CURRENT" else "normal",
        **({"range": list(wanted)} if wanted else {}),
    }


def _range(scene: bpy.types.Scene) -> tuple[int, int] | None:
    """The frames that are asked for; None for all of the plate."""
    if scene.replate.frames == "PLATE":
        return None
    now = scene.frame_current
    return (now, now) if scene.replate.frames == "CURRENT" else (scene.frame_start, scene.frame_end)


def _next(scene: bpy.types.Scene, what: str) -> tuple[int, str]:
    """A version's number, and the folder of its files, which no other version of anybody's has."""
    number = next_number(versions(scene))
    return number, (preferences.folder() / f"{what}.v{number:03d}.{uuid.uuid4().hex[:8]}").as_posix()


def _ask(
    scene: bpy.types.Scene, params: dict[str, Any], number: int, outputs: dict[str, str], spaces: dict[str, str]
) -> Run:
    first, last = params.get("range") or (scene.frame_start, scene.frame_end)
    version = Version(
        number,
        params["operation"],
        params["model"],
        first,
        last,
        params["seed"],
        params["parameters"],
        {role: each.get("path") or f"job:{each['job']}/{each['output']}" for role, each in params["inputs"].items()},
        outputs,
        now(),
    )
    each = _begin(scene, version, spaces)
    if SCENE in outputs:
        chain = _chain(scene, each)
        each.handle = chain
        chain.ask(params)
    else:
        each.handle = each.agent.submit({**params, "outputs": outputs}, **_callbacks(each))
    each.said = telling.job(each.handle)
    return each


def _begin(scene: bpy.types.Scene, version: Version, spaces: dict[str, str]) -> Run:
    each = Run(scene.session_uid, version, spaces, agent.current())
    _runs.append(each)
    _keep(each)
    return each


def _chain(scene: bpy.types.Scene, each: Run) -> Chain:
    path = each.version.outputs[SCENE]
    wish = {
        "folder": path.rpartition("/")[0],
        "title": scene.name,
        "fps": scene.render.fps / scene.render.fps_base,
    }
    told = Callbacks(**{name[3:]: act for name, act in _callbacks(each).items()})
    return Chain(each.agent, dict(each.version.outputs), wish, told)


def _callbacks(each: Run) -> dict[str, Any]:
    def heard(handle: JobHandle, *_: Any) -> None:
        if each not in _runs:
            return
        each.version, each.said = each.version.heard(handle), telling.job(handle)
        _keep(each)

    def framed(handle: JobHandle, frame: Any) -> None:
        first = not any(before.output == frame.output for before in handle.frames[:-1])
        heard(handle)
        if first and each in _runs:
            _show(each, frame.output)

    def ended(handle: JobHandle) -> None:
        heard(handle)
        if each not in _runs:
            return
        if SCENE in each.version.outputs:
            if handle.state == "done":
                _build(each)
            return
        there = sorted({frame for pattern in each.version.outputs.values() for frame in results.on_disk(pattern)})
        if there:
            each.version = replace(each.version, first=there[0], last=there[-1])
            _keep(each)
        for output in each.version.outputs:
            _show(each, output)

    return {"on_progress": heard, "on_frame": framed, "on_warning": heard, "on_ended": ended}


def _show(each: Run, output: str) -> None:
    results.show(each.version, output, each.spaces[output])


def _build(each: Run) -> None:
    scene = _scene(each)
    if scene is None:
        return
    try:
        rig.build(each.version.outputs[SCENE], scene.collection, scene)
    except ValueError as error:
        each.said = str(error)


def _keep(each: Run) -> None:
    """Writes the version down where the .blend keeps it."""
    scene = _scene(each)
    if scene is None:
        return
    if VERSIONS not in scene:
        scene[VERSIONS] = {}
    scene[VERSIONS][str(each.version.number)] = {"record": dumps([each.version]), "spaces": each.spaces}


def _scene(each: Run) -> bpy.types.Scene | None:
    return next((scene for scene in bpy.data.scenes if scene.session_uid == each.scene), None)
