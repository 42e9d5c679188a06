"""Nodes that bring channels together, rename them, and take them away."""

from __future__ import annotations

from dataclasses import replace

import nk
import numpy as np

from engine import channels
from engine.graph import Call, evaluates
from engine.image import Box, Image, Plane
from engine.nodes.colouring import MASKED, limited


@evaluates(
    "Copy",
    knows=f"""from0 to0 from1 to1 from2 to2 from3 to3 channels bbox metainput rangeinput unpremult
    invert_unpremult {MASKED}""",
)
def copy(call: Call) -> Image:
    """Channels of A, the second input, into B's."""
    knobs, back, front = call.knobs, call.image(0), call.image(1)
    if knobs.text("unpremult") != "none":
        raise call.refused("the stand-in copies nothing under the alpha")
    layers = call.graph.script.layers
    pairs = []
    for index in range(4):
        source = channels.one(knobs.text(f"from{index}"), front.planes, layers)
        goal = channels.one(knobs.text(f"to{index}"), front.planes, layers)
        if goal is not None:
            pairs.append((source, goal))
    pairs += [(name, name) for name in channels.chosen(knobs.text("channels"), front.planes, layers)]
    box = {"union": back.box.union(front.box), "B": back.box, "A": front.box}[knobs.text("bbox")]
    wide = _over(back, box)
    copied = {goal: _plane(front, source, box) for source, goal in pairs}
    return _with_metadata(call, wide.having(limited(call, wide, copied, mask_input=2)), back, front)


@evaluates("Shuffle2", knows="in1 in2 out1 out2 fromInput1 fromInput2 mappings shuffle")
def shuffle(call: Call) -> Image:
    """`mappings`: a count, then of each pair: source, its group and place, target, its group and place.

    The groups are `in1` and `in2`, each from the input that `fromInput1` and `fromInput2` name. Channels of an
    output layer that nothing goes to become black.
    """
    knobs, back = call.knobs, call.image(0)
    layers = call.graph.script.layers
    sources = [call.image(_side(call, f"fromInput{each}")) for each in (1, 2)]
    box = back.box
    for each in sources:
        box = box.union(each.box)
    wide = _over(back, box)
    made: dict[str, Plane] = {}
    for name in ("out1", "out2"):
        made.update(dict.fromkeys(channels.chosen(knobs.text(name), back.planes, layers), _flat(box, 0)))
    for source, group, goal in _mappings(call):
        if source in ("white", "black"):
            made[goal] = _flat(box, float(source == "white"))
        else:
            made[goal] = _plane(sources[group], source, box)
    return wide.having(made)


@evaluates("Remove", knows="operation channels channels2 channels3 channels4")
def remove(call: Call) -> Image:
    image = call.image(0)
    named = set(_four(call, image))
    keep = call.knobs.text("operation") == "keep"
    return image.only(name for name in image.planes if (name in named) == keep)


@evaluates("AddChannels", knows="channels channels2 channels3 channels4 color format_size")
def add_channels(call: Call) -> Image:
    """In the colour where there are none yet."""
    knobs, image = call.knobs, call.image(0)
    if knobs.flag("format_size") or image.box.empty:
        image = image.over(image.box.union(image.format.box))
    colour = knobs.numbers("color", 4)
    missing = [name for name in _four(call, image) if name not in image.planes]
    return image.having({name: _flat(image.box, colour[min(index, 3)]) for index, name in enumerate(missing)})


def _with_metadata(call: Call, image: Image, back: Image, front: Image) -> Image:
    chosen = {"B": back.metadata, "A": front.metadata, "All": {**back.metadata, **front.metadata}}
    return replace(image, metadata=chosen[call.knobs.text("metainput")])


def _over(image: Image, box: Box) -> Image:
    """Over a larger box. What was beyond its own is black to a node that joins pictures, whatever its edge does."""
    return replace(replace(image, edge_repeats=False).over(box), edge_repeats=image.edge_repeats)


def _plane(image: Image, name: str | None, box: Box) -> Plane:
    return _flat(box, 0) if name is None else image.plane(name, box, repeat=False)


def _flat(box: Box, value: float) -> Plane:
    return np.full((box.height, box.width), value, np.float32)


def _four(call: Call, image: Image) -> list[str]:
    texts = [call.knobs.text(name) for name in ("channels", "channels2", "channels3", "channels4")]
    found = [name for text in texts for name in channels.chosen(text, image.planes, call.graph.script.layers)]
    return list(dict.fromkeys(found))


def _side(call: Call, knob: str) -> int:
    """Which input: B is the first, A the second. Saved as `{0} B`."""
    words = nk.split(call.knobs.text(knob))
    return {"B": 0, "A": 1}[words[-1] if words else "B"]


def _mappings(call: Call) -> list[tuple[str, int, str]]:
    """Source, its group, target."""
    text = call.node.knobs.get("mappings", "")
    if not text:
        return [(name, 0, name) for name in channels.RGBA]
    count, *words = nk.split(text)
    if len(words) != 6 * int(count):
        raise call.refused(f"its mappings are not {count} pairs: {text}")
    pairs = [words[place : place + 6] for place in range(0, len(words), 6)]
    return [(source, max(0, int(group)), goal) for source, group, _, goal, _, _ in pairs]
