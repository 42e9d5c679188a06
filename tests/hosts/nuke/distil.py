"""Distils the facts that the stand-in holds a plugin to, out of the knobs of Nuke's real nodes.

    python tests/hosts/nuke/distil.py KNOBS.json

`KNOBS.json` lists the nodes of Nuke 17 with their knobs (kirkjr2/nuke-python-reference, MIT licence). What it leaves
out (the root, backdrops, what a Write and a Read have once their file is an EXR) is written here, after Nuke's own
documentation, its NDK and scripts that it saved. The result lies beside the module: `python/facts.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FACTS = Path(__file__).parent / "python" / "facts.json"

CLASSES = [
    "AddChannels",
    "Axis3",
    "BlackOutside",
    "Blur",
    "Camera3",
    "Card2",
    "ChannelMerge",
    "CheckerBoard2",
    "Clamp",
    "ColorCorrect",
    "Colorspace",
    "Constant",
    "ContactSheet",
    "Copy",
    "CopyMetaData",
    "Crop",
    "Cryptomatte",
    "DepthToPoints",
    "Dissolve",
    "Dot",
    "Expression",
    "FrameHold",
    "FrameRange",
    "Grade",
    "Group",
    "Input",
    "Invert",
    "JoinViews",
    "Keymix",
    "Merge2",
    "MergeGeo",
    "ModifyMetaData",
    "Multiply",
    "NoOp",
    "OCIOColorSpace",
    "OneView",
    "Output",
    "PostageStamp",
    "Premult",
    "Project3D2",
    "Ramp",
    "Read",
    "ReadGeo2",
    "Reformat",
    "Remove",
    "Saturation",
    "ScanlineRender",
    "Scene",
    "Shuffle2",
    "StickyNote",
    "Switch",
    "Text2",
    "TimeOffset",
    "TimeWarp",
    "Transform",
    "TransformGeo",
    "Unpremult",
    "Viewer",
    "Write",
    "ZDefocus2",
]


def _knob(kind: str, default: Any = None, values: list[str] | None = None) -> dict[str, Any]:
    fact: dict[str, Any] = {"class": kind}
    if default is not None:
        fact["default"] = default
    if values is not None:
        fact["values"] = values
    return fact


_LUTS = ["linear", "sRGB", "rec709", "Cineon"]
_ROOT = {
    "name": _knob("File_Knob", ""),
    "project_directory": _knob("File_Knob", ""),
    "frame": _knob("Double_Knob", 1.0),
    "first_frame": _knob("Int_Knob", 1),
    "last_frame": _knob("Int_Knob", 100),
    "lock_range": _knob("Boolean_Knob", 0.0),
    "fps": _knob("Double_Knob", 24.0),
    "format": _knob("Format_Knob", "2048 1556 0 0 2048 1556 1 2K_Super_35(full-ap)"),
    "proxy": _knob("Boolean_Knob", 0.0),
    "proxy_type": _knob("Enumeration_Knob", "scale", ["scale", "format"]),
    "proxy_format": _knob("Format_Knob", "1024 778 0 0 1024 778 1 1K_Super_35(full-ap)"),
    "proxy_scale": _knob("Double_Knob", 0.5),
    "proxySetting": _knob("String_Knob", ""),
    "views": _knob("String_Knob", "main #ffffff"),
    "hero_view": _knob("String_Knob", "main"),
    "colorManagement": _knob("Enumeration_Knob", "Nuke", ["Nuke", "OCIO"]),
    "OCIO_config": _knob(
        "Enumeration_Knob",
        "nuke-default",
        [
            "nuke-default",
            "aces_1.2",
            "fn-nuke_cg-config-v1.0.0_aces-v1.3_ocio-v2.1",
            "fn-nuke_studio-config-v1.0.0_aces-v1.3_ocio-v2.1",
            "cg-config-v2.2.0_aces-v1.3_ocio-v2.4",
            "studio-config-v2.2.0_aces-v1.3_ocio-v2.4",
            "custom",
        ],
    ),
    "customOCIOConfigPath": _knob("File_Knob", ""),
    "reloadConfig": _knob("PyScript_Knob", ""),
    "workingSpaceLUT": _knob("Enumeration_Knob", "linear", _LUTS),
    "monitorLut": _knob("Enumeration_Knob", "sRGB", ["sRGB", "rec709", "None"]),
    "monitorOutLUT": _knob("Enumeration_Knob", "rec709", ["sRGB", "rec709", "None"]),
    "int8Lut": _knob("Enumeration_Knob", "sRGB", _LUTS),
    "int16Lut": _knob("Enumeration_Knob", "sRGB", _LUTS),
    "logLut": _knob("Enumeration_Knob", "Cineon", _LUTS),
    "floatLut": _knob("Enumeration_Knob", "linear", _LUTS),
    "label": _knob("Multiline_Eval_String_Knob", ""),
    "onScriptLoad": _knob("PythonKnob", ""),
    "onScriptSave": _knob("PythonKnob", ""),
    "onScriptClose": _knob("PythonKnob", ""),
    "onCreate": _knob("PythonKnob", ""),
    "onDestroy": _knob("PythonKnob", ""),
    "knobChanged": _knob("PythonKnob", ""),
    "beforeRender": _knob("PythonKnob", ""),
    "beforeFrameRender": _knob("PythonKnob", ""),
    "afterFrameRender": _knob("PythonKnob", ""),
    "afterRender": _knob("PythonKnob", ""),
}
_OPEN = ("workingSpaceLUT", "monitorLut", "monitorOutLUT", "int8Lut", "int16Lut", "logLut", "floatLut")
"""Their choices are the OCIO config's, which the stand-in does not read."""

_BACKDROP = {
    "bdwidth": _knob("Double_Knob", 200.0),
    "bdheight": _knob("Double_Knob", 200.0),
    "z_order": _knob("Double_Knob", 0.0),
    "appearance": _knob("Enumeration_Knob", "Fill", ["Fill", "Border"]),
    "border_width": _knob("Double_Knob", 1.0),
}
_EXR_WRITE = {
    "autocrop": _knob("Boolean_Knob", 0.0),
    "write_ACES_compliant_EXR": _knob("Boolean_Knob", 0.0),
    "datatype": _knob("Enumeration_Knob", "16 bit half", ["16 bit half", "32 bit float"]),
    "compression": _knob(
        "Enumeration_Knob",
        "Zip (1 scanline)",
        [
            "none",
            "Zip (1 scanline)",
            "Zip (16 scanlines)",
            "PIZ Wavelet (32 scanlines)",
            "RLE",
            "B44",
            "B44A",
            "DWAA",
            "DWAB",
        ],
    ),
    "dw_compression_level": _knob("Double_Knob", 45.0),
    "heroview": _knob("String_Knob", "main"),
    "metadata": _knob(
        "Enumeration_Knob",
        "default metadata",
        [
            "no metadata",
            "default metadata",
            "default metadata and exr/*",
            "all metadata except input/*",
            "all metadata",
        ],
    ),
    "noprefix": _knob("Boolean_Knob", 0.0),
    "interleave": _knob(
        "Enumeration_Knob",
        "channels, layers and views",
        ["channels, layers and views", "channels and layers", "channels"],
    ),
    "first_part": _knob("Channel_Knob", "none"),
    "standard layer name format": _knob("Boolean_Knob", 0.0),
    "write_full_layer_names": _knob("Boolean_Knob", 0.0),
    "truncateChannelNames": _knob("Boolean_Knob", 0.0),
}
_EXR_READ = {
    "offset_negative_display_window": _knob("Boolean_Knob", 1.0),
    "noprefix": _knob("Boolean_Knob", 0.0),
    "edge_pixels": _knob("Enumeration_Knob", "plate detect", ["plate detect", "edge detect", "repeat", "black"]),
    "ignore_part_names": _knob("Boolean_Knob", 0.0),
}
_USD_READ = {
    "read_on_each_frame": _knob("Boolean_Knob", 0.0),
    "scene_graph": _knob("SceneGraph_Knob"),
    "all_objects": _knob("Boolean_Knob", 0.0),
}


def distil(known: dict[str, Any]) -> dict[str, Any]:
    """The facts: for each class its inputs (fewest, most) and its knobs; what all share is under `common`."""
    everywhere = known["Dot"]["knobs"]
    common = {
        name: _fact(knob)
        for name, knob in everywhere.items()
        if name != "name" and all(known[kind]["knobs"].get(name) == knob for kind in CLASSES)
    }
    classes = {
        kind: {
            "inputs": known[kind]["inputs"],
            "knobs": {name: _fact(knob) for name, knob in known[kind]["knobs"].items() if name not in common},
        }
        for kind in CLASSES
    }
    classes["Write"]["when"] = {"exr": _EXR_WRITE}
    classes["Read"]["when"] = {"exr": _EXR_READ}
    classes["ReadGeo2"]["when"] = {"usd": _USD_READ}
    classes["Root"] = {"inputs": [0, 0], "knobs": _ROOT, "open": list(_OPEN)}
    classes["BackdropNode"] = {
        "inputs": [0, 0],
        "knobs": {"name": _knob("String_Knob", "BackdropNode1"), **_BACKDROP},
    }
    return {
        "source": "kirkjr2/nuke-python-reference (MIT), Nuke 17; made by distil.py",
        "common": common,
        "classes": classes,
    }


def _fact(knob: dict[str, Any]) -> dict[str, Any]:
    fact = dict(knob)
    if isinstance(fact.get("default"), str) and fact["default"].startswith("<Format object"):
        del fact["default"]  # The root's own.
    return fact


def _text(told: Any, depth: int = 0) -> str:
    """JSON, a line a knob."""
    if not isinstance(told, dict) or "class" in told:
        return json.dumps(told, sort_keys=True, ensure_ascii=False)
    inner = " " * (depth + 1)
    lines = [f"{inner}{json.dumps(key)}: {_text(told[key], depth + 1)}" for key in sorted(told)]
    return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"


if __name__ == "__main__":
    told = distil(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    FACTS.write_text(_text(told) + "\n", encoding="utf-8")
