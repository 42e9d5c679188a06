"""Which layers there are: chosen once for a whole shot, so that they neither swap nor come and go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate_server.operations.layers.chosen import Choice, Sample, object_label
from replate_server.operations.layers.labelling import labelled
from replate_server.operations.layers.regions import NOBODY, Labels

Array = NDArray[Any]

_USUAL = 6
"""No more than this are proposed."""
_WORTH = 0.1
"""Of what is amiss with one layer, how much less another must leave to be proposed."""
_SEEN = 0.005
"""Of the shot's pixels, what a layer must show of itself to be proposed."""
_APART = 3
"""Pixels over which an object is compared with what is beside it, past what blurs its outline."""


def choose(samples: Sequence[Sample], objects: int, count: int) -> Choice:
    """The layers of a shot from some of its pictures. `count` is how many there are to be in all; 0 proposes it.

    Regions are kept whole: sorted by where they lie, they are parted into runs so that within each there is the
    least depth, and the least of the steps at which it would have to stretch. Objects go before what they hide.
    """
    by_depth = 0 if count == 0 else max(count - objects, 1)
    proposed = _cuts(samples, by_depth, max(_USUAL - objects, 2))
    cuts = _occupied(samples, proposed, frozenset(), 0.0 if by_depth else _SEEN)
    sliced: frozenset[float] = frozenset()
    for _ in range(2 * by_depth):
        if len(cuts) + 1 >= by_depth or (cut := _slice(samples, cuts)) is None:
            break
        # One may take the place of another: between the two there may be nothing left.
        cuts = _occupied(samples, sorted([*cuts, cut]), sliced | {cut})
        sliced = sliced.union({cut}).intersection(cuts)
    return Choice(tuple(cuts), sliced, _order(samples, cuts, objects))


def without_empty(choice: Choice, labels: Sequence[Labels]) -> tuple[Choice, list[Labels]]:
    """The layers of a shot, and its pixels' [rows, columns], without those that hardly show: these join what is behind
    them. Chosen by some frames, a layer may come to nothing in the whole shot."""
    cuts, order, kept = list(choice.cuts), choice.order, list(labels)
    while cuts:
        shown = [np.mean([(one == layer).mean() for one in kept]) for layer in range(len(cuts) + 1)]
        least = int(np.argmin(shown))
        if shown[least] > _SEEN:
            break
        del cuts[max(least - 1, 0)]
        order = tuple(one - (one > least) for one in order if one != least)
        kept = [np.asarray(one - (one >= max(least, 1)), np.int32) for one in kept]
    return Choice(tuple(cuts), choice.sliced.intersection(cuts), order), kept


def _occupied(
    samples: Sequence[Sample], cuts: list[float], sliced: frozenset[float], least: float = 0.0
) -> list[float]:
    """The cuts without those before which there is nothing in the pictures, or no more than a `least` part of them."""
    while cuts:
        choice = Choice(tuple(cuts), sliced.intersection(cuts), ())
        maps = [labelled(sample.regions, sample.nearness, choice) for sample in samples]
        shown = np.array([np.mean([(labels == layer).mean() for labels in maps]) for layer in range(len(cuts) + 1)])
        if shown.min() > least:
            break
        del cuts[max(int(shown.argmin()) - 1, 0)]
    return cuts


def _cuts(samples: Sequence[Sample], count: int, most: int) -> list[float]:
    """Nearness between the runs; `count` 0 finds how many runs are worth it, up to `most`."""
    found = [sample.regions for sample in samples if sample.regions.area.size]
    if not found:
        return []
    place, area = (np.concatenate([getattr(one, name) for one in found]) for name in ("place", "area"))
    middle = np.concatenate([one.middle for one in found])
    order = np.argsort(place, kind="stable")
    steps = np.zeros((place.size, place.size), np.float64)
    at = 0
    for one in found:
        size = one.area.size
        steps[at : at + size, at : at + size] = one.steps + one.steps.T
        at += size
    cost = _costs(middle[order], area[order], steps[np.ix_(order, order)])
    # Two that lie at one place cannot be parted.
    place = place[order]
    least, starts = _runs(cost, place, min(count or most, place.size))
    runs = min(count, len(least)) if count else _worth(least)
    cuts: list[float] = []
    end = place.size
    for run in range(runs, 1, -1):
        start = int(starts[run - 1][end])
        cuts.append(float(place[start - 1] + place[start]) / 2)
        end = start
    return cuts[::-1]


def _costs(middle: Array, area: Array, steps: Array) -> Array:
    """[from, to): what a layer of these regions costs; 1 for all of them together."""
    size = middle.size
    whole, moment, square = (np.concatenate([[0.0], np.cumsum(area * middle**power)]) for power in (0, 1, 2))
    start, end = np.mgrid[: size + 1, : size + 1]
    within = np.zeros((size + 1, size + 1))
    some = end > start
    mass, first, second = (sums[end[some]] - sums[start[some]] for sums in (whole, moment, square))
    within[some] = (second - first**2 / mass).clip(0)
    total = np.zeros((size + 1, size + 1))
    total[1:, 1:] = np.cumsum(np.cumsum(steps, 0), 1)
    stretched = (total[end, end] - total[start, end] - total[end, start] + total[start, start]).clip(0) * some
    parts = [part / part[0, size] for part in (within, stretched) if part[0, size] > _NOTHING]
    return np.asarray(np.mean(parts, axis=0)) if parts else np.zeros((size + 1, size + 1))


_NOTHING = 1e-12


def _runs(cost: Array, place: Array, most: int) -> tuple[list[float], list[Array]]:
    """The least cost of 1, 2, ... runs over all regions, and where the last run that ends at each begins."""
    size = place.size
    may = np.concatenate([[True], np.diff(place) > 0, [True]])
    best, least, starts = cost[0].copy(), [float(cost[0, size])], [np.zeros(size + 1, np.intp)]
    for _ in range(1, most):
        # [begin, end]: the best of what comes before, and one run more.
        grid = np.where(
            may[:, None] & (np.arange(size + 1)[:, None] < np.arange(size + 1)), best[:, None] + cost, np.inf
        )
        grid[0] = np.inf
        begin = grid.argmin(0)
        best = grid[begin, np.arange(size + 1)]
        if not np.isfinite(best[size]):
            break
        least.append(float(best[size]))
        starts.append(begin)
    return least, starts


def _worth(least: Sequence[float]) -> int:
    """How many runs before another saves too little."""
    # Costs are squares of depth; an eye sees depth.
    amiss = np.sqrt(least)
    for runs in range(1, len(least)):
        if amiss[runs - 1] - amiss[runs : runs + 2].min() < _WORTH:
            return runs
    return len(least)


def _slice(samples: Sequence[Sample], cuts: Sequence[float]) -> float | None:
    """Where to part the layer that has most depth in it; None when all are flat."""
    values = np.concatenate([sample.nearness[sample.regions.labels >= 0] for sample in samples])
    if not values.size:
        return None
    layer = np.digitize(values, cuts)
    count = len(cuts) + 1
    size = np.bincount(layer, minlength=count).clip(1)
    mean = np.bincount(layer, values, count) / size
    deviation = np.bincount(layer, np.square(values - mean[layer]), count)
    widest = int(deviation.argmax())
    cut = float(mean[widest])
    return cut if deviation[widest] > _NOTHING and cut not in cuts else None


def _order(samples: Sequence[Sample], cuts: Sequence[float], objects: int) -> tuple[int, ...]:
    """Each object goes in where what it hides lies behind it, and what hides it before."""
    order = list(range(len(cuts) + 1))
    means = [_mean(samples, place) for place in range(objects)]
    for place in sorted(range(objects), key=lambda one: means[one]):
        before = [_before(samples, cuts, place, other) for other in order]
        # Without a border to tell by, depth does.
        lean = [1e-6 * (1 if other < 0 or other <= np.digitize(means[place], cuts) else -1) for other in order]
        votes = np.array(before) + np.array(lean)
        at = 1 + int(np.argmax([votes[:to].sum() - votes[to:].sum() for to in range(1, len(order) + 1)]))
        order.insert(at, object_label(place))
    return tuple(order)


def _mean(samples: Sequence[Sample], place: int) -> float:
    values = np.concatenate([sample.nearness[sample.objects == place] for sample in samples])
    return float(values.mean()) if values.size else 0.0


def _before(samples: Sequence[Sample], cuts: Sequence[float], place: int, other: int) -> float:
    """By how much an object lies before another layer, where they meet, in steps of nearness."""
    total = 0.0
    for sample in samples:
        mine = sample.objects == place
        if other < 0:
            theirs = sample.objects == NOBODY - 1 - other
        else:
            labels = sample.regions.labels
            which = np.append(np.digitize(sample.regions.place, cuts), NOBODY)
            theirs = which[labels] == other
        height, width = mine.shape
        for down, across in ((0, _APART), (_APART, 0)):
            a = (slice(0, height - down), slice(0, width - across))
            b = (slice(down, height), slice(across, width))
            ahead = sample.nearness[a] - sample.nearness[b]
            total += float(ahead[mine[a] & theirs[b]].sum()) - float(ahead[theirs[a] & mine[b]].sum())
    return total
