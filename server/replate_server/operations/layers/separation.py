"""A picture taken apart in depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate_server.darkroom.range import BLACK, WHITE, compress, expand, guard
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Tensor
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.layers.choice import choose
from replate_server.operations.layers.chosen import Choice, Sample
from replate_server.operations.layers.colours import Filled, coloured
from replate_server.operations.layers.knobs import USUAL, Knobs
from replate_server.operations.layers.labelling import labelled
from replate_server.operations.layers.layer import Layers
from replate_server.operations.layers.nearness import nearness_of, shrunk
from replate_server.operations.layers.parts import Parts, parted
from replate_server.operations.layers.regions import NOBODY, Labels, regions

Array = NDArray[Any]

Fill = Callable[[Tensor, Hole, Hole], Tensor]
"""A picture [height, width, 3], display-referred; what of it must not be looked at, and what of that is to be
filled, both [height, width]: the picture filled."""


def separate(
    picture: Tensor,
    distances: Array,
    fill: Fill,
    mattes: Mapping[str, Tensor] | None = None,
    knobs: Knobs = USUAL,
    depth_range: float | None = None,
) -> Layers:
    """The layers of a still, back to front.

    `picture` is [height, width, 3] linear Rec.709, unpremultiplied; `distances` [height, width] are Z, infinite or
    NaN where they are so; `mattes` are the coverage of objects by name, [height, width] in [0,1]. Put over each
    other the layers are the picture, to float precision.
    """
    given = dict(mattes or {})
    display, nearness = compress(picture), nearness_of(distances)
    depth = depth_range or whole_depth(nearness)
    (sample,), choice, knobs = settled(
        lambda finer: [sampled(display, nearness, given, depth, finer)], len(given), knobs
    )
    labels = labelled(sample.regions, sample.nearness, choice)
    parts = parted(display, nearness, labels, given, None, choice, knobs.step * depth / 2, knobs)
    fills = []
    for layer in range(len(parts.alphas)):
        hole, wanted = to_fill(parts, layer, knobs)
        made = guard(fill(display, hole, wanted), display, black=BLACK, white=WHITE) if wanted.any() else display
        fills.append(Filled(np.where(wanted[..., None], expand(made), picture), wanted))
    return coloured(picture, fills, parts, choice.names(tuple(given)))


def settled(
    sample: Callable[[Knobs], Sequence[Sample]], objects: int, knobs: Knobs
) -> tuple[Sequence[Sample], Choice, Knobs]:
    """The samples, the choice by them, and the knobs they were taken with: before regions are sliced because more
    layers are asked for than there are regions, lower steps are edges too."""
    samples = sample(knobs)
    choice = choose(samples, objects, knobs.count)
    if not choice.sliced:
        return samples, choice, knobs
    finer = replace(knobs, step=knobs.step / 2)
    more = sample(finer)
    return more, choose(more, objects, knobs.count), finer


def whole_depth(nearness: Array) -> float:
    """The difference of nearness between nearly the farthest and nearly the nearest."""
    far, near = np.percentile(nearness, (2, 98))
    return max(float(near - far), 1e-6 * float(near))


def sampled(
    display: Tensor,
    nearness: Tensor,
    mattes: Mapping[str, Tensor],
    depth: float,
    knobs: Knobs,
    held: Labels | None = None,
) -> Sample:
    """A picture's regions, sought at `Knobs.resolution`. `depth` is the shot's `whole_depth`; `held` are labels
    of the pixels a frame ago, at that size."""
    coarse = shrunk(nearness, knobs.resolution)
    height, width = coarse.shape
    small = resize(display, width, height, Nature.COLOUR)
    objects = _objects([resize(matte, width, height, Nature.MATTE) for matte in mattes.values()], coarse.shape)
    found = regions(coarse, small, knobs.step * depth, objects != NOBODY, held)
    return Sample(found, coarse, objects)


def to_fill(parts: Parts, layer: int, knobs: Knobs) -> tuple[Hole, Hole]:
    """What must not be looked at when a layer is completed, and what is to be filled. Where something is to be
    filled, something is left to look at: that failing what is farther, and at the last anything. Where nothing is, a
    picture that does not show the layer has nothing to give to others either."""
    margin = knobs.margin(parts.alphas[0].shape[1])
    wanted = parts.disclosed(layer, margin)
    for hole in (parts.unlike(layer, margin), parts.unlike(layer, 0)):
        if not hole.all():
            return hole, wanted
    if not wanted.any():
        return hole, wanted
    nearer = parts.before(layer)
    return wanted if nearer.all() else nearer, wanted


def _objects(mattes: Sequence[Tensor], shape: tuple[int, ...]) -> Labels:
    objects = np.full(shape, NOBODY, np.int32)
    if mattes:
        stack = np.stack(mattes)
        objects = np.where(stack.max(0) > 0.5, stack.argmax(0), NOBODY).astype(np.int32)
    return objects


__all__ = ["Choice", "Fill", "Knobs", "separate"]
