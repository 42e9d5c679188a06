"""An artist connects: the preferences, a server that is not there, one that is."""

from __future__ import annotations

import bpy

from tools.look.inside.desk import NOBODY, connect, give, new_file, open_tab, sidebar, upper
from tools.look.inside.stage import EXTENSION, Stage, Steps

ELSEWHERE = "render1:7431"


def connecting(stage: Stage) -> Steps:
    yield from new_file(stage)
    yield from stage.shot("tab-new")
    yield from connect(stage, NOBODY)
    yield from stage.shot("tab-nobody")
    yield from stage.press("replate.run")
    yield from stage.shot("tab-run-nobody")
    yield from stage.away()

    area = stage.area("VIEW_3D")
    area.type = "PREFERENCES"
    bpy.context.preferences.active_section = "ADDONS"
    bpy.ops.preferences.addon_expand(module=EXTENSION)
    bpy.context.window_manager.addon_search = "Replate"
    yield from stage.point_at(area, 0.8, 0.8)
    yield from stage.shot("preferences-nobody")
    yield from connect(stage, ELSEWHERE)
    yield from stage.shot("preferences-offline")
    yield from stage.away()
    yield from connect(stage)
    yield from stage.shot("preferences", upper(area, 0.55))
    area.type = "VIEW_3D"
    yield
    yield from open_tab(stage)
    yield from stage.shot("tab-connected")
    give("plate", stage.orders["plate"])
    yield from stage.shot("tab", sidebar(area))
