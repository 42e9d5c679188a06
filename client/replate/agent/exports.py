"""A scene as the host has it now, written for another host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from replate.agent import asked
from replate.errors import BadRequest
from replate.scene import read_scene
from replate.scene.contract import Scene, finite
from replate.scene.exporting import ExportKind, export
from replate.scene.staging import MOST_FRAMES, Numbers, Put, Shooting, Staging, at_rest

_LENS, _FOCUS = {"focal", "sensor", "offset"}, {"focus", "fstop"}


def write(params: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the file that `export` asks for. Raises `BadRequest` and what `replate.scene.exporting.export` raises."""
    path, out = asked.folder(params, "scene"), asked.folder(params, "out")
    if "kind" not in params:
        raise BadRequest(f"'kind' is missing: give {', '.join(each.value for each in ExportKind)}.")
    kind = asked.choice(params, "kind", ExportKind, ExportKind.USD)
    folder = path if path.is_dir() else path.parent
    staging = _staging(params, read_scene(path))
    unsaid = export(staging, folder, out, kind, asked.field(params, "frame", int, staging.first))
    return {"path": out.as_posix(), "warnings": unsaid}


def _staging(params: Mapping[str, Any], scene: Scene) -> Staging:
    rest = at_rest(scene)
    views = asked.field(params, "camera", list, [])
    layers = asked.field(params, "layers", dict, {})
    return Staging(
        scene,
        asked.field(params, "first", int, scene.first),
        asked.number(params, "fps") or scene.fps,
        _shooting(views) if views else rest.camera,
        {name: _put(name, said) for name, said in layers.items()},
    )


def _shooting(views: list[Any]) -> Shooting:
    if len(views) > MOST_FRAMES:
        raise BadRequest(f"A camera of {len(views)} frames cannot be exported: give 1 to {MOST_FRAMES}.")
    for view in views:
        if not isinstance(view, dict) or set(view) - _FOCUS != {"matrix", *_LENS}:
            raise BadRequest(f"A frame of 'camera' must have matrix, focal, sensor and offset; it is {view!r:.80}.")
    return Shooting(
        np.stack([_matrix(view["matrix"], "camera") for view in views]),
        np.array([finite(view["focal"]) for view in views]),
        np.array([_pair(view["sensor"]) for view in views]),
        np.array([_pair(view["offset"]) for view in views]),
        np.array([finite(view.get("focus", 0)) for view in views]),
        np.array([finite(view.get("fstop", 0)) for view in views]),
    )


def _put(name: str, said: object) -> Put:
    if not isinstance(said, dict) or not set(said) <= {"matrices", "hidden"}:
        raise BadRequest(f"The layer {name!r:.80} may have matrices and hidden, and nothing else.")
    found = said.get("matrices", [list(np.eye(4).flat)])
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_FRAMES:
        raise BadRequest(f"The layer {name!r:.80} has no list of 1 to {MOST_FRAMES} matrices.")
    matrices = np.stack([_matrix(each, f"layer {name!r:.80}") for each in found])
    return Put(matrices, asked.field(said, "hidden", bool, False))


def _matrix(said: object, what: str) -> Numbers:
    """[4, 4], of 16 numbers, row by row."""
    if not isinstance(said, list) or len(said) != 16:
        raise BadRequest(f"A matrix of the {what} must be 16 numbers, row by row.")
    return np.array([finite(number) for number in said]).reshape(4, 4)


def _pair(said: object) -> list[float]:
    if not isinstance(said, list) or len(said) != 2:
        raise BadRequest(f"'{said!r:.80}' stands where two lengths should.")
    return [finite(number) for number in said]
