"""The knobs that an artist turns: the camera's move, focus, the picture, and each layer's place in depth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ..scene import Layer, Scene
from .motion import MOVES, PATHS
from .nodes import Control, file, word

BUILT = "built"
"""The hidden knob that says what was built last, so that building again keeps what was changed since."""
STILL_LENGTH = 48
"""Frames of a move past a still."""


def controls(scene: Scene, path: str) -> tuple[Control, ...]:
    """The controls of a scene that lies in the scene file `path`, in their order."""
    return (*_camera(scene, path), *_focus(scene), *_picture(scene), *_layers(scene))


def record(
    controls: Mapping[str, str], knobs: Mapping[str, Mapping[str, str]], inputs: Mapping[str, Sequence[str]]
) -> str:
    """What `BUILT` says: by knob of the group, and by knob of each node, the scene's word, and by node its inputs.

    What is there and differs is the artist's, and stays when the scene is built again.
    """
    return json.dumps({"controls": controls, "knobs": knobs, "inputs": inputs}, separators=(",", ":"))


def layer_controls(name: str) -> tuple[str, str, str]:
    """Of a layer: whether it is there, how far it is moved away, and by what its distance is multiplied."""
    return f"on_{name}", f"offset_{name}", f"scale_{name}"


def _camera(scene: Scene, path: str) -> tuple[Control, ...]:
    nearest = scene.layers[-1]
    length = STILL_LENGTH if scene.still else scene.last - scene.first + 1
    return (
        Control("Tab_Knob", "parallax_tab", "Parallax"),
        Control("File_Knob", "scene", "Scene", file(path), "The scene.json that all of this is built from."),
        _button(
            "rebuild", "Build again", "Takes files, lens and layers from the scene again. What you changed stays.", True
        ),
        Control(
            "Double_Knob", "parallax", "Parallax amount", "1",
            "How much of the camera's move there is. With 0 the render is the plate.", (0, 2),
        ),
        Control("Text_Knob", "camera_title", "Camera"),
        Control(
            "Enumeration_Knob", "move", "Move", MOVES[0],
            "Orbit goes around the pivot, dolly towards it, truck past it to the right; dolly-zoom goes towards it "
            "while its size is held; handheld sways; own is what you keyframe below. All begin at rest.", choices=MOVES,
        ),
        Control(
            "Double_Knob", "amplitude", "Amplitude", "0.1",
            "How far the camera goes, as a fraction of its distance from the pivot; negative goes the other way.",
            (-0.5, 0.5),
        ),
        Control(
            "Double_Knob", "pivot", "Pivot", word(nearest.distance),
            "The distance of what the move is about, in the scene's unit.", (0, scene.layers[0].far),
        ),
        Control(
            "Double_Knob", "closer", "Look closer", "1",
            "Multiplies the focal length, in all frames alike, so that the picture's edges stay out of sight.", (1, 2),
        ),
        Control(
            "Enumeration_Knob", "path", "Ease", PATHS[0],
            "One way, eased in and out or at one speed; or a loop, which ends where it began.", choices=PATHS,
        ),
        Control("Int_Knob", "start", "Starts at", word(scene.first), "The frame at which the camera is at rest."),
        Control("Int_Knob", "cycle", "Frames", word(length), "How long the move, or one round of it, is."),
        Control("Double_Knob", "fps", "Frames a second", word(scene.fps), "A hand sways in seconds.", (1, 60)),
        Control("Int_Knob", "sway", "Hand", "0", "Another number is another hand."),
        _button("bake", "Bake to keyframes", "Writes the move as keyframes of your own below, frame by frame."),
        Control("XYZ_Knob", "own_translate", "Own translate", "0 0 0", "Where the camera goes with the move 'own'."),
        Control("XYZ_Knob", "own_rotate", "Own rotate", "0 0 0", "How it turns, in degrees."),
        Control(
            "Double_Knob", "own_zoom", "Own zoom", "1", "By what the focal length is multiplied.", (0.5, 2),
        ),
    )  # fmt: skip


def _focus(scene: Scene) -> tuple[Control, ...]:
    nearest = scene.layers[-1].distance
    _, _, width, height = scene.display_window
    return (
        Control("Text_Knob", "focus_title", "Focus"),
        Control(
            "Double_Knob", "focus", "Focus", word(nearest),
            "The distance of what is sharp, as it stands in the plate; it stays sharp while the camera moves.",
            (0, scene.layers[0].far),
        ),
        Control(
            "XY_Knob", "focus_at", "At", word((width / 2, height / 2)),
            "Drag it in the Viewer onto what is to be sharp, and press Focus there.",
        ),
        _button("focus_pick", "Focus there", "Takes the distance of what is seen at that point now.", True),
        Control(
            "Double_Knob", "defocus", "Defocus", "0",
            "Depth of field: how far what is infinitely far is blurred, in pixels; with 0 all is sharp.", (0, 50),
        ),
    )  # fmt: skip


def _picture(scene: Scene) -> tuple[Control, ...]:
    across, down = overscan(scene)
    return (
        Control("Text_Knob", "picture_title", "Picture"),
        Control(
            "Int_Knob", "samples", "Samples", "1",
            "1 gives the plate back pixel by pixel; more are for motion blur and for smoother edges.",
        ),
        Control("Int_Knob", "overscan_x", "Overscan", word(across), "Pixels beyond the format, left and right."),
        Control("Int_Knob", "overscan_y", "", word(down), "Pixels beyond the format, above and below.", same_line=True),
    )  # fmt: skip


def _layers(scene: Scene) -> tuple[Control, ...]:
    return (
        Control("Tab_Knob", "layers_tab", "Layers"),
        *(control for layer in reversed(scene.layers) for control in _layer(layer)),
        Control("String_Knob", BUILT, BUILT, hidden=True),
    )


def _layer(layer: Layer) -> tuple[Control, ...]:
    shown, offset, scale = layer_controls(layer.name)
    return (
        Control("Boolean_Knob", shown, layer.name, "true", f"Whether {layer.name} is seen."),
        Control(
            "Double_Knob", offset, "depth offset", "0",
            "Moves it away from the camera, in the scene's unit; at rest it looks the same.",
            (-layer.distance / 2, layer.distance), same_line=True,
        ),
        Control(
            "Double_Knob", scale, "depth scale", "1", "Multiplies its distance; at rest it looks the same.", (0.2, 5),
            same_line=True,
        ),
    )  # fmt: skip


def overscan(scene: Scene) -> tuple[int, int]:
    """Pixels across and down by which the pictures reach beyond the format."""
    (left, top, width, height), (x, y, wide, high) = scene.display_window, scene.data_window
    return max(left - x, x + wide - left - width), max(top - y, y + high - top - height)


def _button(name: str, label: str, tooltip: str, same_line: bool = False) -> Control:
    """A button that calls the plugin's function of its name, and says so where the plugin is not there."""
    code = (
        "try:\n"
        "    from replate_nuke import parallax\n"
        "except ImportError:\n"
        "    nuke.message('Replate is not installed here: run replate install nuke, and restart Nuke.')\n"
        "else:\n"
        f"    parallax.{name}(nuke.thisNode())"
    )
    return Control("PyScript_Knob", name, label, code, tooltip, same_line=same_line)
