"""A shot looked at before it is taken apart: its layers chosen once, and every frame's pixels told to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.flow.operation import Tracker
from replate_server.operations.layers.choice import without_empty
from replate_server.operations.layers.chosen import Choice, Sample
from replate_server.operations.layers.footage import Footage
from replate_server.operations.layers.knobs import Knobs
from replate_server.operations.layers.labelling import labelled
from replate_server.operations.layers.nearness import shrunk
from replate_server.operations.layers.regions import Labels
from replate_server.operations.layers.separation import sampled, settled, whole_depth
from replate_server.operations.layers.votes import Between, carried, voted
from replate_server.operations.spans import Span, part

_SAMPLES = 8
"""Frames of a shot that its layers are chosen by."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What is known of a shot once it was looked through."""

    choice: Choice
    depth: float
    """The whole depth of the shot, in nearness."""
    labels: Mapping[int, Labels]
    """Of each frame, [rows, columns]: the layers found by depth, by number from 0; `NOBODY` where an object is."""


def looked(footage: Footage, tracker: Tracker, knobs: Knobs, steps: Steps) -> Looked:
    """The layers of a shot. What a frame's pixels were in the frame before counts in where they belong, and at the end
    each belongs where it does in most frames: depth is too unsteady for a frame alone to decide."""
    keys = _spread(footage.numbers)
    coarse: dict[int, Tensor] = {}
    for index, number in enumerate(keys):
        part(Span(steps, 0.0, 0.2), index, len(keys), f"Looking at frame {number}").progress(0.0)
        coarse[number] = shrunk(footage.take(number).nearness, knobs.resolution)
    depth = whole_depth(np.concatenate([one.ravel() for one in coarse.values()]))

    def sample(knobs: Knobs) -> list[Sample]:
        samples = []
        for index, number in enumerate(keys):
            part(Span(steps, 0.2, 0.5), index, len(keys), f"Choosing layers by frame {number}").progress(0.0)
            samples.append(_sample(footage, number, depth, knobs))
        return samples

    _, choice, knobs = settled(sample, len(footage.names), knobs)
    labels: list[Labels] = []
    motions: list[Between] = []
    before: Tensor | None = None
    for index, number in enumerate(footage.numbers):
        span = part(Span(steps, 0.5, 1.0), index, len(footage.numbers), f"Finding the layers of frame {number}")
        span.progress(0.0)
        height, width = shrunk(footage.take(number).nearness, knobs.resolution).shape
        small = resize(footage.take(number).display, width, height, Nature.COLOUR)
        held = None
        if before is not None:
            motions.append(_between(tracker, before, small, span))
            held = carried(labels[-1], motions[-1])
        found = _sample(footage, number, depth, knobs, held)
        labels.append(labelled(found.regions, found.nearness, choice, held))
        before = small
    labels = voted(labels, motions, len(choice.cuts) + 1)
    if not knobs.count:
        choice, labels = without_empty(choice, labels)
    return Looked(choice, depth, dict(zip(footage.numbers, labels, strict=True)))


def _sample(footage: Footage, number: int, depth: float, knobs: Knobs, held: Labels | None = None) -> Sample:
    take = footage.take(number)
    return sampled(take.display, take.nearness, take.mattes, depth, knobs, held)


def _between(tracker: Tracker, one: Tensor, other: Tensor, steps: Steps) -> Between:
    there = tracker.run(one, other, {"preset": "medium"}, steps)
    return Between(there, tracker.run(other, one, {"preset": "medium"}, steps))


def _spread(numbers: Sequence[int]) -> list[int]:
    """A few of the numbers, evenly through the shot."""
    count = min(len(numbers), _SAMPLES)
    return [numbers[int((index + 0.5) * len(numbers) / count)] for index in range(count)]
