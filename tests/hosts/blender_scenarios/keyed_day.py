"""Keyframes out of a folder, carried to one frame and to all of a plate, through the panels and a menu of presets.

python keyed_day.py OUT ADDRESS PLATE KEYS
"""

from __future__ import annotations

import json
import sys
from typing import Any

import bpy
from desk import connect, enable, finish, part, refusal, report


def main(out: str, address: str, plate: str, keys: str) -> None:
    enable()
    connect(address)
    stage = bpy.context.scene
    wish = stage.replate
    wish.operation = "restyle"
    wish.in_plate.path = plate
    told: dict[str, Any] = {"style": refusal(bpy.ops.replate.run)}
    wish.of_restyle.model = "restyle/keyframes"
    told["keyframes"] = refusal(bpy.ops.replate.run)
    wish.in_keyframes.path = keys
    wish.of_restyle.preset_restyle_keyframes = "reimagine"
    wish.frames = "CURRENT"
    stage.frame_set(1002)
    told["one"] = made()
    wish.frames = "PLATE"
    told["all"] = made()
    report(out, told)


def made() -> dict[str, Any]:
    bpy.ops.replate.run()
    finish()
    version = part("work.record").versions(bpy.context.scene)[-1]
    pattern = version.outputs["plate"]
    return {
        "state": version.state,
        "said": part("work.jobs").status(bpy.context.scene),
        "inputs": json.loads(version.recipe)["inputs"] if version.recipe else {},
        "strength": version.parameters["strength"],
        "frames": part("work.results").on_disk(pattern),
        "pattern": pattern,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
