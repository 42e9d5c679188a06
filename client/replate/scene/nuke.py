"""`scene.nk`: the scene as Nuke's classic 3D nodes, in a group with knobs for the camera's move and the focus.

It is what the plugin builds inside Nuke (`replate_host.parallax`), as a script that opens without the plugin. Paths
in it are absolute; `scene.json` is what can be moved about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

from replate.media.writing import written_beside
from replate.scene.contract import FILE as SCENE
from replate.scene.contract import Scene
from replate.scene.files import as_json
from replate_host.parallax import OUTPUT, Control, Node, controls, nodes
from replate_host.scene import scene_of

FILE = "scene.nk"
GROUP = "Parallax"

_KINDS = {
    "String_Knob": 1,
    "File_Knob": 2,
    "Int_Knob": 3,
    "Enumeration_Knob": 4,
    "Boolean_Knob": 6,
    "Double_Knob": 7,
    "XY_Knob": 12,
    "XYZ_Knob": 13,
    "Tab_Knob": 20,
    "PyScript_Knob": 22,
    "Text_Knob": 26,
}
"""By class, the number that `addUserKnob` takes in a script."""
_VALUELESS = ("Tab_Knob", "Text_Knob", "PyScript_Knob")


def write_nuke(scene: Scene, folder: Path) -> Path:
    """Writes `scene.nk` into the scene's folder. Gives its path."""
    path = folder / FILE
    with written_beside(path) as temporary:
        temporary.write_text(script(scene, folder.resolve()), encoding="utf-8")
    return path


def script(scene: Scene, folder: Path) -> str:
    """The text of `scene.nk`, for a scene that lies in `folder`."""
    hosts = scene_of(as_json(scene))
    return group(controls(hosts, (folder / SCENE).as_posix()), nodes(hosts, folder.as_posix()))


def group(knobs: Iterable[Control], inside: Iterable[Node]) -> str:
    """The script of a group with those knobs and nodes, whose picture it gives."""
    lines = ["version 14.0 v1", "Group {", " inputs 0", f" name {GROUP}"]
    lines += _knobs(knobs, " ")
    lines.append("}")
    for node in (*inside, OUTPUT):
        lines += (f" {line}" for line in _node(node))
    return "\n".join([*lines, "end_group"]) + "\n"


def _node(node: Node) -> Iterator[str]:
    """A node with its inputs, which it takes off the stack: the first one lies on top."""
    yield from (f"push ${name}" for name in reversed(node.inputs))
    yield f"{node.kind} {{"
    yield f" inputs {len(node.inputs)}"
    yield from (f" {knob} {_quoted(word)}" for knob, word in node.knobs.items() if not _is_control(node, knob))
    yield f" name {node.name}"
    yield f" xpos {node.place[0]}"
    yield f" ypos {node.place[1]}"
    yield from _knobs(node.controls, " ")
    yield from (f" {knob} {_quoted(word)}" for knob, word in node.knobs.items() if _is_control(node, knob))
    yield "}"
    yield f"set {node.name} [stack 0]"


def _is_control(node: Node, knob: str) -> bool:
    return any(control.name == knob for control in node.controls)


def _knobs(controls: Iterable[Control], indent: str) -> Iterator[str]:
    for control in controls:
        said = [str(_KINDS[control.kind]), control.name, "l", control.label]
        said += ["t", control.tooltip] if control.tooltip else []
        said += ["-STARTLINE"] if control.same_line else []
        said += ["+INVISIBLE"] if control.hidden else []
        said += ["T", control.value] if control.kind == "PyScript_Knob" else []
        said += ["M", " ".join(map(_quoted, control.choices))] if control.choices else []
        said += ["R", *(f"{end:.6g}" for end in control.range)] if control.range else []
        yield f"{indent}addUserKnob {{{' '.join(map(_quoted, said))}}}"
        if control.kind not in _VALUELESS and control.value:
            yield f"{indent}{control.name} {_quoted(control.value)}"


def _quoted(text: str) -> str:
    """A word of Tcl: in braces as Nuke writes them, or in quotes, with what Tcl would read as its own escaped."""
    if text and all(sign.isalnum() or sign in "_./-%:+" for sign in text):
        return text
    depths = list(accumulate((sign == "{") - (sign == "}") for sign in text))
    if text and "\\" not in text and min(depths) >= 0 and depths[-1] == 0:
        return "{" + text + "}"
    return '"' + "".join(f"\\{sign}" if sign in '\\"[]{}$' else sign for sign in text) + '"'
