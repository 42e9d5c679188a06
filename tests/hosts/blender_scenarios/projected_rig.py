"""A restyled frame of a move projected onto the layers of a rig, which have soft edges; and onto layers that change.

python projected_rig.py OUT ADDRESS SCENE CHANGING STYLE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
from desk import connect, enable, finish, part, report
from projected import node_of, seen, select


def main(out: str, address: str, scene: str, changing: str, style: str) -> None:
    enable()
    connect(address)
    stage, folder = bpy.context.scene, Path(out).parent
    for thing in list(stage.objects):
        bpy.data.objects.remove(thing)
    stage.replate.in_style.path, stage.replate_move.place = style, "NONE"
    stage.replate.of_restyle.model = "restyle/invert"
    told: dict[str, Any] = {"through": []}
    for file in (scene, changing):
        rig = part("parallax.rig").build(file, stage=stage)
        part("parallax.moves").apply(rig, part("parallax.moves").Move("truck", 0.1), 1001, 1002, 24.0)
        stage.frame_end = 1002
        stage.render.engine = "CYCLES"
        stage.cycles.samples, stage.cycles.use_denoising, stage.cycles.use_adaptive_sampling = 1, False, False
        stage.cycles.pixel_filter_type, stage.cycles.filter_width = "BLACKMAN_HARRIS", 0.01
        bpy.ops.replate.restyle_move()
        finish()
        stage.frame_set(1002)
        select(*rig.layers)
        bpy.ops.replate.project()
        told["through"].append([node_of(layer).inputs["Through"].default_value for layer in rig.layers])
        if file == scene:
            told["result"] = part("work.record").versions(stage)[-1].outputs["plate"]
            seen(stage, folder / "same.exr")
        for thing in list(stage.objects):
            bpy.data.objects.remove(thing)
    report(out, told)


if __name__ == "__main__":
    main(*sys.argv[1:])
