"""A plate from everything that Blender has: files, movies, images, clips and what the scene rendered.

python sources.py OUT ADDRESS PLATE MOVIE
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
from desk import connect, enable, finish, part, report


def main(out: str, address: str, plate: str, movie: str) -> None:
    enable()
    connect(address)
    asked = bpy.context.scene.replate
    asked.operation = "identity"
    first = plate.replace("####", "1001")
    told: dict[str, Any] = {}

    source = asked.in_plate
    source.path = first
    told["one frame"] = made()
    with bpy.context.temp_override(replate_picture=source):
        bpy.ops.replate.as_sequence()
    told["its sequence"] = made()
    source.path, source.start = movie, 1001
    told["a movie"] = made()

    source.source, source.image = "IMAGE", bpy.data.images.load(first)
    source.image.source = "SEQUENCE"
    told["an image"] = made()
    source.source, source.clip = "CLIP", bpy.data.movieclips.load(first)
    told["a clip"] = made()
    source.clip = bpy.data.movieclips.load(movie)
    source.clip.frame_start = 41
    told["a clip of a movie"] = made()
    source.source = "RENDER"
    rendered(Path(out).with_name("render"))
    told["the render"] = made()
    asked.frames = "SCENE"
    bpy.context.scene.frame_start = 4
    told["the scene's range"] = made()
    report(out, told)


def rendered(folder: Path) -> None:
    stage = bpy.context.scene
    stage.frame_start, stage.frame_end = 3, 4
    stage.render.engine = "CYCLES"
    stage.cycles.samples = 1
    stage.render.resolution_x, stage.render.resolution_y = 32, 24
    stage.render.image_settings.file_format = "OPEN_EXR"
    stage.render.filepath = f"{folder}/shot_"
    bpy.ops.render.render(animation=True)


def made() -> list[Any]:
    bpy.ops.replate.run()
    finish()
    version = part("work.record").versions(bpy.context.scene)[-1]
    pattern = version.outputs["plate"]
    return [version.state, part("work.jobs").status(bpy.context.scene), part("work.results").on_disk(pattern), pattern]


if __name__ == "__main__":
    main(*sys.argv[1:])
