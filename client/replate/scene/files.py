"""`scene.json`, read and written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from replate.errors import BadRequest, NotFound
from replate.frame import Box
from replate.media.writing import written_beside
from replate.scene.contract import FILE, VERSION, Area, Camera, Kind, Scene, SceneLayer, finite


def write_scene(scene: Scene, folder: Path) -> Path:
    """Writes `scene.json` into the scene's folder, whole or not at all. Gives its path."""
    path = folder / FILE
    with written_beside(path) as temporary:
        text = json.dumps(as_json(scene), indent=2)
        # A list of numbers on one line.
        text = re.sub(r"\[[^][{}]*\]", lambda found: "[" + " ".join(found[0][1:-1].split()) + "]", text)
        temporary.write_text(text + "\n", encoding="utf-8")
    return path


def read_scene(path: str | Path) -> Scene:
    """A scene from its `scene.json`, or from the folder that it lies in.

    Raises `NotFound`, and `BadRequest` for what is no scene file, holds what a scene cannot
    be, or comes from a later Replate.
    """
    path = Path(path)
    path = path / FILE if path.is_dir() else path
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"There is no scene file {path}: check the path.") from None
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{path} is no scene file ({type(error).__name__}): write the scene again.") from None
    try:
        return _scene(found)
    except BadRequest as error:
        raise BadRequest(f"{path}: {error}") from None


def as_json(scene: Scene) -> Mapping[str, Any]:
    """What `scene.json` holds."""
    camera = scene.camera
    return {
        "replate_scene": VERSION,
        "title": scene.title,
        "metric": scene.metric,
        "frames": {"first": scene.first, "last": scene.last, "fps": scene.fps},
        "format": {
            "display_window": _listed(scene.display_window),
            "data_window": _listed(scene.data_window),
            "pixel_aspect": scene.pixel_aspect,
            "colour_space": scene.colour_space,
        },
        "camera": {"focal": camera.focal, "sensor": list(scene.sensor), "offset": list(camera.offset)},
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind.value,
                "picture": layer.picture,
                "depth": layer.depth,
                "geometry": layer.geometry,
                "area": [layer.area.x, layer.area.y, layer.area.width, layer.area.height],
                "distance": layer.distance,
                "near": layer.near,
                "far": layer.far,
                "cells": [layer.columns, layer.rows],
            }
            for layer in scene.layers
        ],
    }


def _scene(found: object) -> Scene:
    top = _keys(found, "the scene file", "replate_scene title metric frames format camera layers")
    if top["replate_scene"] != VERSION:
        raise BadRequest(
            f"the scene file is of version {top['replate_scene']}, and this Replate reads {VERSION}: "
            "install the Replate that wrote it."
        )
    frames = _keys(top["frames"], "frames", "first last fps")
    format_ = _keys(top["format"], "format", "display_window data_window pixel_aspect colour_space")
    lens = _keys(top["camera"], "camera", "focal sensor offset")
    width, height = _numbers(lens["sensor"], 2)
    right, up = _numbers(lens["offset"], 2)
    layers = top["layers"]
    if not isinstance(layers, list):
        raise BadRequest("layers is no list.")
    scene = Scene(
        title=_text(top["title"]),
        camera=Camera(finite(lens["focal"]), width, (right, up)),
        display_window=_box(format_["display_window"]),
        data_window=_box(format_["data_window"]),
        pixel_aspect=finite(format_["pixel_aspect"]),
        colour_space=_text(format_["colour_space"]),
        first=_whole(frames["first"]),
        last=_whole(frames["last"]),
        fps=finite(frames["fps"]),
        metric=_flag(top["metric"]),
        layers=tuple(map(_layer, layers)),
    )
    if abs(height - scene.sensor[1]) > 1e-4 * scene.sensor[1]:
        raise BadRequest(
            f"the sensor is {width:g} x {height:g} mm, but a format of this shape needs a height of "
            f"{scene.sensor[1]:g} mm."
        )
    return scene


def _layer(found: object) -> SceneLayer:
    keys = _keys(found, "a layer", "name kind picture depth geometry area distance near far cells")
    kind = _text(keys["kind"])
    if kind not in {each.value for each in Kind}:
        raise BadRequest(f'"{kind}" is no kind of layer: there are {", ".join(each.value for each in Kind)}.')
    columns, rows = map(_whole, _listed_of(keys["cells"], 2))
    return SceneLayer(
        name=_text(keys["name"]),
        kind=Kind(kind),
        picture=_text(keys["picture"]),
        depth=_text(keys["depth"]),
        geometry=_text(keys["geometry"]),
        area=Area(*_numbers(keys["area"], 4)),
        distance=finite(keys["distance"]),
        near=finite(keys["near"]),
        far=finite(keys["far"]),
        columns=columns,
        rows=rows,
    )


def _keys(found: object, what: str, names: str) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise BadRequest(f"{what} is no object.")
    wanted = set(names.split())
    if set(found) != wanted:
        odd = ", ".join(sorted(map(str, wanted ^ set(found))))
        raise BadRequest(f"{what} must have {', '.join(names.split())} and nothing else; look at {odd}.")
    return found


def _listed(box: Box) -> list[int]:
    return [box.x, box.y, box.width, box.height]


def _box(found: object) -> Box:
    return Box(*map(_whole, _listed_of(found, 4)))


def _numbers(found: object, count: int) -> list[float]:
    return [finite(number) for number in _listed_of(found, count)]


def _listed_of(found: object, count: int) -> list[Any]:
    if not isinstance(found, list) or len(found) != count:
        raise BadRequest(f'"{found}" stands where a list of {count} numbers should.')
    return found


def _whole(found: object) -> int:
    if isinstance(found, bool) or not isinstance(found, int):
        raise BadRequest(f'"{found}" stands where a whole number should.')
    return found


def _text(found: object) -> str:
    if not isinstance(found, str) or len(found) > 4096:
        raise BadRequest("a text is missing, or is too long.")
    return found


def _flag(found: object) -> bool:
    if not isinstance(found, bool):
        raise BadRequest(f'"{found}" stands where true or false should.')
    return found
