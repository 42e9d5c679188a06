"""An artist asks for things: every operation's panel, a job from its start to its image, one that is cancelled."""

from __future__ import annotations

from pathlib import Path

import bpy

from tools.look.inside.desk import (
    NOBODY,
    connect,
    ended,
    give,
    new_file,
    open_tab,
    preferences,
    redraw,
    results,
    sidebar,
    under_way,
    unfold,
    upper,
)
from tools.look.inside.stage import Stage, Steps


def panels(stage: Stage) -> Steps:
    """The tab with each operation that can be asked for."""
    yield from new_file(stage)
    yield from connect(stage)
    unfold()
    yield from new_file(stage)
    give("plate", stage.orders["plate"])
    settings = bpy.context.scene.replate
    for item in settings.bl_rna.properties["operation"].enum_items:
        settings.operation = item.identifier
        redraw()
        yield from stage.scroll(sidebar(stage.area("VIEW_3D")), 30)
        yield from stage.shot(f"operation-{item.identifier}")


def jobs(stage: Stage) -> Steps:
    """One that is cancelled with Esc, one that comes to its end and is looked at."""
    yield from new_file(stage)
    yield from connect(stage)
    area = stage.area("VIEW_3D")
    bpy.context.scene.replate.operation = "restyle"
    give("plate", stage.orders["plate"])
    give("style", stage.orders["style"])
    yield from stage.press("replate.run")
    yield from stage.until(lambda: any(run.handle.frames for run in under_way(stage)), "a frame came")
    yield from stage.shot("progress", upper(sidebar(area), 0.4), moving=True)
    yield from stage.key("ctrl+z")
    yield from stage.shot("progress-undo", moving=True)
    yield from stage.key("ctrl+shift+z")
    yield from stage.key("Escape")
    yield from ended(stage, 60.0)
    yield from stage.shot("cancelled")
    # What was done of it is not done again.
    yield from stage.press("replate.run")
    yield from stage.until(lambda: under_way(stage), "the job begins")
    yield from ended(stage)
    yield from stage.shot("done")
    newest = results()[0]
    shown = {"version": newest["replate_version"], "output": newest["replate_output"], "where": "EDITOR"}
    yield from stage.press("replate.place", **shown)
    yield from stage.until(lambda: len(bpy.context.window_manager.windows) == 2, "a window shows the result")
    yield from stage.shot("done-shown")
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[1]):
        bpy.ops.wm.window_close()
    area.type = "IMAGE_EDITOR"
    yield
    area.spaces.active.image = newest
    yield from open_tab(stage, "IMAGE_EDITOR")
    yield from stage.key("shift+Home")
    yield from stage.shot("result", area)


def problems(stage: Stage) -> Steps:
    """What is said when something is wrong."""
    yield from new_file(stage)
    yield from connect(stage)
    bpy.context.scene.replate.operation = "depth"
    give("plate", "")
    yield from stage.press("replate.run")
    yield from stage.shot("problem-no-plate")
    yield from stage.away()
    give("plate", str(Path(stage.orders["plate"]).with_name("gone.####.exr")))
    yield from stage.press("replate.run")
    yield from ended(stage)
    yield from stage.shot("problem-missing-file")
    give("plate", stage.orders["plate"])
    preferences().address = NOBODY
    yield from stage.press("replate.run")
    yield from ended(stage)
    yield from stage.shot("problem-dead-server")
