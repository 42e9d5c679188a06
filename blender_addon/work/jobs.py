"""What is under way: asked for, heard of, written down in the scene, and gone on with after the file was opened again.

A job in a scene's record that has not ended is watched again by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import bpy
from bpy.app.handlers import persistent

from .. import agent, handlers
from ..replate_host import AgentError, JobHandle, Preview, telling
from ..replate_host.chain import Chain
from ..replate_host.jobs import Callbacks
from ..replate_host.versions import Version, now
from . import asking, forms, prompts, properties, record
from .coming import SCENE, Run, build, came, end, keep, show, stage

_runs: list[Run] = []


def run(scene: bpy.types.Scene) -> Run:
    """Asks for what the scene's properties say, and returns at once. Raises `AgentError` for what cannot be asked."""
    chosen = properties.operation(scene)
    if chosen is None:
        raise AgentError("Unmet", "Nothing is known of the server yet: press Connect.")
    number, place = record.next_place(scene, chosen.name)
    objects = prompts.objects(scene, chosen, asking.frames(scene))
    wishes = forms.wishes(chosen, objects)
    files = {wish: f"{place}/{forms.called(wish)}.####.exr" for wish in wishes}
    light = next((picture.light() for role, picture in properties.inputs(scene) if role.name == "plate"), "data")
    spaces = {wish: "data" if each.data else light for wish, each in wishes.items()}
    return ask(scene, asking.params(scene, chosen), number, files, spaces)


def ask(
    scene: bpy.types.Scene,
    params: dict[str, Any],
    number: int,
    outputs: dict[str, str],
    spaces: dict[str, str],
    wish: dict[str, Any] | None = None,
) -> Run:
    """Asks for a job that becomes a version of a scene; see `Run` for `spaces` and `wish`."""
    each = prepare(scene, params, number, outputs, spaces, wish)
    submit(each, params)
    return each


def prepare(
    scene: bpy.types.Scene,
    params: dict[str, Any],
    number: int,
    outputs: dict[str, str],
    spaces: dict[str, str],
    wish: dict[str, Any] | None = None,
    stop: Callable[[], None] | None = None,
) -> Run:
    """As `ask`, but for the asking: with `stop`, it is under way until `submit`, and is stopped by that."""
    first, last = params.get("range") or (scene.frame_start, scene.frame_end)
    version = Version(
        number,
        params["operation"],
        params["model"],
        first,
        last,
        params["seed"],
        params["parameters"],
        {role: _named(each) for role, each in params["inputs"].items()},
        outputs,
        now(),
    )
    each = _begin(scene, version, spaces, wish or {})
    if stop is not None:
        each.stop = stop
        each.handle = JobHandle(dict(outputs), callbacks=_told(each))
    return each


def submit(each: Run, params: dict[str, Any]) -> None:
    """Asks for what was prepared."""
    each.stop = None
    if each.wish:
        chain = _chain(each)
        each.handle = chain
        chain.ask(params)
    else:
        each.handle = each.agent.submit({**params, "outputs": dict(each.version.outputs)}, **_callbacks(each))
    each.said = telling.job(each.handle)


def cancel(scene: bpy.types.Scene) -> int:
    """Stops all that is under way for a scene, and gives how many that is. Frames that are done stay."""
    found = under_way(scene)
    for each in found:
        if each.stop is not None:
            each.stop()
        elif isinstance(each.handle, Chain):
            each.handle.stop(AgentError("Cancelled", "The scene was cancelled."))
        elif each.handle is not None:
            each.agent.cancel(each.handle)
    return len(found)


def under_way(scene: bpy.types.Scene | None = None) -> list[Run]:
    """Of a scene, or of all."""
    return [each for each in _runs if each.under_way and (scene is None or each.scene == scene.session_uid)]


def failed(scene: bpy.types.Scene) -> bool:
    """Whether the newest job of this session failed, or can no longer be watched."""
    mine = [each for each in _runs if each.scene == scene.session_uid]
    return bool(mine) and mine[-1].handle is not None and mine[-1].handle.state in ("failed", "lost")


def dismiss(scene: bpy.types.Scene) -> None:
    """What has ended is no longer told."""
    _runs[:] = [each for each in _runs if each.under_way or each.scene != scene.session_uid]


def status(scene: bpy.types.Scene) -> str:
    """How the newest of a scene's jobs stands, in a line."""
    said = [each.said for each in _runs if each.scene == scene.session_uid]
    if said:
        return said[-1]
    kept = record.versions(scene)
    if not kept:
        return "Nothing was run yet."
    return f"{telling.version(kept[-1])}: {kept[-1].state}"


def preview(scene: bpy.types.Scene) -> Preview | None:
    """How a frame looks that is being made for a scene."""
    found = under_way(scene)
    return found[-1].handle.preview if found else None


def fraction(scene: bpy.types.Scene) -> float:
    found = under_way(scene)
    return found[-1].handle.fraction if found else 0.0


def resume(scene: bpy.types.Scene) -> int:
    """Watches what was under way when the file was saved, and gives how many jobs that is. Raises `AgentError`."""
    found = [version for version in record.versions(scene) if version.open]
    return sum([_take_up(scene, version) or _watch(scene, version) for version in found])


def register() -> None:
    handlers.add(_HANDLERS)


def unregister() -> None:
    handlers.remove(_HANDLERS)
    _runs.clear()
    build.clear()
    came.clear()


@persistent
def _opened(*_: Any) -> None:
    """Another file is open: what it waits for is watched on. What the last one waited for comes, and waits for it."""
    for each in _runs:
        each.scene = 0
    for scene in bpy.data.scenes:
        try:
            resume(scene)
        except AgentError as error:
            print(f"Replate: {error}")


@persistent
def _undone(*_: Any) -> None:
    """What was asked for was asked for, whatever the artist takes back of the scene."""
    for each in _runs:
        keep(each)


_HANDLERS = {"load_post": _opened, "undo_post": _undone, "redo_post": _undone}


def _take_up(scene: bpy.types.Scene, version: Version) -> bool:
    """Goes on with a job of this session, of which the scene was opened again; False where there is none."""
    # The folder of its files is its own, also before the server has given it a name.
    for each in [each for each in _runs if each.version.outputs == version.outputs]:
        if each.handle is None or each.handle.state == "lost" or each.agent is not agent.started():
            _runs.remove(each)
            continue
        each.scene = scene.session_uid
        keep(each)
        if each.handle.ended:
            end(each)
        return True
    return False


def _watch(scene: bpy.types.Scene, version: Version) -> bool:
    """Goes on with a job of another session; False where the server had not written it down."""
    if not version.job:
        return False
    each = _begin(scene, version, **record.beside(scene, version.number))
    if each.wish:
        chain = _chain(each)
        each.handle = chain
        chain.watch(version.job)
    else:
        each.handle = each.agent.watch(version.job, dict(version.outputs), version.sequence, **_callbacks(each))
    return True


def _named(source: Mapping[str, Any]) -> str:
    """An input in a word, for the record."""
    if "path" in source:
        return str(source["path"])
    return f"job:{source['job']}/{source['output']}" if "job" in source else f"made:{source['operation']}"


def _begin(scene: bpy.types.Scene, version: Version, spaces: dict[str, str], wish: dict[str, Any]) -> Run:
    each = Run(scene.session_uid, version, spaces, wish, agent.current())
    _runs.append(each)
    keep(each)
    return each


def _chain(each: Run) -> Chain:
    wish = {"folder": each.version.outputs[SCENE].rpartition("/")[0], **each.wish}
    return Chain(each.agent, dict(each.version.outputs), wish, _told(each))


def _told(each: Run) -> Callbacks:
    return Callbacks(**{name[3:]: act for name, act in _callbacks(each).items()})


def _callbacks(each: Run) -> dict[str, Any]:
    def heard(handle: JobHandle, *_: Any) -> None:
        if each not in _runs:
            return
        each.version, each.said = each.version.heard(handle), telling.job(handle)
        keep(each)

    def framed(handle: JobHandle, frame: Any) -> None:
        first = not any(before.output == frame.output for before in handle.frames[:-1])
        heard(handle)
        if first and each in _runs and stage(each) is not None:
            show(each, frame.output)

    def ended(handle: JobHandle) -> None:
        heard(handle)
        if each in _runs and stage(each) is not None:
            end(each)

    return {"on_progress": heard, "on_frame": framed, "on_warning": heard, "on_ended": ended, "on_preview": heard}
