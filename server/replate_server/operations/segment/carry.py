"""An object carried from the frames on which it was pointed at to all others.

A frame's first guess comes from what the frame looks like: each place takes on what was known of the places that
look most like it (`recalled`), in the frame where the object was pointed at (anywhere in it) and in the frame just
left (nearby). The guess then becomes hints for the segmenter: a box, and the guess itself. On davis_bmx-trees (thin,
blurred, half hidden) this kept a mean IoU of 0.71 over 20 frames, where the mask warped along optical flow and
refined in the same way kept 0.42 to 0.59, and flow added to the guess took away from it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Tensor
from replate_server.operations.segment.hints import Hints

LOST = 0.3
"""Least IoU of a decoded mask with the guess that it was decoded from; below it the guess is kept."""
_RECENT = 1
_NEARBY = 12
"""Places, of 64 across, that an object may move in a frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One of a segmenter's answers."""

    likely: Tensor
    """How likely the object is at each place of the picture, [rows, columns] in [0,1]."""
    confidence: float
    """The segmenter's own estimate of this answer's IoU."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """A segmenter at work on a shot."""

    features: Callable[[int], Tensor]
    """What each place of a frame looks like: [rows, columns, n], of length 1."""
    decode: Callable[[int, Hints], Sequence[Candidate]]


def pointed(eyes: Eyes, number: int, hints: Hints) -> Tensor:
    """Where the object is in the frame on which it was pointed at."""
    candidates = eyes.decode(number, hints)
    scores = [
        one.confidence
        + _obeyed(one.likely, hints)
        + (0.5 * iou(one.likely, hints.guess) if hints.guess is not None else 0.0)
        for one in candidates
    ]
    return candidates[int(np.argmax(scores))].likely


def carried(eyes: Eyes, hints: Mapping[int, Hints], numbers: Sequence[int]) -> Iterator[tuple[int, Tensor]]:
    """Where an object is in each of `numbers`, rising, from where it was pointed at.

    `hints` are by frame, in the order in which they were given: those on the first frame say what the object is,
    later ones without a box correct what was carried there. Each other frame follows the nearest of these.
    """
    anchors = _anchors(eyes, hints, numbers)
    places = sorted(anchors)
    for index, anchor in enumerate(places):
        own = [number for number in numbers if _nearest(places, number) == index and number != anchor]
        earlier = [number for number in own if number < anchor]
        behind = list(_walk(eyes, anchor, anchors[anchor], earlier[::-1]))
        yield from reversed(behind)
        if anchor in numbers:
            yield anchor, anchors[anchor]
        yield from _walk(eyes, anchor, anchors[anchor], [number for number in own if number > anchor])


def iou(one: Tensor, other: Tensor) -> float:
    """Intersection over union of two pictures of likelihood, which may differ in size."""
    if one.shape != other.shape:
        other = resize(other, one.shape[1], one.shape[0], Nature.MATTE)
    a, b = one > 0.5, other > 0.5
    union = int(np.count_nonzero(a | b))
    return int(np.count_nonzero(a & b)) / union if union else 1.0


def _anchors(eyes: Eyes, hints: Mapping[int, Hints], numbers: Sequence[int]) -> dict[int, Tensor]:
    anchors: dict[int, Tensor] = {}
    for number, given in hints.items():
        if not anchors or given.box is not None:
            anchors[number] = pointed(eyes, number, given)
            continue
        start = min(anchors, key=lambda known: abs(known - number))
        between = [one for one in numbers if min(start, number) < one < max(start, number)]
        path = [*(between if start < number else between[::-1]), number]
        *_, (_, guess) = _walk(eyes, start, anchors[start], path)
        anchors[number] = pointed(eyes, number, replace(given, guess=guess))
    return anchors


def _walk(eyes: Eyes, anchor: int, known: Tensor, path: Sequence[int]) -> Iterator[tuple[int, Tensor]]:
    """The object along a path of frames that leads away from the anchor."""
    if not path:
        return
    # Imported here, because PyTorch takes seconds and the server reads operations without it.
    from replate_server.operations.segment.alike import Known, recalled

    start = Known(eyes.features(anchor), known)
    recent: deque[Known] = deque(maxlen=_RECENT)
    for number in path:
        features = eyes.features(number)
        guess = recalled(features, [start, *recent])
        likely = _refined(eyes, number, guess, known.shape)
        recent.append(Known(features, likely, _NEARBY))
        yield number, likely


def _refined(eyes: Eyes, number: int, guess: Tensor, shape: tuple[int, ...]) -> Tensor:
    large = resize(guess, shape[1], shape[0], Nature.MATTE)
    rows, columns = np.nonzero(large > 0.5)
    if rows.size < 4:
        # The object has gone, or is hidden: nothing to point at.
        return large
    box = (
        float(columns.min() / shape[1]),
        float(rows.min() / shape[0]),
        float((columns.max() + 1) / shape[1]),
        float((rows.max() + 1) / shape[0]),
    )
    hints = Hints(np.zeros((0, 2), np.float32), np.zeros(0, np.bool_), box, large)
    candidates = eyes.decode(number, hints)
    agreement = [iou(one.likely, large) for one in candidates]
    best = int(np.argmax([one.confidence + agree for one, agree in zip(candidates, agreement, strict=True)]))
    return candidates[best].likely if agreement[best] >= LOST else large


def _obeyed(likely: Tensor, hints: Hints) -> float:
    """The share of the points that a mask is on the right side of."""
    if not len(hints.points):
        return 1.0
    height, width = likely.shape
    x = np.clip((hints.points[:, 0] * width).astype(int), 0, width - 1)
    y = np.clip((hints.points[:, 1] * height).astype(int), 0, height - 1)
    return float(np.mean((likely[y, x] > 0.5) == hints.inside))


def _nearest(places: Sequence[int], number: int) -> int:
    return min(range(len(places)), key=lambda index: (abs(places[index] - number), index))
