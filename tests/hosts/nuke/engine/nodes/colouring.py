"""Nodes that change values where they are."""

from __future__ import annotations

import numpy as np

from engine import channels
from engine.graph import Call, evaluates
from engine.image import Box, Image, Plane

MASKED = "mix maskChannelInput maskChannelMask invert_mask inject fringe process_mask"
"""The knobs of a node that can be limited: by a mask input, and by its mix."""


@evaluates(
    "Grade",
    knows=f"""channels blackpoint whitepoint black white multiply add gamma reverse black_clamp white_clamp unpremult
    {MASKED}""",
)
def grade(call: Call) -> Image:
    """`pow(A in + B, 1 / gamma)`, A = multiply (gain - lift) / (white point - black point), B = offset + lift - A
    black point; as Nuke's reference writes it. The black clamp is on unless the script says otherwise."""
    knobs, image = call.knobs, call.image(0)
    if knobs.flag("reverse") or knobs.text("unpremult") != "none":
        raise call.refused("the stand-in grades neither in reverse nor under the alpha")
    names = ("blackpoint", "whitepoint", "black", "white", "multiply", "add", "gamma")
    told = np.array([knobs.numbers(name, 4) for name in names])
    graded = {}
    for index, name in _with_parts(channels.chosen(knobs.text("channels"), image.planes, call.graph.script.layers)):
        if name not in image.planes:
            continue
        low, high, lift, gain, multiply, offset, gamma = told[:, index]
        slope = multiply * (gain - lift) / (high - low)
        value = image.planes[name] * slope + (offset + lift - slope * low)
        if gamma != 1:
            value = np.where(value > 0, np.maximum(value, 0) ** (1 / gamma), value)
        if knobs.flag("black_clamp"):
            value = np.maximum(value, 0)
        if knobs.flag("white_clamp"):
            value = np.minimum(value, 1)
        graded[name] = value.astype(np.float32)
    return image.having(limited(call, image, graded, mask_input=1))


@evaluates("Invert", knows=f"channels clamp invert_unpremult {MASKED}")
def invert(call: Call) -> Image:
    """One less what there was."""
    knobs, image = call.knobs, call.image(0)
    if knobs.flag("invert_unpremult") or image.box != Box(0, 0, image.format.width, image.format.height):
        raise call.refused("the stand-in inverts whole formats alone, and not under the alpha")
    names = channels.chosen(knobs.text("channels"), image.planes, call.graph.script.layers)
    turned = {name: (1 - image.planes[name]).astype(np.float32) for name in names if name in image.planes}
    if knobs.flag("clamp"):
        turned = {name: np.clip(plane, 0, 1) for name, plane in turned.items()}
    return image.having(limited(call, image, turned, mask_input=1))


@evaluates("Premult", knows="channels alpha invert")
def premult(call: Call) -> Image:
    image = call.image(0)
    alpha = _alpha(call, image)
    return image.having({name: image.planes[name] * alpha for name in _premultiplied(call, image)})


@evaluates("Unpremult", knows="channels alpha invert")
def unpremult(call: Call) -> Image:
    """Where alpha is 0 the colour stays as it is."""
    image = call.image(0)
    alpha = _alpha(call, image)
    safe = np.where(alpha == 0, 1, alpha)
    return image.having({name: (image.planes[name] / safe).astype(np.float32) for name in _premultiplied(call, image)})


def limited(call: Call, image: Image, changed: dict[str, Plane], *, mask_input: int) -> dict[str, Plane]:
    """What a node changed, where its mask lets it, and as far as its mix goes. Planes over the image's box."""
    knobs = call.knobs
    if knobs.text("maskChannelInput") != "none" or any(map(knobs.flag, ("inject", "fringe", "process_mask"))):
        raise call.refused("the stand-in takes masks from the mask input alone")
    share = mask(call, image.box, mask_input) * knobs.number("mix")
    if isinstance(share, float) and share == 1:
        return changed
    box = image.box
    return {
        name: (image.plane(name, box) * (1 - share) + plane * share).astype(np.float32)
        for name, plane in changed.items()
    }


def mask(call: Call, box: Box, index: int) -> Plane | float:
    """A mask input over a box, 0 to 1; 1 where there is none."""
    if index >= call.inputs or call.node.inputs[index] is None:
        return 1.0
    image, knobs = call.image(index), call.knobs
    name = channels.one(knobs.text("maskChannelMask"), image.planes, call.graph.script.layers)
    if name is None:
        return 1.0
    found = np.clip(image.plane(name, box), 0, 1)
    return 1 - found if knobs.flag("invert_mask") else found


def _alpha(call: Call, image: Image) -> Plane:
    knobs = call.knobs
    name = channels.one(knobs.text("alpha"), image.planes, call.graph.script.layers)
    if name is None:
        return np.ones((image.box.height, image.box.width), np.float32)
    alpha = image.plane(name, image.box)
    return 1 - alpha if knobs.flag("invert") else alpha


def _premultiplied(call: Call, image: Image) -> list[str]:
    alpha = call.knobs.text("alpha")
    own = channels.one(alpha, image.planes, call.graph.script.layers)
    names = channels.chosen(call.knobs.text("channels"), image.planes, call.graph.script.layers)
    return [name for name in names if name in image.planes and name != own]


def _with_parts(names: list[str]) -> list[tuple[int, str]]:
    """Which part of a colour is for a channel."""
    parts = {"red": 0, "green": 1, "blue": 2, "alpha": 3}
    return [(parts.get(name.rpartition(".")[2], min(index, 3)), name) for index, name in enumerate(names)]
