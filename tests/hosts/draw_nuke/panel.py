"""A node's panel as Nuke lays one out: labels, values, groups, buttons and menus are the saved script's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import facts
import nk
from draw_nuke.paper import BRIGHT, DIM, EDGE, FIELD, PANEL, PLAIN, Sheet, measured, wrapped
from PIL import Image

ROW, LABELS = 22.0, 92.0
"""A row's height, and the column of labels, to which they are ranged right."""
_LONG, _LINES = "Multiline_Eval_String_Knob", 3
_PICTURE = 256.0
"""The width of one."""
_BUTTON, _HEAD = (84, 84, 84), (66, 66, 66)


@dataclass
class _Row:
    """Knobs on one line."""

    knobs: list[nk.UserKnob]
    inset: int = 0
    lines: list[str] = field(default_factory=list)
    """Of a text that takes several."""
    picture: Image.Image | None = None
    """That a text shows."""

    @property
    def height(self) -> float:
        if self.picture is not None:
            return ROW + _PICTURE * self.picture.height / self.picture.width
        if _kind(self.knobs[0]) == _LONG:
            return 8 + 13.0 * _LINES
        if len(self.lines) > 1:
            return 8 + 13.0 * len(self.lines)
        rules = _kind(self.knobs[0]) == "Text_Knob" and not self.lines and not self.knobs[0].label
        return 10.0 if rules else ROW


def drawn(node: nk.Node, tab: str, width: float, icon: Image.Image | None = None, until: str = "") -> Sheet:
    """One tab of a node's knobs, as far as the knob named `until`."""
    rows = _rows(node, tab, width, until)
    sheet = Sheet(width, 54 + sum(row.height for row in rows) + 8, PANEL)
    _head(sheet, node, tab, icon)
    y = 54.0
    for row in rows:
        _row(sheet, node, row, y)
        y += row.height
    sheet.box(0, 0, sheet.width - 0.5, sheet.height - 0.5, None, EDGE)
    return sheet


def said(node: nk.Node, knob: nk.UserKnob) -> str:
    """What a knob says: the script leaves out what is a knob's first."""
    text = node.knobs.get(knob.name)
    if text is not None:
        return words(text)
    kind = _kind(knob)
    if kind == "Text_Knob":
        return knob.text
    if kind == "Boolean_Knob":
        return "false"
    return knob.menu[0] if knob.menu else "" if kind == "String_Knob" else "0"


def words(text: str) -> str:
    """A knob's text without the quotes that a script puts around it."""
    found = nk.split(text) if text.startswith(("{", '"')) else [text]
    return found[0] if len(found) == 1 else text


def _kind(knob: nk.UserKnob) -> str:
    return facts.USER_KNOBS[knob.id]


def _rows(node: nk.Node, tab: str, width: float, until: str) -> list[_Row]:
    rows: list[_Row] = []
    inside, inset = False, 0
    for knob in node.user:
        kind = _kind(knob)
        if kind == "Tab_Knob" and knob.group == 0:
            inside = knob.label == tab
            continue
        if not inside or {"+INVISIBLE", "+HIDDEN"} & {*knob.flags}:
            continue
        if kind == "Tab_Knob" and knob.group < 0:
            inset -= 1
            continue
        begins = (
            "+STARTLINE" in knob.flags if kind in ("PyScript_Knob", "Boolean_Knob") else "-STARTLINE" not in knob.flags
        )
        if begins or not rows:
            rows.append(_Row([knob], inset))
            shown = re.fullmatch(r'<img src="(.*)"><br>(.*)', said(node, knob)) if kind == "Text_Knob" else None
            if shown:
                rows[-1].picture, rows[-1].lines = Image.open(shown[1]), [shown[2]]
            elif kind == "Text_Knob":
                rows[-1].lines = wrapped(said(node, knob), width - LABELS - 24) if said(node, knob).strip() else []
        else:
            rows[-1].knobs.append(knob)
        if kind == "Tab_Knob":
            inset += 1
        if knob.name == until:
            break
    return rows


def _head(sheet: Sheet, node: nk.Node, tab: str, icon: Image.Image | None) -> None:
    sheet.box(0, 0, sheet.width, 26, _HEAD)
    if icon is not None:
        sheet.icon(8, 4, icon, 18)
    sheet.box(34, 5, 120, 16, FIELD, EDGE, 2)
    sheet.text(40, 13, node.name, BRIGHT, bold=True)
    x = 8.0
    for each in [*(str(knob.label) for knob in node.user if _kind(knob) == "Tab_Knob" and knob.group == 0), "Node"]:
        wide = measured(each) + 18
        sheet.box(x, 30, wide, 18, PANEL if each == tab else (44, 44, 44), EDGE, 2)
        sheet.text(x + wide / 2, 39, each, BRIGHT if each == tab else DIM, anchor="mm")
        x += wide + 2
    sheet.line([(0, 48), (sheet.width, 48)], EDGE)


def _row(sheet: Sheet, node: nk.Node, row: _Row, y: float) -> None:
    first = row.knobs[0]
    kind = _kind(first)
    middle = y + ROW / 2
    if row.picture is not None:
        sheet.text(LABELS, middle, _label(first), PLAIN, anchor="rm")
        below = y + 4 + sheet.picture(LABELS + 8, y + 4, row.picture, _PICTURE)
        sheet.text(LABELS + 8, below + 8, row.lines[0], PLAIN)
        return
    if kind == "Text_Knob" and not row.lines:
        _rule(sheet, 10, y + row.height / 2, _label(first))
        return
    if kind == "Tab_Knob":
        x = 12 + 12 * row.inset
        sheet.area([(x, middle - 3), (x + 8, middle - 3), (x + 4, middle + 3)], PLAIN)
        _rule(sheet, x + 14, middle, _label(first))
        return
    if kind not in ("PyScript_Knob", "Boolean_Knob"):
        sheet.text(LABELS, middle, _label(first), PLAIN, anchor="rm")
    x = LABELS + 8
    if kind == "Text_Knob":
        for number, line in enumerate(row.lines):
            sheet.text(x, middle + 13 * number, line, BRIGHT)
        return
    for knob in row.knobs:
        x = _knob(sheet, node, knob, x, middle, alone=len(row.knobs) == 1, first=knob is first)


def _rule(sheet: Sheet, x: float, y: float, label: str) -> None:
    """A line across the panel, after its label if it has one."""
    sheet.text(x, y, label, BRIGHT, bold=True)
    begin = x + measured(label, bold=True) + 6 if label else x
    sheet.line([(begin, y), (sheet.width - 10, y)], (84, 84, 84))


def _knob(sheet: Sheet, node: nk.Node, knob: nk.UserKnob, x: float, y: float, *, alone: bool, first: bool) -> float:
    """Draws a knob, and gives where the next one begins."""
    kind, text = _kind(knob), said(node, knob)
    if kind == "PyScript_Knob":
        wide = measured(_label(knob)) + 20
        sheet.box(x, y - 9, wide, 18, _BUTTON, EDGE, 3)
        sheet.text(x + wide / 2, y, _label(knob), BRIGHT, anchor="mm")
        return x + wide + 6
    if kind == "Boolean_Knob":
        sheet.box(x, y - 6, 12, 12, FIELD, EDGE, 2)
        if text == "true":
            sheet.line([(x + 2.5, y), (x + 5, y + 3), (x + 9.5, y - 3.5)], BRIGHT, 1.5)
        sheet.text(x + 18, y, _label(knob), PLAIN)
        return x + 30 + measured(_label(knob))
    if not first:
        sheet.text(x + 2, y, _label(knob), PLAIN)
        x += measured(_label(knob)) + 10
    if kind == "Enumeration_Knob":
        wide = min(sheet.width - x - 12, max(110.0 if not alone else 150.0, measured(text) + 30))
        sheet.box(x, y - 9, wide, 18, _BUTTON, EDGE, 3)
        sheet.text(x + 8, y, text, BRIGHT)
        sheet.area([(x + wide - 14, y - 2), (x + wide - 6, y - 2), (x + wide - 10, y + 3)], PLAIN)
        return x + wide + 6
    if kind in ("XY_Knob", "XYZ_Knob", "BBox_Knob"):
        for word in nk.split(node.knobs.get(knob.name, "0 0" if kind == "XY_Knob" else "0 0 0")):
            x = _field(sheet, x, y, _short(word), 46)
        return x + 2
    if kind == "Int_Knob":
        return _field(sheet, x, y, text, 46)
    if kind == "Double_Knob":
        x = _field(sheet, x, y, _short(text), 46)
        if knob.range and alone:
            low, high = knob.range
            wide = sheet.width - x - 18
            at = x + 4 + wide * min(1.0, max(0.0, (float(_short(text)) - low) / (high - low)))
            sheet.line([(x + 4, y), (x + 4 + wide, y)], EDGE, 2)
            sheet.box(at - 3, y - 6, 6, 12, PLAIN, EDGE, 1)
        return x
    if kind == _LONG:
        wide, text = sheet.width - x - 12, words(text)
        sheet.box(x, y - 9, wide, 5 + 13.0 * _LINES, FIELD, EDGE, 2)
        for number, line in enumerate(wrapped(text, wide - 10)[:_LINES] if text != "0" else ()):
            sheet.text(x + 5, y + 13 * number, line, BRIGHT)
        return sheet.width
    wide = sheet.width - x - 12 if alone else 90.0
    return _field(sheet, x, y, text, wide)


def _field(sheet: Sheet, x: float, y: float, text: str, wide: float) -> float:
    sheet.box(x, y - 9, wide, 18, FIELD, EDGE, 2)
    while text and measured(text) > wide - 10:
        text = text[1:]
    sheet.text(x + 5, y, text, BRIGHT)
    return x + wide + 4


def _label(knob: nk.UserKnob) -> str:
    return knob.label if knob.label is not None else knob.name


def _short(word: str) -> str:
    try:
        return f"{float(word):.4g}"
    except ValueError:
        return word
