"""An artist asks for things: every operation's panel, a job from its start to its image, one that is cancelled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from tools.look.inside.desk import NOBODY, connect, give, new_file, open_tab, preferences, under_way
from tools.look.inside.stage import Stage, Steps


def panels(stage: Stage) -> Steps:
    """The tab with each operation that can be asked for."""
    yield from new_file(stage)
    yield from connect(stage, stage.orders["address"])
    bpy.context.scene.replate.in_plate.path = stage.orders["plate"]
    settings = bpy.context.scene.replate
    for item in settings.bl_rna.properties["operation"].enum_items:
        settings.operation = item.identifier
        stage.area("VIEW_3D").tag_redraw()
        yield from stage.shot(f"operation-{item.identifier}")


def jobs(stage: Stage) -> Steps:
    """One that is cancelled with Esc, one that comes to its end and is looked at."""
    yield from new_file(stage)
    yield from connect(stage, stage.orders["address"])
    bpy.context.scene.replate.operation = "restyle"
    give("plate", stage.orders["plate"])
    give("style", stage.orders["style"])
    yield from stage.press("replate.run")
    yield from stage.until(lambda: any(run.handle.frames for run in under_way(stage)), "a frame came")
    yield from stage.shot("progress")
    yield from stage.key("ctrl+z")
    yield from stage.shot("progress-undo")
    yield from stage.key("Escape")
    yield from stage.until(lambda: not under_way(stage), "Esc stops the job")
    yield from stage.shot("cancelled")
    # What was done of it is not done again.
    yield from stage.press("replate.run")
    yield from stage.until(lambda: under_way(stage), "the job begins")
    yield from stage.until(lambda: not under_way(stage), "the job ends", 300.0)
    yield from stage.shot("done")
    area = stage.area("VIEW_3D")
    area.type = "IMAGE_EDITOR"
    area.spaces.active.image = max(_results(), key=lambda image: image["replate_version"])
    yield
    yield from open_tab(stage, "IMAGE_EDITOR")
    yield from stage.shot("image-editor")


def problems(stage: Stage) -> Steps:
    """What is said when something is wrong."""
    yield from new_file(stage)
    yield from connect(stage, stage.orders["address"])
    bpy.context.scene.replate.operation = "depth"
    give("plate", "")
    yield from stage.press("replate.run")
    yield from stage.shot("problem-no-plate")
    yield from stage.away()
    give("plate", str(Path(stage.orders["plate"]).with_name("gone.####.exr")))
    yield from stage.press("replate.run")
    yield from stage.until(lambda: not under_way(stage), "the job ends")
    yield from stage.shot("problem-missing-file")
    give("plate", stage.orders["plate"])
    preferences().address = NOBODY
    yield from stage.press("replate.run")
    yield from stage.until(lambda: not under_way(stage), "the job ends")
    yield from stage.shot("problem-dead-server")


def _results() -> list[Any]:
    return [image for image in bpy.data.images if "replate_version" in image]
