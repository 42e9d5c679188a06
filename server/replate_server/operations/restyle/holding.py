"""A shot carried from its keyframes: every frame out of those before and after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from tempfile import TemporaryFile

from replate_server.operations.contract import Steps, Tensor, Window
from replate_server.operations.restyle.carrying import Key, Sight, carried
from replate_server.operations.restyle.filling import filled
from replate_server.operations.restyle.following import Following
from replate_server.operations.restyle.joining import joined
from replate_server.operations.restyle.keys import Keys, Stretch
from replate_server.operations.restyle.scenes import scenes
from replate_server.operations.restyle.spool import Spool
from replate_server.operations.shot import Shot
from replate_server.operations.spans import Span


def held(
    window: Window, shot: Shot, keys: Keys, numbers: Sequence[int], steps: Steps, device: str
) -> Iterator[tuple[int, Tensor | None]]:
    """The frames of some numbers, rising: each painted, [height, width, 3] over the shot's box, display-referred.

    None stands for a frame in a scene that has no keyframe.

    Nothing is carried across a cut. `steps` never go back; patches are put together on `device`.
    """
    wanted = set(numbers)
    if not wanted:
        return
    last, places = max(wanted), {number: place for place, number in enumerate(window.context)}
    cut = scenes(shot, Span(steps, 0.0, 0.05))
    rest = Span(steps, 0.05, 1.0)
    for scene in cut:
        if scene[-1] < min(wanted) or scene[0] > last:
            continue
        following = Following(window, shot, scene)
        for stretch in keys.stretches(following, scene, Span(rest, 0.0, 0.0, "Painting keyframes")):
            if wanted.intersection(stretch.numbers):
                for number, picture in _carried(following, stretch, Span(rest, 0.0, 0.0, "Carrying keyframes"), device):
                    rest.progress((places[number] + 1) / (places[last] + 1))
                    if number in wanted:
                        yield number, picture
                    if number >= last:
                        return
            if stretch.after is not None and stretch.after.number in wanted:
                yield stretch.after.number, stretch.after.picture
            if stretch.after is not None and stretch.after.number >= last:
                return


def _carried(following: Following, stretch: Stretch, steps: Steps, device: str) -> Iterator[tuple[int, Tensor | None]]:
    """The frames of a stretch, rising."""
    if stretch.before is None and stretch.after is None:
        yield from ((number, None) for number in stretch.numbers)
        return
    with TemporaryFile(prefix="replate-") as file:
        spool = Spool(file)
        if stretch.after is not None:
            for sight in _sights(following, stretch, stretch.after, -1, steps, device):
                spool.put(sight)
        early: Iterator[Sight] = iter(())
        if stretch.before is not None:
            early = _sights(following, stretch, stretch.before, 1, steps, device)
        for number in stretch.numbers:
            one = next(early, None)
            other = spool.get(number) if number in spool else None
            yield number, _joined(stretch, one, other)


def _joined(stretch: Stretch, one: Sight | None, other: Sight | None) -> Tensor:
    if one is None or other is None or stretch.before is None or stretch.after is None:
        alone = one or other
        assert alone is not None, "a stretch has a keyframe on one side at least"
        return alone.picture
    first, last = stretch.before.number, stretch.after.number
    return joined(one, other, (one.number - first) / (last - first))


def _sights(
    following: Following, stretch: Stretch, key: Key, towards: int, steps: Steps, device: str
) -> Iterator[Sight]:
    """What a keyframe at the end of a stretch shows of its frames, with what it does not show filled in."""
    sights = carried(following, key, towards, steps)
    return filled(following, key, islice(sights, len(stretch.numbers)), steps, device)
