"""Names of channels: in knobs ("rgb", "depth", "rgba.red -rgba.green"), and in EXR files ("R", "depth.Z")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import nk

from engine.errors import Refused

RGB = ("rgba.red", "rgba.green", "rgba.blue")
ALPHA = "rgba.alpha"
RGBA = (*RGB, ALPHA)

_LAYERS: dict[str, tuple[str, ...]] = {
    "rgb": RGB,
    "rgba": RGBA,
    "alpha": (ALPHA,),
    "depth": ("depth.Z",),
    "forward": ("forward.u", "forward.v"),
    "backward": ("backward.u", "backward.v"),
    "motion": ("forward.u", "forward.v", "backward.u", "backward.v"),
    "mask": ("mask.a",),
    "none": (),
}
"""The layers that Nuke always has, as far as they are in use."""
_SHORT = {name.partition(".")[2]: name for name in RGBA}
_ORDER = {name: place for place, name in enumerate(("red", "green", "blue", "alpha"))}


def chosen(text: str, known: Iterable[str], layers: Mapping[str, Sequence[str]]) -> list[str]:
    """What a knob of channels selects: all it names, and of "all" or of a layer what is `known`.

    `layers` are the script's own. Raises `Refused` for a name that means nothing.
    """
    known = sorted(known, key=in_order)
    found: list[str] = []
    for name in nk.split(text):
        if name.startswith("-"):  # listed in the knob, and not ticked
            continue
        found += known if name == "all" else _named(name, known, layers)
    return list(dict.fromkeys(found))


def one(text: str, known: Iterable[str], layers: Mapping[str, Sequence[str]]) -> str | None:
    """What a knob of a single channel says; None is "none"."""
    found = chosen(text, known, layers)
    if len(found) > 1:
        raise Refused(f"{text} is {len(found)} channels, where a single one is asked for")
    return found[0] if found else None


def in_order(channel: str) -> tuple[bool, str, int, str]:
    """rgba first, then layer by layer; red, green, blue and alpha in that order."""
    layer, _, name = channel.rpartition(".")
    return layer != "rgba", layer, _ORDER.get(name, len(_ORDER)), name


def _named(name: str, known: Sequence[str], layers: Mapping[str, Sequence[str]]) -> Sequence[str]:
    if "." in name:
        return (name,)
    if name in _SHORT:
        return (_SHORT[name],)
    for table in (_LAYERS, layers):
        if name in table:
            return table[name]
    found = [channel for channel in known if channel.startswith(f"{name}.")]
    if not found:
        raise Refused(f"there is no layer {name} here; a script names its own with add_layer")
    return found


_EXR = dict(zip(("R", "G", "B", "A"), RGBA, strict=True))
_COLOURS = {short: name for name in _ORDER for short in (name, name.title(), name.upper(), name[0], name[0].upper())}


def from_exr(name: str, views: Sequence[str] = ()) -> tuple[str, str]:
    """A file's channel as Nuke names it, and its view ("" where the name says none).

    As `ExrChannelNameToNuke.cpp` of Nuke's developer kit: three parts at most, digits in front are dropped, odd signs
    become "_", `Ci` is the main layer. A channel outside of any layer goes to "other", Z to the depth.
    """
    parts = [re.sub(r"[^0-9A-Za-z]", "_", part) for each in name.split(".", 2) if (part := each.lstrip("0123456789"))]
    *before, channel = parts or ["unnamed"]
    view = next((part for part in before if part in views), "")
    layer = "_".join(part for part in before if part != view)
    layer = "" if layer == "Ci" else layer
    channel = _COLOURS.get(channel, channel)
    if layer:
        return f"{layer}.{channel}", view
    if channel in ("Z", "z"):
        return "depth.Z", view
    return f"{'rgba' if channel in _ORDER else 'other'}.{channel}", view


def to_exr(channel: str) -> str:
    """As `exrWriter.cpp`: R, G, B, A, and all others by their own names."""
    return {nuke: exr for exr, nuke in _EXR.items()}.get(channel, channel)
