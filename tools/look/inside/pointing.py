"""An artist points at what is to be cut out, in the Image Editor, and gets its matte."""

from __future__ import annotations

import bpy

from tools.look.inside.desk import connect, ended, give, new_file, open_tab, region, results, under_way
from tools.look.inside.stage import Stage, Steps

FRAME = 31
BELLY, GRASS, RABBIT = (0.32, 0.36), (0.72, 0.2), ((0.1, 0.79), (0.53, 0.15))
"""Of the demo's rabbit and its meadow on that frame, in the editor's view."""


def pointing(stage: Stage) -> Steps:
    yield from new_file(stage)
    yield from connect(stage)
    bpy.context.scene.replate.operation = "segment"
    bpy.context.scene.frame_set(FRAME)
    give("plate", stage.orders["plate"])
    area = stage.area("VIEW_3D")
    area.type = "IMAGE_EDITOR"
    yield
    yield from open_tab(stage, "IMAGE_EDITOR")
    yield from stage.shot("pointing-none")
    yield from stage.press("replate.point")
    yield from stage.until(lambda: area.spaces.active.image is not None, "the plate is shown")
    yield from stage.key("shift+Home")
    yield from stage.shot("pointing-plate")
    yield from stage.click(*_place(stage, area, BELLY))
    yield from stage.hold("ctrl", stage.click(*_place(stage, area, GRASS)))
    yield from stage.drag(*(_place(stage, area, each) for each in RABBIT))
    yield from stage.point_at(area, 0.3, 0.95)
    yield from stage.shot("pointing", area)
    yield from stage.key("Return")
    yield from stage.press("replate.run")
    yield from stage.until(lambda: under_way(stage), "the job begins")
    yield from ended(stage)
    yield from stage.shot("pointing-done")
    area.spaces.active.image = next(image for image in results() if "cryptomatte" not in image.name)
    yield from stage.shot("pointing-matte")


def _place(stage: Stage, area: object, at: tuple[float, float]) -> tuple[float, float]:
    """Where a place in the editor's view is in the window, from its top left."""
    main = region(area, "WINDOW")
    x, y = main.view2d.view_to_region(*at, clip=False)
    return main.x + x, stage.window.height - main.y - y
