"""A node graph as Nuke draws it: places, colours, names and connections are the saved script's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import nk
from draw_nuke.panel import said
from draw_nuke.paper import BRIGHT, DIM, EDGE, GROUND, ORANGE, Colour, Sheet, Spot, measured
from PIL import Image

WIDE, HIGH, LINE = 80.0, 19.0, 11.0
"""Of a node, and what a line of its label adds."""

_CLASSES: Mapping[str, int] = {
    "Read": 0xACACAC, "Write": 0xA5A53C, "Constant": 0xACACAC, "Invert": 0x7AA9FF, "Grade": 0x7AA9FF,
    "Merge2": 0x4B5EC6, "Copy": 0x9E5A8C, "Switch": 0x9A9A9A, "FrameHold": 0xB2984C, "ZDefocus2": 0xCC804E,
    "Camera3": 0x9E3C3C, "Project3D2": 0x9E3C3C, "Card2": 0x9E3C3C, "ReadGeo2": 0x9E3C3C, "Scene": 0x9E3C3C,
    "ScanlineRender": 0x9E3C3C, "Axis3": 0x9E3C3C, "Input": 0xC8C8C8, "Output": 0xC8C8C8,
}  # fmt: skip
"""Of nodes that have no colour of their own: those that Nuke gives their classes."""
_SMALL = {"Camera3", "Scene", "Axis3"}
"""Drawn as discs."""
_PINS: Mapping[str, Sequence[str]] = {
    "ScanlineRender": ("bg", "obj/scn", "cam"), "Project3D2": ("", "cam"), "Copy": ("B", "A"),
}  # fmt: skip

Stamps = Mapping[str, Image.Image]


def drawn(
    nodes: Sequence[nk.Node], stamps: Stamps, icons: Stamps, chosen: str = "", closer: tuple[float, float] = (1.0, 1.0)
) -> Sheet:
    """All of some nodes, with postage stamps of those that are named; one may be chosen.

    They move together by the factors `closer`, across and down.
    """
    boxes = {node.name: _Box(node, stamps.get(node.name), closer) for node in nodes}
    left, top = min(each.x for each in boxes.values()) - 16, min(each.y for each in boxes.values()) - 18
    right, low = max(each.x + each.wide for each in boxes.values()), max(each.y + each.high for each in boxes.values())
    sheet = Sheet(right - left + 12, low - top + 18, GROUND)
    for each in boxes.values():
        each.x, each.y = each.x - left, each.y - top
    for each in boxes.values():
        _wires(sheet, each, boxes)
    for each in boxes.values():
        _node(sheet, each, icons, each.node.name == chosen)
    return sheet


class _Box:
    """Where a node lies."""

    def __init__(self, node: nk.Node, stamp: Image.Image | None, closer: tuple[float, float]) -> None:
        self.node, self.stamp = node, stamp
        self.x, self.y = (
            float(node.knobs.get(at, 0)) * factor for at, factor in zip(("xpos", "ypos"), closer, strict=True)
        )
        self.small = node.kind in _SMALL
        self.wide = 46.0 if self.small else WIDE
        self.x += (WIDE - self.wide) / 2
        self.labels = _labels(node)
        self.high = 46.0 if self.small else HIGH + LINE * len(self.labels)
        if stamp is not None:
            self.high += (self.wide - 8) * stamp.height / stamp.width + 4

    @property
    def middle(self) -> Spot:
        return self.x + self.wide / 2, self.y + self.high / 2

    def edge(self, towards: Spot) -> Spot:
        """Where the line from the middle towards a place leaves it."""
        (x, y), (to_x, to_y) = self.middle, towards
        across, down = to_x - x, to_y - y
        if self.small:
            reach = self.wide / 2 / max(1e-6, (across**2 + down**2) ** 0.5)
        else:
            reach = min(self.wide / 2 / max(1e-6, abs(across)), self.high / 2 / max(1e-6, abs(down)))
        return x + across * reach, y + down * reach


def _labels(node: nk.Node) -> list[str]:
    words = node.knobs.get("label", "")
    for knob in node.user:
        if f"[value {knob.name}]" in words:
            words = words.replace(f"[value {knob.name}]", said(node, knob))
    return [line for line in words.split("\n") if line]


def pins(node: nk.Node) -> list[str]:
    """What a node's inputs are called: a Group's, by the Inputs inside."""
    if node.kind == "Group":
        inside = [each for each in node.children if each.kind == "Input"]
        return [each.name for each in sorted(inside, key=lambda each: int(float(each.knobs.get("number", "0"))))]
    return list(_PINS.get(node.kind, ()))


def _wires(sheet: Sheet, box: _Box, boxes: Mapping[str, _Box]) -> None:
    names = pins(box.node)
    for index, source in enumerate(box.node.inputs):
        if source is None or source.name not in boxes:
            continue
        begin = boxes[source.name].middle
        end = box.edge(begin)
        sheet.arrow(boxes[source.name].edge(box.middle), end, (158, 158, 158))
        length = math.dist(boxes[source.name].edge(box.middle), end)
        if index < len(names) and names[index] and len(names) > 1 and length > 30:
            x, y = end[0] + (begin[0] - end[0]) * 0.3, end[1] + (begin[1] - end[1]) * 0.3
            wide = measured(names[index], 8) + 6
            sheet.box(x - wide / 2, y - 6, wide, 12, GROUND)
            sheet.text(x, y, names[index], DIM, 8, anchor="mm")


def _node(sheet: Sheet, box: _Box, icons: Stamps, chosen: bool) -> None:
    tile = _tile(box.node)
    if chosen:
        sheet.box(box.x - 2.5, box.y - 2.5, box.wide + 5, box.high + 5, None, ORANGE, 5)
    if box.small:
        sheet.disc(*box.middle, box.wide / 2 + 0.5, EDGE)
        sheet.disc(*box.middle, box.wide / 2 - 0.5, tile)
    else:
        sheet.box(box.x, box.y, box.wide, box.high, tile, EDGE, 3)
    ink = _ink(tile)
    x, y = box.x + box.wide / 2, box.y + HIGH / 2 if not box.small else box.middle[1]
    icon = icons.get(box.node.knobs.get("icon", ""))
    if icon is not None:
        sheet.icon(box.x - 9, box.y - 9, icon, 18)
    size = 9.5
    while measured(box.node.name, size) > box.wide - 6 and size > 6:
        size -= 0.5
    sheet.text(x, y, box.node.name, ink, size, anchor="mm")
    y += HIGH / 2
    if box.stamp is not None:
        y += sheet.picture(box.x + 4, y, box.stamp, box.wide - 8) + 4
    for label in box.labels:
        sheet.text(x, y + LINE / 2 - 2, label, ink, 7.5, anchor="mm")
        y += LINE


def _tile(node: nk.Node) -> Colour:
    said = int(node.knobs.get("tile_color", "0"), 0) >> 8 or _CLASSES.get(node.kind, 0x9A9A9A)
    return said >> 16 & 255, said >> 8 & 255, said & 255


def _ink(tile: Colour) -> Colour:
    return (16, 16, 16) if sum(tile) > 330 else BRIGHT
