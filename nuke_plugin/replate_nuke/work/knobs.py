"""Which knobs of a node change pixels."""

from __future__ import annotations

from collections.abc import Iterator

import nuke

_LOOKING = """
name xpos ypos label autolabel note_font note_font_size note_font_color tile_color gl_color icon help selected
hide_input bookmark indicators dope_sheet cached postage_stamp postage_stamp_frame cloned panelDropped panel
onCreate onDestroy knobChanged updateUI selectable snap_menu proxy origset origfirst origlast
reload version localizationPolicy localizationPriority checkHashOnRead cacheLocal thumbnails bdwidth
bdheight z_order print_metadata
"""

_LOOKS = frozenset(_LOOKING.split())
"""By name. Where a node lies, what it looks like, what it was last told by a person."""

_DOING = """
PyScript_Knob PythonKnob Script_Knob PythonCustomKnob PyCustom_Knob Tab_Knob BeginTabGroup_Knob EndTabGroup_Knob
Text_Knob Obsolete_Knob ColorChip_Knob Font_Knob Link_Knob Help_Knob Disable_In_Viewer_Knob Password_Knob
"""

_DOERS = frozenset(_DOING.split())
"""By class. Buttons, dividers, and links to knobs that are looked at where they are."""

_PASSING = frozenset(("Write", "WriteGeo", "DeepWrite", "Viewer"))
"""Classes that give what they are given, whatever they write."""


def said(node: nuke.Node, only: str = "") -> Iterator[str]:
    """The knobs that change pixels, as a script says them: names, then values, curves or expressions."""
    for name, knob in _counting(node):
        if not only or name == only:
            text = _path(node, knob) if isinstance(knob, nuke.File_Knob) else str(knob.toScript())
            yield f"{name} {text}"


def with_expressions(node: nuke.Node) -> Iterator[nuke.Array_Knob]:
    """Those whose value at a frame may come from anywhere."""
    for _, knob in _counting(node):
        if isinstance(knob, nuke.Array_Knob) and knob.hasExpression():
            yield knob


def files(node: nuke.Node) -> Iterator[str]:
    """The paths and patterns of files that it reads, with what Tcl there is in them worked out."""
    for _, knob in _counting(node):
        path = _path(node, knob) if isinstance(knob, nuke.File_Knob) else ""
        if path:
            yield path


def _counting(node: nuke.Node) -> Iterator[tuple[str, nuke.Knob]]:
    passing = node.Class() in _PASSING
    reading = passing and node.knob("reading") and node["reading"].value()
    # Which frames a Read has shows in the files of each frame.
    ranged = node.knob("origset") is not None
    for name, knob in sorted(node.knobs().items()):
        if name in _LOOKS or knob.Class() in _DOERS or (passing and not reading and name != "disable"):
            continue
        if not (ranged and name in ("first", "last")):
            yield name, knob


def _path(node: nuke.Node, knob: nuke.Knob) -> str:
    """A file knob's path, forward slashes."""
    text = (nuke.filename(node) if knob.name() == "file" else None) or str(knob.value() or "")
    return text.replace("\\", "/")
