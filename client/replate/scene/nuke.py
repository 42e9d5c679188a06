"""`scene.nk`: the scene as Nuke's classic 3D nodes.

A Read a layer, projected from the resting camera onto a card or onto the layer's mesh, and a second camera
that renders and that the artist moves. Paths in it are absolute; `scene.json` is what can be moved about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from replate.media import Pattern
from replate.media.writing import written_beside
from replate.scene.contract import Kind, Scene
from replate.scene.surface import Surface

FILE = "scene.nk"
Value = str | float | int | bool | Sequence[float]

_APART = 160
_COLUMN = 130
"""Between nodes in the graph, across and down."""


def write_nuke(scene: Scene, surfaces: Sequence[Surface], folder: Path) -> Path:
    """Writes `scene.nk` into the scene's folder. Gives its path."""
    path = folder / FILE
    with written_beside(path) as temporary:
        temporary.write_text(script(scene, surfaces, folder.resolve()), encoding="utf-8")
    return path


def script(scene: Scene, surfaces: Sequence[Surface], folder: Path) -> str:
    """The text of `scene.nk`, for a scene that lies in `folder`."""
    made = _Script()
    lens = _lens(scene)
    made.node("Camera3", "camera", lens, place=(-_APART, 6))
    made.node("Camera3", "rest_camera", lens, place=(-_APART, 2))
    made.line("set rest [stack 0]")
    # The last on the stack becomes the first input: the backmost layer.
    for index, surface in reversed(list(enumerate(surfaces))):
        _layer(made, scene, surface, folder, index)
        made.line("push $rest" if index else "")
    made.node("Scene", "layers", {}, inputs=len(surfaces), place=(0, 5))
    # What gives the render its format, whatever the script's own is.
    made.node("Constant", "format", {"channels": "rgba", "format": _format(scene)}, place=(_APART, 6))
    overscan = _overscan(scene)
    made.node("ScanlineRender", "render", {"overscan": overscan} if any(overscan) else {}, inputs=3, place=(0, 6))
    return made.text


def _layer(made: _Script, scene: Scene, surface: Surface, folder: Path, index: int) -> None:
    """Takes the resting camera off the stack, and leaves the layer's geometry there."""
    layer = surface.layer
    across = index * _APART
    made.node("Read", f"{layer.name}_read", _read(scene, folder, layer.picture), place=(across, 0))
    if scene.still:
        made.node("FrameHold", f"{layer.name}_hold", {"firstFrame": scene.first}, inputs=1, place=(across, 1))
    made.node("Project3D2", f"{layer.name}_project", {"crop": False}, inputs=2, place=(across, 3))
    if layer.kind is Kind.CARD:
        made.node("Card2", layer.name, _card(scene, surface), inputs=1, place=(across, 4))
        return
    knobs: dict[str, Value] = {"file": _file(folder / layer.geometry)}
    if surface.moves:
        # A knob of Nuke's USD reader, which is there once the file is set.
        knobs["read_on_each_frame"] = True
    made.node("ReadGeo2", layer.name, knobs, inputs=1, place=(across, 4))


def _read(scene: Scene, folder: Path, picture: str) -> Mapping[str, Value]:
    pattern = Pattern(Path(picture))
    file = Path(picture.replace("####", "%04d") if pattern.numbered else picture)
    return {
        "file_type": "exr",
        "file": _file(folder / file),
        "format": _format(scene),
        "first": scene.first,
        "last": scene.last,
        "origfirst": scene.first,
        "origlast": scene.last,
        "origset": True,
        "on_error": "nearest frame",
        # The working space's own numbers, as the plate had them.
        "raw": True,
    }


def _lens(scene: Scene) -> Mapping[str, Value]:
    """Nuke's window is moved in halves of the horizontal aperture, both ways (`nukescripts.snap3d`)."""
    (width, height), (right, up) = scene.sensor, scene.camera.offset
    near, far = min(layer.near for layer in scene.layers), max(layer.far for layer in scene.layers)
    return {
        "focal": scene.camera.focal,
        "haperture": width,
        "vaperture": height,
        "win_translate": (2 * right / width, 2 * up / width),
        "near": near / 10,
        "far": far * 10,
    }


def _card(scene: Scene, surface: Surface) -> Mapping[str, Value]:
    """A card is 1 x 1 around the origin until it is scaled and moved: into the frustum, at its distance."""
    (number,) = surface.distances
    points = surface.points(scene, number)
    low, high = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
    width, height, _ = high - low
    return {
        "image_aspect": False,
        "rows": 1,
        "columns": 1,
        "translate": tuple((low + high) / 2),
        "scaling": (width, height, 1.0),
    }


def _file(path: Path) -> str:
    """A path for a file knob, which takes what stands in brackets for an expression."""
    return re.sub(r"([][])", r"\\\1", path.as_posix())


def _format(scene: Scene) -> str:
    window = scene.display_window
    width, height = window.width, window.height
    return f"{width} {height} 0 0 {width} {height} {scene.pixel_aspect:.9g} "


def _overscan(scene: Scene) -> Sequence[float]:
    """Pixels across and down by which the pictures reach beyond the format."""
    display, data = scene.display_window, scene.data_window
    return (
        max(display.x - data.x, data.right - display.right),
        max(display.y - data.y, data.bottom - display.bottom),
    )


class _Script:
    """Nodes of a script, in the order in which Nuke's stack takes them."""

    def __init__(self) -> None:
        self._lines = ["version 14.0 v1"]

    @property
    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    def line(self, text: str) -> None:
        self._lines += [text] if text else []

    def node(
        self, kind: str, name: str, knobs: Mapping[str, Value], *, inputs: int = 0, place: tuple[int, int]
    ) -> None:
        """A node. Its inputs are taken off the stack: the first one lies on top."""
        self._lines.append(f"{kind} {{")
        # One input is what a node takes that does not say.
        if inputs != 1:
            self._lines.append(f" inputs {inputs}")
        self._lines += [f" {knob} {_tcl(value)}" for knob, value in knobs.items()]
        self._lines += [f" name {name}", f" xpos {place[0]}", f" ypos {place[1] * _COLUMN}", "}"]


def _tcl(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.9g}"
    if isinstance(value, str):
        return _quoted(value)
    return "{" + " ".join(_tcl(number) for number in value) + "}"


def _quoted(text: str) -> str:
    """A word of Tcl: in quotes, with what Tcl would read as its own escaped."""
    if text and all(sign.isalnum() or sign in "_./-%:" for sign in text) and not text.isspace():
        return text
    return '"' + "".join(f"\\{sign}" if sign in '\\"[]{}$' else sign for sign in text) + '"'
