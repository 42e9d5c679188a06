"""What the scene's properties ask for, as the agent's `submit` takes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bpy

from .. import preferences
from ..replate_host import AgentError
from ..replate_host.catalog import Operation
from . import prompts, properties


def params(scene: bpy.types.Scene, chosen: Operation, made: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An operation with its model, parameters and inputs. Inputs that are `made` are not looked at.

    Raises `AgentError` for what cannot be asked.
    """
    model = properties.model(scene, chosen)
    if model is not None and not model.available:
        raise AgentError("Unmet", model.unavailable_reason or f"{model.label} cannot run on this server.")
    wanted = frames(scene)
    return {
        "operation": chosen.name,
        **settings(scene, chosen),
        "inputs": {**_pictures(scene, chosen, wanted, made or {}), **(made or {})},
        "seed": scene.replate.seed,
        "title": f"{Path(bpy.data.filepath).stem} {scene.name}".strip()[:200],
        "project": preferences.chosen().project,
        "priority": "preview" if scene.replate.frames == "CURRENT" else "normal",
        **({"range": list(wanted)} if wanted else {}),
    }


def settings(scene: bpy.types.Scene, chosen: Operation) -> dict[str, Any]:
    """An operation's model and parameters."""
    model = properties.model(scene, chosen)
    return {
        "model": model.name if model is not None else "",
        "parameters": {
            **{field.parameter.name: field.value() for field in properties.fields(scene, chosen)},
            **prompts.parameters(scene, chosen, frames(scene)),
        },
    }


def frames(scene: bpy.types.Scene) -> tuple[int, int] | None:
    """The frames that are asked for; None for all of the plate."""
    if scene.replate.frames == "PLATE":
        return None
    now = scene.frame_current
    return (now, now) if scene.replate.frames == "CURRENT" else (scene.frame_start, scene.frame_end)


def _pictures(
    scene: bpy.types.Scene, chosen: Operation, wanted: tuple[int, int] | None, made: Mapping[str, Any]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for role, picture in properties.inputs(scene, chosen):
        if role.name in made or (picture.empty() and not properties.requires(scene, chosen, role)):
            continue
        asked = picture.asked(role.label, role.kind)
        # Which keyframes a range is painted by, and how far the plate must be read for that, the agent knows.
        if wanted and role.kind != "keys" and "####" in asked.get("path", ""):
            last = wanted[0] if role.kind == "still" else wanted[1]
            asked["frames"] = f"{wanted[0]}-{last}"
        found[role.name] = asked
    return found
