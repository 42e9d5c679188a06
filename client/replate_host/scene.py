"""`scene.json` as a host reads it: strictly, and with nothing but the standard library. Said in full in docs/scene.md.

Axes are USD's: x to the right, y up, and the camera at rest at the origin, looking down -Z. Picture axes are the
plate's: origin at the top left, y down.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERSION = 1

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_PATH = re.compile(r"[A-Za-z0-9_.#-]+(/[A-Za-z0-9_.#-]+)*")
_KEYS = {
    "the scene": "replate_scene title metric frames format camera layers",
    "frames": "first last fps",
    "format": "display_window data_window pixel_aspect colour_space",
    "camera": "focal sensor offset",
    "a layer": "name kind picture depth geometry area distance near far cells",
}


@dataclass(frozen=True)
class Layer:
    """What lies at one depth. Paths are relative to the scene file; #### is the frame."""

    name: str
    kind: str
    """"card" or "grid"."""
    picture: str
    depth: str
    geometry: str
    area: tuple[float, float, float, float]
    """Left, top, width and height of what the surface covers, in the plate's pixels."""
    distance: float
    near: float
    far: float
    cells: tuple[int, int]


@dataclass(frozen=True)
class Scene:
    title: str
    metric: bool
    first: int
    last: int
    fps: float
    display_window: tuple[int, int, int, int]
    """Left, top, width and height."""
    data_window: tuple[int, int, int, int]
    pixel_aspect: float
    colour_space: str
    focal: float
    """Millimetres, as are the sensor's width and height and the lens's offset, right and up."""
    sensor: tuple[float, float]
    offset: tuple[float, float]
    layers: tuple[Layer, ...]
    """Back to front."""

    @property
    def still(self) -> bool:
        return self.first == self.last

    @property
    def centre(self) -> tuple[float, float]:
        """Where the lens's axis meets the picture, in pixels."""
        left, top, width, height = self.display_window
        right, up = self.offset
        return left + width * (0.5 - right / self.sensor[0]), top + height * (0.5 + up / self.sensor[1])

    def rectangle(self, layer: Layer) -> tuple[float, float, float, float]:
        """A layer's area as rays of the camera at rest, on the plane at the distance 1: left, bottom, right, top."""
        (_, _, wide, high), (x, y) = self.display_window, self.centre
        across, up = self.sensor[0] / wide / self.focal, self.sensor[1] / high / self.focal
        left, top, width, height = layer.area
        return (left - x) * across, (y - top - height) * up, (left + width - x) * across, (y - top) * up


def read_scene(path: str | Path) -> Scene:
    """The scene of a `scene.json`.

    Raises ValueError, in one sentence, for a file that cannot be read, is no scene, holds what it must not, or comes
    from a later Replate.
    """
    file = Path(path)
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{file.as_posix()} cannot be read ({error.strerror}): check the path.") from None
    except (ValueError, RecursionError):
        raise ValueError(f"{file.as_posix()} is no scene file: write the scene again with Replate.") from None
    try:
        return scene_of(found)
    except ValueError as error:
        raise ValueError(f"{file.as_posix()}: {error}") from None


def scene_of(found: Any) -> Scene:
    """A scene from what `scene.json` holds. Raises ValueError as `read_scene` does."""
    version = found.get("replate_scene") if isinstance(found, dict) else None
    if version != VERSION or isinstance(version, bool):
        raise ValueError(
            f"the scene is of version {version}, and this Replate reads {VERSION}: install the one that wrote it."
        )
    top = _keys(found, "the scene")
    frames, format_, lens = (_keys(top[part], part) for part in ("frames", "format", "camera"))
    if not isinstance(top["layers"], list):
        raise ValueError("layers is no list: write the scene again.")
    scene = Scene(
        title=_text(top["title"]),
        metric=_flag(top["metric"]),
        first=_whole(frames["first"]),
        last=_whole(frames["last"]),
        fps=_over(frames["fps"], "frame rate"),
        display_window=_window(format_["display_window"]),
        data_window=_window(format_["data_window"]),
        pixel_aspect=_over(format_["pixel_aspect"], "pixel aspect"),
        colour_space=_text(format_["colour_space"]),
        focal=_over(lens["focal"], "focal length"),
        sensor=_pair(lens["sensor"]),
        offset=_pair(lens["offset"]),
        layers=tuple(_layer(layer) for layer in top["layers"]),
    )
    _check(scene)
    return scene


def _layer(found: Any) -> Layer:
    keys = _keys(found, "a layer")
    name, kind = _text(keys["name"]), _text(keys["kind"])
    if not _NAME.fullmatch(name):
        raise ValueError(f'"{name}" is no name for a layer: use letters, digits and underscores.')
    if kind not in ("card", "grid"):
        raise ValueError(f'the layer {name} is a "{kind}", and there are cards and grids: write the scene again.')
    picture, depth, geometry = (_path(keys[file]) for file in ("picture", "depth", "geometry"))
    left, top, width, height = _numbers(keys["area"], 4)
    near, distance, far = (_over(keys[which], "distance") for which in ("near", "distance", "far"))
    if not near <= distance <= far:
        raise ValueError(f"the layer {name} is at {distance:g}, but from {near:g} to {far:g}: write the scene again.")
    columns, rows = (_whole(number) for number in _listed(keys["cells"], 2))
    if min(columns, rows) < 1 or max(columns, rows) > 4096:
        raise ValueError(f"the layer {name} has {columns} x {rows} cells: write the scene again.")
    return Layer(name, kind, picture, depth, geometry, (left, top, width, height), distance, near, far, (columns, rows))


def _check(scene: Scene) -> None:
    """What one part of a scene alone does not show."""
    _, _, width, height = scene.display_window
    high = scene.sensor[0] * height / (width * scene.pixel_aspect)
    if min(scene.sensor) <= 0 or abs(scene.sensor[1] - high) > 1e-4 * high:
        raise ValueError(
            f"the sensor is {scene.sensor[0]:g} x {scene.sensor[1]:g} mm, which is not the format's shape."
        )
    if scene.first > scene.last:
        raise ValueError(f"the frames {scene.first}-{scene.last} are no range.")
    if not _within(scene.display_window, scene.data_window):
        raise ValueError("the data window does not cover the format: write the scene again.")
    for layer in scene.layers:
        if not _within(scene.data_window, layer.area):
            raise ValueError(f"the layer {layer.name} does not cover the data window: write the scene again.")
    names = {layer.name.lower() for layer in scene.layers}
    if not 1 <= len(names) == len(scene.layers) <= 64:
        raise ValueError("a scene has 1 to 64 layers, each with a name of its own: write the scene again.")


def _within(inner: tuple[float, ...], outer: tuple[float, ...]) -> bool:
    return all(
        outer[side] <= inner[side] and inner[side] + inner[side + 2] <= outer[side] + outer[side + 2] for side in (0, 1)
    )


def _keys(found: Any, what: str) -> Mapping[str, Any]:
    wanted = set(_KEYS[what].split())
    if not isinstance(found, dict) or set(found) != wanted:
        odd = ", ".join(sorted(map(str, wanted ^ set(found if isinstance(found, dict) else ()))))
        raise ValueError(f"{what} has too little or too much; look at {odd}.")
    return found


def _path(found: Any) -> str:
    path = _text(found)
    if not _PATH.fullmatch(path) or ".." in path.split("/"):
        raise ValueError(f'"{path}" is no path within the scene: write it relative, with forward slashes.')
    return path


def _text(found: Any) -> str:
    if not isinstance(found, str) or len(found) > 4096:
        raise ValueError(f'"{str(found)[:40]}" stands where a text should.')
    return found


def _flag(found: Any) -> bool:
    if not isinstance(found, bool):
        raise ValueError(f'"{found}" stands where true or false should.')
    return found


def _whole(found: Any) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) > 1e9:
        raise ValueError(f'"{found}" stands where a whole number should.')
    return found


def _number(found: Any) -> float:
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not abs(found) < 1e9:
        raise ValueError(f'"{found}" stands where a number should.')
    return float(found)


def _over(found: Any, what: str) -> float:
    if _number(found) <= 0:
        raise ValueError(f"the {what} is {found}: it is over 0.")
    return float(found)


def _listed(found: Any, count: int) -> list[Any]:
    if not isinstance(found, list) or len(found) != count:
        raise ValueError(f'"{found}" stands where a list of {count} numbers should.')
    return found


def _numbers(found: Any, count: int) -> list[float]:
    return [_number(number) for number in _listed(found, count)]


def _pair(found: Any) -> tuple[float, float]:
    first, second = _numbers(found, 2)
    return first, second


def _window(found: Any) -> tuple[int, int, int, int]:
    x, y, width, height = (_whole(number) for number in _listed(found, 4))
    if min(width, height) < 1:
        raise ValueError(f"a window of {width} x {height} holds no picture.")
    return x, y, width, height
