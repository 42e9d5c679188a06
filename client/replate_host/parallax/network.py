"""The nodes of a scene: pictures projected from the camera at rest onto surfaces, seen by a camera that moves.

Inside a group whose knobs are the `controls`: `parent` in an expression is that group.
"""

from __future__ import annotations

from dataclasses import replace

from ..scene import Layer, Scene
from .controls import layer_controls
from .motion import hand, motion
from .nodes import Node, Value, expression, file, word

PICTURE = "picture"
"""The node that gives the group's output: rgba, and 1/Z in depth.Z."""

_APART, _COLUMN = 160, 130
"""Between nodes in the graph, across and down."""
_TEXTURED = 4
"""Of the ways to render geometry; 0 is not at all."""
OUTPUT = Node("Output", "Output1", {}, (PICTURE,), place=(0, 11 * _COLUMN))
"""The group's own; not among the `nodes`."""


def nodes(scene: Scene, folder: str) -> tuple[Node, ...]:
    """The nodes of a scene that lies in `folder` (whole, with forward slashes); each comes after its inputs."""
    across = len(scene.layers) * _APART
    made = [
        motion(min(layer.near for layer in scene.layers)),
        hand(),
        _node("Camera3", "rest_camera", _lens(scene), place=(-_APART, 2 * _COLUMN)),
        _node(
            "Camera3",
            "camera",
            {
                **_lens(scene),
                "focal": expression(f"{scene.focal:.9g}*motion.zoom*motion.closer"),
                "translate": _side_by_side("motion.shift_x", "motion.shift_y", "motion.shift_z"),
                "rotate": _side_by_side("motion.tilt", "motion.pan", "motion.roll"),
                "focal_point": expression("motion.focus"),
            },
            place=(-_APART, 6 * _COLUMN),
        ),
    ]
    surfaces = []
    for index, layer in enumerate(scene.layers):
        of_layer = _layer(scene, layer, folder, index * _APART)
        made += of_layer
        surfaces.append(of_layer[-1].name)
    return (
        *made,
        _node("Scene", "layers", {}, surfaces, (0, 5 * _COLUMN)),
        # What gives the render its format, whatever the script's own is.
        _node("Constant", "format", {"channels": "rgba", "format": _format(scene)}, place=(across, 6 * _COLUMN)),
        _node(
            "ScanlineRender",
            "render",
            {
                "overscan": _side_by_side("parent.overscan_x", "parent.overscan_y"),
                "samples": expression("parent.samples"),
            },
            ("format", "layers", "camera"),
            (0, 6 * _COLUMN),
        ),
        *_depth_of_field(),
        _node(
            "Switch",
            PICTURE,
            {"which": expression("parent.defocus>0")},
            ("render", "unscaled_depth"),
            (0, 10 * _COLUMN),
        ),
    )


def _layer(scene: Scene, layer: Layer, folder: str, across: int) -> list[Node]:
    """A layer's nodes; the last one is its surface."""
    made = [_node("Read", f"{layer.name}_read", _read(scene, layer, folder), place=(across, 0))]
    if scene.still:
        made.append(
            _node("FrameHold", f"{layer.name}_hold", {"firstFrame": scene.first}, (made[-1].name,), (across, _COLUMN))
        )
    place = (across, 3 * _COLUMN)
    made.append(_node("Project3D2", f"{layer.name}_project", {"crop": False}, (made[-1].name, "rest_camera"), place))
    shown, offset, scale = layer_controls(layer.name)
    farther = f"max(parent.{scale}+parent.{offset}/{layer.distance:.9g},0.01)"
    seen = expression(f"parent.{shown}*{_TEXTURED}")
    of_all: dict[str, Value] = {"display": seen, "render_mode": seen}
    if layer.kind == "card":
        kind, knobs = "Card2", {**of_all, **_card(scene, layer, farther)}
    else:
        kind, knobs = "ReadGeo2", {**_geometry(scene, layer, folder), **of_all, "uniform_scale": expression(farther)}
    surface = _node(kind, f"{layer.name}_surface", knobs, (made[-1].name,), (across, 4 * _COLUMN))
    made.append(surface if layer.kind == "card" else replace(surface, prim=_prim(layer)))
    return made


def _read(scene: Scene, layer: Layer, folder: str) -> dict[str, Value]:
    return {
        "file_type": "exr",
        "file": file(f"{folder}/{layer.picture}".replace("####", "%04d")),
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


def _lens(scene: Scene) -> dict[str, Value]:
    """Nuke's window is moved in halves of the horizontal aperture, both ways (`nukescripts.snap3d`)."""
    (width, height), (right, up) = scene.sensor, scene.offset
    return {
        "focal": scene.focal,
        "haperture": width,
        "vaperture": height,
        "win_translate": (2 * right / width, 2 * up / width),
        "near": min(layer.near for layer in scene.layers) / 10,
        "far": max(layer.far for layer in scene.layers) * 10,
    }


def _card(scene: Scene, layer: Layer, farther: str) -> dict[str, Value]:
    """A card is 1 x 1 around the origin until it is scaled and moved: into the frustum, at its distance."""
    left, bottom, right, top = (ray * layer.distance for ray in scene.rectangle(layer))
    middle = ((left + right) / 2, (bottom + top) / 2, -layer.distance)
    return {
        "image_aspect": False,
        "rows": 1,
        "columns": 1,
        "translate": _side_by_side(*(f"{place:.9g}*{farther}" for place in middle)),
        "scaling": (right - left, top - bottom, 1.0),
        "uniform_scale": expression(farther),
    }


def _geometry(scene: Scene, layer: Layer, folder: str) -> dict[str, Value]:
    # The second is a knob of Nuke's USD reader, which is there once the file is set.
    return {
        "file": file(f"{folder}/{layer.geometry}"),
        "read_on_each_frame": not scene.still,
        "onCreate": _CHOOSE.format(prim=_prim(layer)),
    }


def _prim(layer: Layer) -> str:
    """The mesh in a layer's file of geometry."""
    return f"/{layer.name}"


# A reader whose file was set by a script has nothing chosen, and then reads nothing (`usdReader.cpp` and `loadUsd` in
# github.com/TheFoundryVisionmongers/NukeUsdPlugins). How a script says what is chosen is told nowhere; Python's way is.
_CHOOSE = """\
for graph in [nuke.thisNode().knob("scene_graph")]:
    if graph is not None and not graph.getSelectedItems():
        if not graph.getItems():
            graph.setItems([("{prim}", "Mesh")], True)
        graph.setSelectedItems(["{prim}"])
del graph"""


def _depth_of_field() -> tuple[Node, ...]:
    """The render's depth is scaled for ZDefocus2 so that what is in focus has 1, which is itself and 1/itself: the
    focus plane then means the same, be it a distance or 1/Z."""
    blur: dict[str, Value] = {
        "channels": "rgba",
        "z_channel": "depth.Z",
        "math": "far=0",
        "center": 1,
        "size": expression("parent.defocus"),
        # What is very near is blurred more than what is infinitely far.
        "max_size": expression("parent.defocus*4"),
        "legacy_resize_mode": False,
        "show_legacy_resize_mode": False,
    }
    return (
        _depth_times("scaled_depth", "motion.focus", "render", 7),
        _node("ZDefocus2", "defocused", blur, ("scaled_depth",), (_APART, 8 * _COLUMN)),
        _depth_times("unscaled_depth", "1/motion.focus", "defocused", 9),
    )


def _depth_times(name: str, factor: str, of: str, row: int) -> Node:
    knobs: dict[str, Value] = {"channels": "depth", "multiply": expression(factor), "black_clamp": False}
    return _node("Grade", name, knobs, (of,), (_APART, row * _COLUMN))


def _format(scene: Scene) -> str:
    _, _, width, height = scene.display_window
    return f"{width} {height} 0 0 {width} {height} {scene.pixel_aspect:.9g} "


def _side_by_side(*expressions: str) -> str:
    return " ".join(map(expression, expressions))


def _node(
    kind: str,
    name: str,
    knobs: dict[str, Value],
    inputs: tuple[str, ...] | list[str] = (),
    place: tuple[int, int] = (0, 0),
) -> Node:
    return Node(kind, name, {knob: word(value) for knob, value in knobs.items()}, tuple(inputs), place=place)
