"""Depth of a sequence, a restyle in its colours, the plate larger, and the depth again as another job's input.

python run_day.py OUT ADDRESS PLATE STYLE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
from desk import composited, connect, described, enable, finish, part, refusal, report


def main(out: str, address: str, plate: str, style: str) -> None:
    enable()
    told: dict[str, Any] = {"empty": refusal(bpy.ops.replate.run), "connected": connect(address)}
    wish = bpy.context.scene.replate
    wish.operation = "depth"
    told["refused"] = refusal(bpy.ops.replate.run)
    wish.in_plate.path = plate
    wish.of_depth.p_near, wish.of_depth.p_far = 2.0, 10.0
    told["depth"] = made("depth/depth.Z")
    composited(told["depth"]["image"], 1002, Path(out).with_name("composited.exr"))
    wish.operation = "restyle"
    wish.in_plate.space = "ACEScg"
    wish.in_style.path = style
    told["presets"] = presets(wish.of_restyle)
    wish.of_restyle.p_strength = 0.5
    told["restyle"] = made("plate")
    # A server that says something else: values stay, by name.
    catalog = part("catalog").known()
    part("work.properties").make(type(catalog)(operations=catalog.operations[::-1], models=catalog.models[::-1]))
    wish = bpy.context.scene.replate
    told["kept"] = [wish.operation, wish.of_restyle.p_strength, wish.of_depth.p_encoding, wish.in_plate.space]
    part("work.properties").make(catalog)
    wish = bpy.context.scene.replate
    wish.operation = "upscale"
    wish.of_upscale.model, wish.of_upscale.p_scale = "upscale/lanczos", "3x"
    told["upscale"] = made("plate")
    # One frame, of an image that is a result, without its pixels going anywhere.
    wish.operation, wish.frames = "identity", "CURRENT"
    bpy.context.scene.frame_set(1002)
    wish.in_plate.source, wish.in_plate.image = "IMAGE", told["depth"].pop("image")
    told["again"] = made("plate")
    for name in ("restyle", "upscale", "again"):
        told[name].pop("image")
    report(out, told)


def presets(group: Any) -> list[Any]:
    """What the menu says, and what it sets, as the artist goes through it."""

    def stands() -> list[Any]:
        return [group.preset_restyle_adain, round(group.p_strength, 4), group.p_keep_colour]

    told = [stands()]
    for name in ("adhere", "reimagine", "own"):
        group.preset_restyle_adain = name
        told.append(stands())
    group.p_strength = 0.125
    told.append(stands())
    group.p_keep_colour = False
    return told


def made(output: str) -> dict[str, Any]:
    before = set(bpy.data.images)
    bpy.ops.replate.run()
    finish()
    jobs, record, scene = part("work.jobs"), part("work.record"), bpy.context.scene
    (image,) = set(bpy.data.images) - before or {None}
    told: dict[str, Any] = {"status": jobs.status(scene), "state": record.versions(scene)[-1].state, "image": image}
    if image is not None:
        told |= {**described(image), "path": record.versions(scene)[-1].outputs[output], "name": image.name}
    return told


if __name__ == "__main__":
    main(*sys.argv[1:])
