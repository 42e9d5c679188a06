"""Words for a model, and what it makes of them, looked at while it does.

python sketched.py OUT ADDRESS PLATE STYLE GATE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
from desk import connect, enable, finish, part, report, wait


def main(out: str, address: str, plate: str, style: str, gate: str) -> None:
    enable()
    connect(address)
    scene = bpy.context.scene
    wish, properties, jobs = scene.replate, part("work.properties"), part("work.jobs")
    wish.operation, wish.frames = "restyle", "CURRENT"
    scene.frame_set(1001)
    wish.in_plate.path, wish.in_plate.space, wish.in_style.path = plate, "ACEScg", style
    asked = wish.of_restyle
    told: dict[str, Any] = {"silent": properties.prompt(scene)}
    asked.model = "restyle/sketching"
    own = asked.own_restyle_sketching
    told["begun"] = properties.prompt(scene)
    own.p_prompt, own.p_keep, own.p_gate = "a winter night", "her face", Path(gate).name
    told["spoken"] = properties.prompt(scene)
    told["before"] = jobs.preview(scene)
    datablocks = len(bpy.data.images)
    bpy.ops.replate.run()
    wait(lambda: jobs.preview(scene), "something is seen")
    preview = jobs.preview(scene)
    picture = part("tab.making").picture(preview)
    told["seen"] = [preview.number, preview.path, list(picture.image_size), len(set(picture.image_pixels_float))]
    wait(lambda: jobs.preview(scene) != preview, "a later one is seen")
    later = part("tab.making").picture(jobs.preview(scene))
    told["later"] = [jobs.preview(scene).path, list(later.image_size)]
    told["datablocks"] = len(bpy.data.images) - datablocks
    Path(gate).write_text("1000", encoding="utf-8")
    finish()
    told["after"], told["status"] = jobs.preview(scene), jobs.status(scene)
    bpy.ops.preferences.addon_disable(module=part("agent").__package__)
    report(out, told)


if __name__ == "__main__":
    main(*sys.argv[1:])
