"""What an artist does in Blender with the demo's scene. Blender's own Python runs this file, and no other does:

    python artist.py ORDERS

ORDERS is a JSON file, an `Orders` of blender.py. What is to be known outside is said in lines that are JSON objects.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy

MODULE = "bl_ext.user_default.replate"
ROOT = Path(__file__).resolve().parents[3]


def main(orders: str) -> None:
    asked = json.loads(Path(orders).read_text(encoding="utf-8"))
    _enable()
    try:
        _connect(asked["address"])
        stage = _open(asked)
        _keep(asked["blend"])
        made = _restyled(stage, asked)
        _keep(asked["blend"])
        _say(**made)
    except (RuntimeError, ValueError) as error:
        _say(problem=str(error).removeprefix("Error: ").strip())
    _part("agent").forget()
    # Blender's own way out prints of memory that it did not free, and takes its time.
    os._exit(0)


def _enable() -> None:
    """Puts the extension where Blender looks for what was installed, and enables it."""
    home = Path(os.environ["BLENDER_USER_RESOURCES"]) / "extensions" / "user_default" / "replate"
    shutil.rmtree(home, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "blender_addon", home, ignore=unwanted)
    shutil.copytree(ROOT / "client" / "replate_host", home / "replate_host", ignore=unwanted)
    bpy.ops.preferences.addon_enable(module=MODULE)


def _connect(address: str) -> None:
    bpy.context.preferences.addons[MODULE].preferences.address = address
    bpy.ops.replate.connect()
    manager = bpy.context.window_manager
    while manager["replate_connection"] == "Asking the server":
        _listen()
    if not manager["replate_connection"].startswith("Connected"):
        raise RuntimeError(manager["replate_connection"])


def _open(asked: dict[str, Any]) -> Any:
    """The scene with its camera's move, as it is rendered and as somebody finds it who opens the file."""
    stage = bpy.context.scene
    for thing in list(stage.objects):
        bpy.data.objects.remove(thing)
    rig = _part("parallax.rig").build(asked["scene"], stage=stage)
    moves = _part("parallax.moves")
    fps = stage.render.fps / stage.render.fps_base
    moves.apply(rig, moves.Move(**asked["move"]), stage.frame_start, stage.frame_end, fps)
    rig.pivot.delta_rotation_euler[1] = asked["turned"]
    rig.camera[_part("parallax.pieces").ZOOM] = asked["zoom"]
    rig.camera.data.shift_y += asked["raised"]
    stage.render.engine = "CYCLES"
    stage.cycles.device = "CPU"
    # The layers are lit by themselves: what is sampled is the pixel alone.
    stage.cycles.samples, stage.cycles.use_adaptive_sampling = asked["samples"], False
    stage.cycles.use_denoising = False
    stage.cycles.pixel_filter_type = "BLACKMAN_HARRIS"
    bpy.context.view_layer.objects.active = rig.root
    return stage


def _restyled(stage: Any, asked: dict[str, Any]) -> dict[str, str]:
    """Renders the move and has it restyled; patterns of the files, #### for the frame's number."""
    properties = _part("work.properties")
    stage.replate.in_style.path = asked["style"]
    stage.replate.of_restyle.model = asked["model"]
    for field in properties.fields(stage, properties.named("restyle")):
        if field.parameter.name in asked["parameters"]:
            setattr(field.group, field.name, asked["parameters"][field.parameter.name])
    total = stage.frame_end - stage.frame_start + 1
    stage.replate_move.place = "NONE"
    done: list[int] = []

    def rendered(scene: Any, *_: Any) -> None:
        done.append(scene.frame_current)
        _say(bar="move", done=len(done), news="Blender renders")

    bpy.app.handlers.render_write.append(rendered)
    bpy.ops.replate.restyle_move()
    jobs, before = _part("work.jobs"), 0
    while jobs.under_way(stage):
        now = round(jobs.fraction(stage) * total)
        if now > before:
            _say(bar="restyled move", done=now, news="")
            before = now
        _listen()
    version = _part("work.record").versions(stage)[-1]
    if version.state != "done":
        raise RuntimeError(jobs.status(stage))
    _say(bar="restyled move", done=total, news="")
    return {"rendered": version.inputs["plate"], "restyled": version.outputs["plate"]}


def _keep(blend: str) -> None:
    """With paths that hold where the folder goes, and no older one beside it."""
    bpy.context.preferences.filepaths.save_version = 0
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    bpy.ops.file.make_paths_relative()
    bpy.ops.wm.save_mainfile()


def _listen() -> None:
    """The body of the timer, which there is none of without a window."""
    _part("agent").drain()
    time.sleep(0.05)


def _part(name: str) -> ModuleType:
    return importlib.import_module(f"{MODULE}.{name}")


def _say(**told: Any) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
