"""The pictures of docs/nuke.md, one a function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

import nk
import numpy as np
from draw_nuke import graph, panel
from draw_nuke.paper import BRIGHT, DIM, EDGE, GREEN, ORANGE, PANEL, PLAIN, Sheet, wrapped
from draw_nuke.session import FRAMES, LOOK, STYLE, Session, grey, photograph, pixels, plane
from draw_nuke.session import plate as plate_file
from PIL import Image

from in_nuke import ROOT
from nuke_engine import Engine

GAP = 14.0
WIDTH = 820.0
CAPTION = 9.0


def install(session: Session, engine: Engine) -> Sheet:
    """What the command says, and the menu that is there then."""
    told, init = session.installed()
    words = ["$ replate install nuke", *told.strip().splitlines(), "", "$ cat ~/.nuke/init.py", init.strip()]
    words = [line for long in words for line in wrapped(long, 544, mono=True)]
    items = session.told["menu"]
    high = 14 + 21.0 * len(items)
    sheet = Sheet(WIDTH, max(high, 44 + 17 * len(words)) + 2 * GAP)
    sheet.box(GAP, GAP, 572, sheet.height - 2 * GAP, (18, 18, 20), EDGE, 5)
    for index, colour in enumerate(((224, 108, 96), (222, 178, 74), GREEN)):
        sheet.disc(GAP + 14 + 14 * index, GAP + 13, 4, colour)
    for number, line in enumerate(words):
        sheet.text(GAP + 14, GAP + 38 + 17 * number, line, BRIGHT if line.startswith("$") else PLAIN, mono=True)
    left, wide = 600.0, 206.0
    sheet.box(left, GAP, wide, high - 14, PANEL, EDGE, 3)
    y = GAP + 4
    icons = _icons()
    for name, icon in items:
        if not name:
            sheet.line([(left + 6, y + 5), (left + wide - 6, y + 5)], (92, 92, 92))
            y += 10
            continue
        if icon in icons:
            sheet.icon(left + 8, y + 1, icons[icon], 17)
        sheet.text(left + 34, y + 10, name, BRIGHT)
        y += 21
    return sheet


def node(session: Session, engine: Engine) -> Sheet:
    """The graph of a Restyle with plate, style and matte, and its panel."""
    moment = "wired"
    wanted = session.nodes(moment)
    stamps = {"Plate": photograph(pixels(plate_file(LOOK))), "Painting": Image.open(STYLE).convert("RGB")}
    left = graph.drawn(wanted, stamps, _icons(), chosen="Restyle1")
    right = panel.drawn(session.node(moment, "Restyle1"), "Replate", 396, _icons()["ReplateRestyle.png"])
    sheet = Sheet(WIDTH, max(left.height, right.height) + 2 * GAP)
    sheet.inlay((WIDTH - right.width - GAP - left.width) / 2 - 4, (sheet.height - left.height) / 2, left)
    sheet.inlay(WIDTH - right.width - GAP, GAP, right)
    return sheet


def progress(session: Session, engine: Engine) -> Sheet:
    """Frames as they appear behind the node, the bar and the status; versions, and a sheet of variations."""
    moment = "progress"
    restyle = session.node(moment, "Restyle1")
    there = frames_there(restyle)
    wide = (WIDTH - 2 * GAP - 5 * 6) / 6
    part = panel.drawn(restyle, "Replate", 396, _icons()["ReplateRestyle.png"], until="vary")
    y = GAP + wide * 9 / 16 + 46
    sheet = Sheet(WIDTH, y + 68 + part.height + GAP)
    for index, frame in enumerate(FRAMES):
        x = GAP + index * (wide + 6)
        shown = photograph(session.rendered(engine, moment, "Final", frame))
        high = sheet.picture(x, GAP, shown, wide)
        made = frame in there
        sheet.box(x, GAP + high + 4, wide, 4, GREEN if made else (92, 92, 92), None, 2)
        sheet.text(x + wide / 2, GAP + high + 17, f"{frame}", BRIGHT if made else DIM, anchor="mm")
        sheet.text(x + wide / 2, GAP + high + 29, "result" if made else "the plate, still", DIM, 8, anchor="mm")
    _bar(sheet, GAP, y, part.width, session.told["bar"])
    sheet.inlay(GAP, y + 68, part)
    x = part.width + 2 * GAP + 6
    y = _versions(sheet, x, y, session.node("varied", "Restyle1")) + 20
    tried, said = _tried(session, engine)
    wide = (sheet.height - GAP - y) * tried.width / tried.height
    sheet.picture(x, y, tried, wide)
    sheet.text(x + wide + 12, y + 10, "Vary by strength,", PLAIN, CAPTION)
    sheet.text(x + wide + 12, y + 22, "on a sheet:", PLAIN, CAPTION)
    for number, line in enumerate(said):
        sheet.text(x + wide + 12, y + 44 + 14 * number, line, DIM, CAPTION)
    return sheet


def result(session: Session, engine: Engine) -> Sheet:
    """Plate, matte and result of a frame; and how many pixels outside the matte are the plate's."""
    plate, made = pixels(plate_file(LOOK)), session.rendered(engine, "done", "Final", LOOK)
    matte = session.rendered(engine, "done", "Mask", LOOK)[..., 3]
    wide = (WIDTH - 2 * GAP - 8) / 2
    sheet = Sheet(WIDTH, 2 * (wide * 9 / 16 + 24) + GAP)
    changed = np.any(plate[..., :3] != made[..., :3], axis=2)
    outside = matte == 0
    spilt = int(np.count_nonzero(outside & changed)) or "none"
    cells = (
        (photograph(plate), "Plate", DIM),
        (grey(matte), "Matte: everything but the rabbit", DIM),
        (photograph(made), "Restyle1, strength 0.8", DIM),
        (
            grey(changed.astype(np.float32)),
            f"What changed, in white: {spilt} of the {int(outside.sum())} pixels outside the matte",
            DIM,
        ),
    )
    for index, (image, words, colour) in enumerate(cells):
        x, y = GAP + index % 2 * (wide + 8), GAP + index // 2 * (wide * 9 / 16 + 24)
        sheet.picture(x, y, image, wide)
        sheet.text(x, y + wide * 9 / 16 + 11, words, colour, CAPTION)
    return sheet


def scene(session: Session, engine: Engine) -> Sheet:
    """A frame at rest and moved; the network inside a Parallax node, and its controls."""
    moment, last = "moved", FRAMES[-1]
    group = session.node(moment, "Parallax1")
    wide = (WIDTH - 2 * GAP - 16) / 3
    rest, moved = session.rendered(engine, "rest", "Rest", FRAMES[0]), session.rendered(engine, moment, "Moved", last)
    error = float(np.abs(rest[..., :3] - pixels(plate_file(FRAMES[0]))[..., :3]).max())
    cells = (
        (photograph(rest), f"Frame {FRAMES[0]}, at rest: the plate, within {255 * error:.2f}/255"),
        (photograph(moved), f"Frame {last}: orbit 0.1, look closer 1.12"),
        (_depth(session, engine), f"Depth1, depth.Z, frame {FRAMES[0]}"),
    )
    inside = [each for each in group.children if not each.name.startswith("send_")]
    net = graph.drawn(inside, {}, {}, closer=(0.58, 0.41))
    controls = panel.drawn(group, "Parallax", 356, _icons()["ReplateParallax.png"], until="defocus")
    y = GAP + wide * 9 / 16 + 26
    across = WIDTH - controls.width - 3 * GAP
    scale = min(across / net.width, controls.height / net.height)
    sheet = Sheet(WIDTH, y + controls.height + GAP)
    for index, (image, words) in enumerate(cells):
        x = GAP + index * (wide + 8)
        sheet.picture(x, GAP, image, wide)
        sheet.text(x, GAP + wide * 9 / 16 + 11, words, DIM, CAPTION)
    sheet.inlay(GAP + (across - net.width * scale) / 2, y + (controls.height - net.height * scale) / 2, net, scale)
    sheet.inlay(WIDTH - controls.width - GAP, y, controls)
    return sheet


PICTURES = {"install": install, "node": node, "progress": progress, "result": result, "scene": scene}
"""By the name of their files."""


def frames_there(restyle: nk.Node) -> set[int]:
    """The frames of a node's result that the script says are there: its knob `there` is 1 at them."""
    words = restyle.knobs.get("there", "0").strip("{}").split()
    keys = [(int(key[1:]), float(value)) for key, value in zip(words[2::2], words[3::2], strict=True)]
    spans = pairwise(keys)
    return {frame for (begin, on), (end, _) in spans if on for frame in range(begin, end)}


def _icons() -> Mapping[str, Image.Image]:
    return {path.name: Image.open(path) for path in (ROOT / "nuke_plugin" / "icons").glob("*.png")}


def _bar(sheet: Sheet, x: float, y: float, wide: float, bar: Mapping[str, object]) -> None:
    """Nuke's own progress bar, with what the task was told last."""
    sheet.box(x, y, wide, 56, PANEL, EDGE, 4)
    sheet.text(x + 10, y + 13, str(bar["title"]), BRIGHT, bold=True)
    sheet.box(x + 10, y + 23, wide - 84, 10, (30, 30, 30), EDGE, 3)
    sheet.box(x + 10, y + 23, (wide - 84) * float(str(bar["percent"])) / 100, 10, ORANGE, None, 3)
    sheet.box(x + wide - 66, y + 19, 56, 18, (84, 84, 84), EDGE, 3)
    sheet.text(x + wide - 38, y + 28, "Cancel", BRIGHT, anchor="mm")
    sheet.text(x + 10, y + 45, str(bar["text"]), PLAIN)


def _versions(sheet: Sheet, x: float, y: float, restyle: nk.Node) -> float:
    """The pull-down of versions, open; gives where it ends."""
    (knob,) = (each for each in restyle.user if each.name == "version")
    chosen, wide = panel.said(restyle, knob), WIDTH - x - GAP
    sheet.text(x, y + 9, "Version", PLAIN)
    sheet.box(x + 50, y, wide - 50, 18, (84, 84, 84), EDGE, 3)
    sheet.text(x + 58, y + 9, chosen, BRIGHT)
    sheet.area([(x + wide - 14, y + 7), (x + wide - 6, y + 7), (x + wide - 10, y + 12)], PLAIN)
    sheet.box(x + 50, y + 19, wide - 50, 18 * len(knob.menu) + 6, PANEL, EDGE, 2)
    for number, item in enumerate(knob.menu):
        at = y + 22 + 18 * number
        if item == chosen:
            sheet.box(x + 51, at, wide - 52, 18, (150, 96, 50))
        sheet.text(x + 58, at + 9, item, BRIGHT if item == chosen else PLAIN)
    return y + 25 + 18 * len(knob.menu)


def _tried(session: Session, engine: Engine) -> tuple[Image.Image, list[str]]:
    """The sheet of variations, and what the node that shows it says of them."""
    label = panel.words(session.node("varied", "Restyle1_sheet").knobs["label"])
    return photograph(session.rendered(engine, "varied", "Sheet", LOOK)), re.split(r"\n|   ", label)


def _depth(session: Session, engine: Engine) -> Image.Image:
    session.rendered(engine, "moved", "Far", FRAMES[0])
    found = plane(session.folder / f"far.{FRAMES[0]:04d}.exr", "depth.Z")
    low, high = np.percentile(found, (1, 99))
    return grey((found - low) / (high - low))
