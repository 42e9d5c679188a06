"""A staged scene as a Nuke script: `scene.nk` with the artist's camera in its own keyframes, and the layers put where
they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from replate.media.writing import written_beside
from replate.scene.contract import FILE
from replate.scene.files import as_json
from replate.scene.nuke import group
from replate.scene.staging import Numbers, Put, Staging, parts
from replate_host.parallax import BUILT, OWN, Control, Node, controls, layer_controls, nodes, record
from replate_host.scene import scene_of

_LEAST_SCALE = 0.01
"""Of a layer's distance, in the network."""


def write_staged_nuke(staging: Staging, folder: Path, out: Path) -> None:
    """Writes `out`, which ends in .nk, for the scene that lies in `folder`."""
    text = staged_script(staging, folder.resolve())
    with written_beside(out) as temporary:
        temporary.write_text(text, encoding="utf-8")


def staged_script(staging: Staging, folder: Path) -> str:
    """The script. Raises `BadRequest` for a layer that is sheared."""
    hosts = scene_of(as_json(staging.scene))
    own, inside = controls(hosts, (folder / FILE).as_posix()), nodes(hosts, folder.as_posix())
    now = list(_nodes(staging, inside))
    said = _camera(staging) | _layers(staging)
    said[BUILT] = _record(said, own, inside, now)
    return group((replace(control, value=said.get(control.name, control.value)) for control in own), now)


def _record(said: dict[str, str], own: Sequence[Control], inside: Sequence[Node], now: Sequence[Node]) -> str:
    """Of all that is not the scene's own, what that has: so it stays when the group is built again."""
    there = {node.name: node for node in now}
    return record(
        {control.name: control.value for control in own if control.name in said},
        {node.name: dict(node.knobs) for node in inside if node.knobs != there[node.name].knobs},
        {node.name: node.inputs for node in inside if node.inputs != there[node.name].inputs},
    )


def _camera(staging: Staging) -> dict[str, str]:
    """What the group's knobs say of the camera: words, by name."""
    shot, first = staging.camera, staging.first
    moves, turns, _ = parts(shot.poses, "camera")
    return {
        "move": OWN,
        "own_translate": _words(moves, first),
        "own_rotate": _words(_angles(turns), first),
        "own_zoom": _words(shot.focal[:, None] / staging.scene.camera.focal, first),
        "start": str(first),
        "cycle": str(len(moves)),
        "fps": f"{staging.fps:.9g}",
    }


def _layers(staging: Staging) -> dict[str, str]:
    said = {}
    for layer in staging.scene.layers:
        put, (shown, _, scale) = staging.put(layer.name), layer_controls(layer.name)
        said[shown] = "false" if put.hidden else "true"
        if put.scale is not None and _by_knob(put):
            said[scale] = _words(put.scale[:, None], staging.first)
    return said


def _nodes(staging: Staging, wanted: Sequence[Node]) -> Iterator[Node]:
    """The scene's nodes; a layer that is more than scaled about the camera at rest goes with an axis.

    So does then the camera that throws its picture.
    """
    carried = {layer.name for layer in staging.scene.layers if not _by_knob(staging.put(layer.name))}
    rest = next(node for node in wanted if node.name == "rest_camera")
    for node in wanted:
        layer, _, part = node.name.rpartition("_")
        if node.name == "camera":
            node = replace(node, knobs={**node.knobs, **_film(staging)})
        elif part == "project" and layer in carried:
            axis, thrower = f"{layer}_axis", f"{layer}_projector"
            across, down = node.place
            yield Node("Axis3", axis, _placed(staging, layer), place=(across, down - 95))
            yield replace(rest, name=thrower, inputs=(axis,), place=(across, down - 65))
            node = replace(node, inputs=(node.inputs[0], thrower))
        elif node.name == "layers":
            node = replace(node, inputs=tuple(_moved(each) if _of(each) in carried else each for each in node.inputs))
        yield node
        if part == "surface" and layer in carried:
            across, down = node.place
            yield Node("TransformGeo", _moved(node.name), {}, (node.name, f"{layer}_axis"), place=(across, down + 65))


def _of(surface: str) -> str:
    return surface.removesuffix("_surface")


def _moved(surface: str) -> str:
    return f"{_of(surface)}_moved"


def _film(staging: Staging) -> dict[str, str]:
    """Knobs of the moving camera."""
    shot, width = staging.camera, staging.camera.sensor[:, :1]
    return {
        "haperture": _words(width, staging.first),
        "vaperture": _words(shot.sensor[:, 1:], staging.first),
        # Nuke's window is moved in halves of the horizontal aperture, both ways.
        "win_translate": _words(2 * shot.offset / width, staging.first),
        "near": f"{staging.clip[0]:.9g}",
        "far": f"{staging.clip[1]:.9g}",
    }


def _placed(staging: Staging, layer: str) -> dict[str, str]:
    moves, turns, scales = parts(staging.put(layer).matrices, f"layer {layer}")
    return {
        "translate": _words(moves, staging.first),
        "rotate": _words(_angles(turns), staging.first),
        "scaling": _words(scales, staging.first),
    }


def _by_knob(put: Put) -> bool:
    """Whether the group's knob of a layer's scale says all of it."""
    return put.scale is not None and bool(put.scale.min() >= _LEAST_SCALE)


def _angles(turns: Numbers) -> Numbers:
    """Of turns [frames, 3, 3] about z, then x, then y: degrees about x, y and z [frames, 3], without leaps."""
    tilt = np.arcsin(np.clip(-turns[:, 1, 2], -1, 1))
    # Straight up or down a pan and a roll are the same: it is a pan.
    upright = np.hypot(turns[:, 1, 0], turns[:, 1, 1]) > 1e-6
    pan = np.where(upright, np.arctan2(turns[:, 0, 2], turns[:, 2, 2]), np.arctan2(-turns[:, 2, 0], turns[:, 0, 0]))
    roll = np.where(upright, np.arctan2(turns[:, 1, 0], turns[:, 1, 1]), 0.0)
    return np.degrees(np.unwrap(np.stack([tilt, pan, roll], axis=1), axis=0))


def _words(values: Numbers, first: int) -> str:
    """Numbers side by side [frames, count], each a curve where it changes."""
    return " ".join(_word(values[:, index], first) for index in range(values.shape[1]))


def _word(values: Numbers, first: int) -> str:
    if np.ptp(values) <= 1e-9 * max(1.0, np.abs(values).max()):
        return f"{values[0]:.9g}"
    # A key in each of the frames that follow.
    return f"{{curve x{first} {' '.join(f'{value:.9g}' for value in values)}}}"
