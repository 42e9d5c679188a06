"""A move that is cancelled while it is rendered, ones that cannot be rendered, and settings in a saved file.

python move_stopped.py OUT ADDRESS SCENE STYLE
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import bpy
from desk import connect, enable, finish, part, refusal, report
from move_day import restyled, settings


def main(out: str, address: str, file: str, style: str) -> None:
    enable()
    connect(address)
    stage, folder = bpy.context.scene, Path(out).parent
    stage.replate.in_style.path = style
    stage.replate.of_restyle.model = "restyle/invert"
    stage.camera = part("parallax.rig").build(file, stage=stage).camera
    stage.frame_end = 1003
    stage.render.engine, stage.cycles.samples, stage.cycles.use_denoising = "CYCLES", 1, False
    # Without a window rendering is waited for: who cancels is a handler of the render's.
    before = settings(stage)
    bpy.app.handlers.render_write.append(cancel)
    told: dict[str, Any] = {"cancelled": restyled("STRIP")}
    bpy.app.handlers.render_write.remove(cancel)
    told["kept"] = kept(stage, before)
    told["files"] = sorted(path.name for path in Path(told["cancelled"]["plate"]).parent.iterdir())
    told["images"] = [image.name for image in bpy.data.images if "replate_version" in image]

    (folder / "a file").write_text("", encoding="utf-8")
    os.environ["REPLATE_CACHE"] = str(folder / "a file")
    told["nowhere"] = refusal(bpy.ops.replate.restyle_move)
    del os.environ["REPLATE_CACHE"]
    stage.camera = bpy.data.objects["layer1"]
    told["no camera"] = refusal(bpy.ops.replate.restyle_move)
    told["kept"] += kept(stage, before)
    told["under way"] = len(part("work.jobs").under_way())

    # Saved while it is rendered, and opened again.
    borrowed = part("render.borrowed")
    borrowed.borrow(stage, [("render", "filepath", "/elsewhere"), ("render", "use_motion_blur", True)])
    told["lent"] = [stage.render.filepath, stage.render.use_motion_blur]
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "saved.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(folder / "saved.blend"))
    told["kept"] += kept(bpy.context.scene, before)
    finish()
    report(out, told)


def cancel(scene: bpy.types.Scene, *_: Any) -> None:
    part("work.jobs").cancel(scene)


def kept(stage: bpy.types.Scene, before: dict[str, Any]) -> list[str]:
    """Settings that are not what they were."""
    return [name for name, value in settings(stage).items() if value != before[name] and name in before]


if __name__ == "__main__":
    main(*sys.argv[1:])
