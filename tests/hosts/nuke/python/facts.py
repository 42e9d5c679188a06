"""What Nuke's nodes are: their inputs, their knobs with classes, defaults and choices (`facts.json`).

Shared by the module that stands in for `nuke` and by the engine that renders; nothing but the standard library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Knob:
    kind: str
    """The class that Nuke's Python gives: "Array_Knob", "Enumeration_Knob"."""
    default: Any = None
    """Of its first channel; None where it has none."""
    values: tuple[str, ...] = ()
    """An enumeration's: "B\\tB side" is called B, and shown as "B side"."""


@dataclass(frozen=True)
class Class:
    name: str
    inputs: tuple[int, int]
    """The fewest and the most."""
    knobs: Mapping[str, Knob]
    when: Mapping[str, Mapping[str, Knob]] = field(default_factory=dict)
    """What it has besides once its file is of a type: {"exr": {...}}."""
    open: frozenset[str] = frozenset()
    """Enumerations whose choices are not known here."""

    @property
    def stem(self) -> str:
        """What its nodes are called before their number: "Merge", of Merge2."""
        return str(self.knobs["name"].default or self.name).rstrip("0123456789")


@cache
def of(kind: str) -> Class:
    """Raises `LookupError` for a class that the facts do not hold."""
    facts = _facts()
    if kind not in facts["classes"]:
        raise LookupError(f"{kind} is no class of node that the stand-in knows (tests/hosts/nuke/distil.py)")
    told = facts["classes"][kind]
    common = {} if kind == "Root" else facts["common"]
    return Class(
        name=kind,
        inputs=(told["inputs"][0], told["inputs"][1]),
        knobs=_knobs({**common, **told["knobs"]}),
        when={file: _knobs(knobs) for file, knobs in told.get("when", {}).items()},
        open=frozenset(told.get("open", ())),
    )


def known() -> list[str]:
    """The classes of nodes there are."""
    return sorted(_facts()["classes"])


def _knobs(told: Mapping[str, Any]) -> dict[str, Knob]:
    return {
        name: Knob(knob["class"], knob.get("default"), tuple(map(str, knob.get("values", ()))))
        for name, knob in told.items()
    }


@cache
def _facts() -> Any:
    return json.loads(Path(__file__).with_name("facts.json").read_text(encoding="utf-8"))


FIELDS = {
    "XY_Knob": "xy",
    "XYZ_Knob": "xyz",
    "Scale_Knob": "xyz",
    "WH_Knob": "wh",
    "UV_Knob": "uv",
    "BBox_Knob": "xyrt",
    "Box3_Knob": "xynrtf",
    "Color_Knob": "rgb",
    "AColor_Knob": "rgba",
    "Eyedropper_Knob": "rgba",
    "Range_Knob": "01",
    "Vec2_Knob": "xy",
}
"""What the channels of a class's knobs are called in expressions, one letter each; all others have one channel."""

USER_KNOBS = {
    1: "String_Knob",
    2: "File_Knob",
    3: "Int_Knob",
    4: "Enumeration_Knob",
    6: "Boolean_Knob",
    7: "Double_Knob",
    9: "Array_Knob",
    10: "ChannelMask_Knob",
    11: "Channel_Knob",
    12: "XY_Knob",
    13: "XYZ_Knob",
    14: "WH_Knob",
    15: "BBox_Knob",
    17: "Format_Knob",
    18: "Color_Knob",
    19: "AColor_Knob",
    20: "Tab_Knob",
    22: "PyScript_Knob",
    26: "Text_Knob",
    30: "UV_Knob",
    32: "Script_Knob",
    35: "Pulldown_Knob",
    40: "ColorChip_Knob",
    41: "Link_Knob",
    42: "Scale_Knob",
    43: "Multiline_Eval_String_Knob",
    61: "Password_Knob",
    68: "CascadingEnumeration_Knob",
    80: "Disable_Knob",
    83: "Radio_Knob",
    85: "EditableEnumeration_Knob",
}
"""The number that `addUserKnob` gives a class."""
