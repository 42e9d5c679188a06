"""What belongs together as a model sees it in one frame, followed through the shot: there it counts as objects do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from replate.values import Value
from replate_server.darkroom.motion import Motion, occlusion, warp
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.flow.operation import Tracker
from replate_server.operations.inpaint.filling import Inpainter
from replate_server.operations.layers.chosen import MOST
from replate_server.operations.layers.coverage import enlarged, softened
from replate_server.operations.layers.footage import Footage
from replate_server.operations.layers.knobs import Knobs
from replate_server.operations.layers.nearness import shrunk
from replate_server.operations.layers.regions import NOBODY, Labels
from replate_server.operations.pictures import checked
from replate_server.operations.shot import picture_key
from replate_server.operations.spans import Span, part

Array = NDArray[Any]

_USUAL = 3
"""Groups that are sought where the artist does not say how many layers there are to be."""
_LONGEST = 640
"""The longer side, in pixels, at which groups are followed."""
_SEEN = 0.005
"""Of the picture, what a group must show of itself."""
_NEARBY = 10
"""What a way as long as the picture weighs, against the picture's whole depth and the difference of black and white."""
_REST = 0
"""How what is in no group is labelled; the groups are from 1 on."""


@runtime_checkable
class Grouping(Inpainter, Protocol):
    """An inpainter that can also tell what of a picture belongs together."""

    def grouped(
        self, picture: Tensor, most: int, parameters: Mapping[str, Value], seed: int, number: int, steps: Steps
    ) -> Sequence[Tensor]:
        """Of a picture [height, width, 3], display-referred, up to `most` things that stand before the rest: by how
        much each shows, [rows, columns] in [0,1], together at most 1, back to front. Any size, the same for all.
        `number` is the frame's, for previews."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups of a shot."""

    names: tuple[str, ...]
    labels: Mapping[int, NDArray[np.uint8]]
    """Of each frame, [rows, columns] over the shot's box, the longer side at most `_LONGEST`."""
    knobs: Knobs

    def covers(self, number: int, display: Tensor, nearness: Tensor, others: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """A frame's groups by name, what each shows of itself, [height, width] in [0,1]: outlines as those of layers
        found by depth, and nothing where `others` are, which are [height, width] too."""
        large = enlarged(self.labels[number].astype(np.int32), shrunk(nearness, _LONGEST), nearness)
        shares = softened(large, len(self.names) + 1, display, self.knobs.edge(display.shape[1]))[1:]
        left = (1 - np.sum([*others.values()], axis=0, dtype=np.float32)).clip(0) if others else np.float32(1)
        return {name: share * left for name, share in zip(self.names, shares, strict=True)}


def grouped(model: Grouping, footage: Footage, tracker: Tracker, knobs: Knobs, steps: Steps) -> Groups | None:
    """What the model groups in the frame in the middle of the shot, followed from there; None where there is no room
    for it beside the objects that were given, or nothing. What the model says is kept in the store, for other edges."""
    taken = footage.names
    most = min((knobs.count or MOST) - len(taken) - 1, MOST if knobs.count else _USUAL)
    if most < 1:
        return None
    numbers = footage.numbers
    middle = len(numbers) // 2
    covers = _told(model, footage, numbers[middle], most, Span(steps, 0.0, 0.9))
    start = _View.of(footage, numbers[middle])
    first = _labels(covers, start)
    found = {numbers[middle]: first.astype(np.uint8)}
    for turn, way in enumerate((numbers[middle + 1 :], numbers[:middle][::-1])):
        for number, labels in _followed(footage, tracker, start, first, way, part(Span(steps, 0.9, 1.0), turn, 2)):
            found[number] = labels.astype(np.uint8)
    count = int(first.max())
    return Groups(_names(count, taken), found, knobs) if count else None


def _told(model: Grouping, footage: Footage, number: int, most: int, steps: Steps) -> Sequence[Tensor]:
    card, window, picture = model.card, footage.window, footage.take(number).display
    own = {one.name: window.parameters[one.name] for one in card.parameters}
    said = f"{card.name} {card.revision} {' '.join(card.weights)} {own} {most} seed {window.seed}"

    def tell() -> Mapping[str, Array]:
        steps.progress(0.0, f"Grouping frame {number}")
        told = model.grouped(picture, most, window.parameters, window.seed, number, steps)
        shape = (len(told), *(told[0].shape if told else (1, 1)))
        return {"covers": checked(np.stack(told) if told else np.zeros(shape, np.float32), shape, card.name)}

    kept = steps.cached(f"groups 1 {said} {picture_key(window, 'plate', number, footage.box)}", tell)
    return cast(Sequence[Tensor], kept["covers"])


def _names(count: int, taken: Sequence[str]) -> tuple[str, ...]:
    free = (name for name in (f"object{place}" for place in range(1, MOST + count + 1)) if name not in taken)
    return tuple(next(free) for _ in range(count))


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A frame as groups are followed in it."""

    picture: Tensor
    """[rows, columns, 3], display-referred."""
    nearness: Tensor
    others: Array
    """[rows, columns], bool: where there are objects that were given."""

    @classmethod
    def of(cls, footage: Footage, number: int) -> _View:
        take = footage.take(number)
        near = shrunk(take.nearness, _LONGEST)
        rows, columns = near.shape
        others = np.zeros(near.shape, bool)
        for matte in take.mattes.values():
            others |= resize(matte, columns, rows, Nature.MATTE) > 0.5
        return cls(resize(take.display, columns, rows, Nature.COLOUR), near, others)


def _labels(covers: Sequence[Tensor], view: _View) -> Labels:
    """Which group shows most of itself at each pixel. Those that hardly show come to nothing."""
    rows, columns = view.nearness.shape
    sized = [resize(cover, columns, rows, Nature.MATTE) for cover in covers]
    rest = 1 - np.sum(sized, axis=0, dtype=np.float32) if sized else np.ones((rows, columns), np.float32)
    labels = np.stack([rest, *sized]).argmax(0)
    shown = [np.mean((labels == group) & ~view.others) > _SEEN for group in range(1, len(sized) + 1)]
    # The numbers of those that are left follow one another.
    numbers = np.where([True, *shown], np.cumsum([0, *shown]), _REST)
    return np.asarray(numbers[labels], np.int32)


def _followed(
    footage: Footage, tracker: Tracker, start: _View, first: Labels, way: Sequence[int], steps: Steps
) -> Iterator[tuple[int, Labels]]:
    """The labels along a way that leads away from where they are known.

    What is still seen is fetched from there, so that slow motion adds up; what came into sight on the way belongs to
    what it hangs together with.
    """
    before, held = start, first
    total: Motion | None = None
    whole = np.ones(first.shape, bool)
    for index, number in enumerate(way):
        span = part(steps, index, len(way), f"Following objects to frame {number}")
        span.progress(0.0)
        here = _View.of(footage, number)
        to, back = (
            tracker.run(one, other, {"preset": "medium"}, span)
            for one, other in ((here.picture, before.picture), (before.picture, here.picture))
        )
        seen = occlusion(to, back) == 0
        whole = seen & warp(whole, to, Nature.DATA)
        total = to if total is None else to + warp(total, to, Nature.COLOUR)
        found = np.where(seen, warp(held, to, Nature.DATA), NOBODY)
        found = np.where(whole, warp(first, total, Nature.DATA), found)
        held = _decided(found, here)
        before = here
        yield number, held


def _decided(labels: Labels, view: _View) -> Labels:
    """With each pixel that is `NOBODY`'s given to that group, or the rest, of which the nearest pixel is most like it:
    in depth, in colour, and by how near it is."""
    unknown = labels == NOBODY
    if not unknown.any() or unknown.all():
        return np.where(unknown, _REST, labels).astype(np.int32)
    down, across = np.nonzero(unknown)
    scale = max(float(np.ptp(view.nearness)), 1e-12)
    best, chosen = np.full(down.size, np.inf), np.full(down.size, _REST)
    for group in np.unique(labels[~unknown]):
        other = (labels != group).astype(np.uint8)
        away, nearest = cv2.distanceTransformWithLabels(other, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        at = np.zeros(int(nearest.max()) + 1, np.intp)
        at[nearest[other == 0]] = np.flatnonzero(other == 0)
        like = at[nearest[down, across]]
        unlike = (
            np.abs(view.nearness.ravel()[like] - view.nearness[down, across]) / scale
            + np.abs(view.picture.reshape(-1, 3)[like] - view.picture[down, across]).mean(-1)
            + _NEARBY * away[down, across] / max(labels.shape)
        )
        closer = unlike < best
        best[closer], chosen[closer] = unlike[closer], group
    decided = labels.copy()
    decided[down, across] = chosen
    return decided.astype(np.int32)
