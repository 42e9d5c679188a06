"""Merge2: A over B, and its other operations, by the formulas of Nuke's reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import channels
from engine.graph import Call, evaluates
from engine.image import Image, Plane
from engine.nodes.colouring import MASKED, limited

_Operation = Callable[[Plane, Plane, Plane, Plane], NDArray[Any]]
"""Of A, B and their alphas."""

_OPERATIONS: dict[str, _Operation] = {
    "atop": lambda a, b, ka, kb: a * kb + b * (1 - ka),
    "average": lambda a, b, ka, kb: (a + b) / 2,
    "copy": lambda a, b, ka, kb: a,
    "difference": lambda a, b, ka, kb: np.abs(a - b),
    "from": lambda a, b, ka, kb: b - a,
    "in": lambda a, b, ka, kb: a * kb,
    "mask": lambda a, b, ka, kb: b * ka,
    "matte": lambda a, b, ka, kb: a * ka + b * (1 - ka),
    "max": lambda a, b, ka, kb: np.maximum(a, b),
    "min": lambda a, b, ka, kb: np.minimum(a, b),
    "minus": lambda a, b, ka, kb: a - b,
    # Two negative numbers would make a positive one.
    "multiply": lambda a, b, ka, kb: np.where((a < 0) & (b < 0), a, a * b),
    "out": lambda a, b, ka, kb: a * (1 - kb),
    "over": lambda a, b, ka, kb: a + b * (1 - ka),
    "plus": lambda a, b, ka, kb: a + b,
    "screen": lambda a, b, ka, kb: np.where((a < 0) | (a > 1) | (b < 0) | (b > 1), np.maximum(a, b), a + b - a * b),
    "stencil": lambda a, b, ka, kb: b * (1 - ka),
    "under": lambda a, b, ka, kb: a * (1 - kb) + b,
    "xor": lambda a, b, ka, kb: a * (1 - kb) + b * (1 - ka),
}


@evaluates(
    "Merge2",
    knows=f"operation Achannels Bchannels output also_merge bbox metainput rangeinput screen_alpha sRGB {MASKED}",
)
def merge(call: Call) -> Image:
    """B is the first input, A the second, the mask the third, and what follows are further As."""
    knobs = call.knobs
    operation = knobs.text("operation")
    if operation not in _OPERATIONS or knobs.flag("sRGB") or knobs.flag("screen_alpha"):
        raise call.refused(f"the stand-in does not merge by {operation}, in sRGB or by a screened alpha")
    back = call.image(0)
    for index in [1, *range(3, call.inputs)]:
        if index < call.inputs and call.node.inputs[index] is not None:
            back = _merged(call, back, call.image(index), _OPERATIONS[operation])
    return back


def _merged(call: Call, back: Image, front: Image, operation: _Operation) -> Image:
    knobs, layers = call.knobs, call.graph.script.layers
    known = {*back.planes, *front.planes}
    named = [channels.chosen(knobs.text(each), known, layers) for each in ("Achannels", "Bchannels", "output")]
    triples = list(zip(*named, strict=False))
    triples += [(name,) * 3 for name in channels.chosen(knobs.text("also_merge"), known, layers)]
    box = {
        "union": back.box.union(front.box),
        "intersection": back.box.intersection(front.box),
        "A": front.box,
        "B": back.box,
    }[knobs.text("bbox")]
    # What lies beyond a picture's box is black to a merge, whatever its edge does elsewhere.
    behind, before = replace(back, edge_repeats=False).over(box), replace(front, edge_repeats=False).over(box)
    alphas = [image.plane(channels.ALPHA, box) for image in (before, behind)]
    made = {
        goal: operation(before.plane(a, box), behind.plane(b, box), *alphas).astype(np.float32)
        for a, b, goal in triples
        if a in front.planes or b in back.planes
    }
    merged = replace(behind.having(limited(call, behind, made, mask_input=2)), edge_repeats=back.edge_repeats)
    metadata = {"B": back.metadata, "A": front.metadata, "All": {**back.metadata, **front.metadata}}
    return replace(merged, metadata=metadata[knobs.text("metainput")])
