"""A shot repainted by a model that sees many frames at once: scene by scene, in takes that share frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from replate.errors import Failed
from replate.frame import Figure
from replate_server.darkroom.tying import Tie
from replate_server.operations.clips import Clip, clips
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.restyle.repainting import Repainter
from replate_server.operations.restyle.scenes import scenes
from replate_server.operations.restyle.takes import Takes
from replate_server.operations.restyle.tying import Tying
from replate_server.operations.shot import Shot
from replate_server.operations.spans import Span, part


@dataclass(frozen=True, slots=True, eq=False)
class Filmed:
    """A frame of a take."""

    number: int
    picture: Tensor
    """[height, width, 3] of the takes' size over the shot's box, display-referred in [0,1]."""
    figures: tuple[Figure, ...]
    """"drift": by how much the model's colours were away from the first take's, or the keyframes', along the motion.
    "join": where two takes give way to one another, how far apart they are. Means of absolute differences."""


def filmed(
    model: Repainter,
    takes: Takes,
    shot: Shot,
    given: Mapping[int, Callable[[], Tensor]],
    wanted: Sequence[int],
    steps: Steps,
) -> Iterator[Filmed]:
    """The wanted frames, rising, as soon as no later take changes them.

    Nothing of a take is carried across a cut. `given` are finished keyframes by number, of the takes' size.
    """
    if not wanted:
        return
    tying, tied = Tying(shot, takes), bool(shot.window.parameters["tie_colour"])
    planned = _planned(model, scenes(shot, Span(steps, 0.0, 0.02)), set(wanted))
    rest = Span(steps, 0.02, 1.0)
    before: dict[int, Tensor] = {}
    for index, one in enumerate(planned):
        span = part(rest, index, len(planned))
        span.title = f"Take {index + 1} of {len(planned)}"
        span.progress(0.0)
        if not any(takes.restyled(number) for number in one.numbers):
            before = {}
            continue
        keyed = {place: given[number]() for place, number in enumerate(one.numbers) if number in given}
        shared = {place: before[number] for place, number in enumerate(one.numbers) if number in before}
        known = {**shared, **keyed}
        painted = takes.repainted(one.numbers, one.clip.start, known, Span(span, 0.0, 0.95))
        ties = tying.ties(one.numbers, painted, known, Span(span, 0.95, 0.95))
        taken = _Taken(painted, ties, shared, tied)
        for place, number in enumerate(one.numbers[: one.alone]):
            if number in wanted:
                yield Filmed(number, taken.picture(place), taken.figures(place, tying))
        # Pictures of what the next take shares are all that is kept.
        before = {number: taken.picture(place) for place, number in enumerate(one.numbers) if place >= one.alone}
        span.progress(1.0)


@dataclass(frozen=True, slots=True)
class _Planned:
    """A take that is to be made."""

    numbers: Sequence[int]
    clip: Clip
    alone: int
    """How many of its frames the next take does not share."""


@dataclass(frozen=True, slots=True, eq=False)
class _Taken:
    """A take that was made, frames by their place in it."""

    painted: Sequence[Tensor]
    ties: Sequence[Tie]
    shared: Mapping[int, Tensor]
    """What the takes before made of the frames that it shares with them: its first."""
    tied: bool

    def picture(self, place: int) -> Tensor:
        """A frame, which over those that are shared comes in as the take before goes."""
        own = self._own(place)
        before = self.shared.get(place)
        if before is None:
            return own
        return before + (own - before) * np.float32((place + 1) / (len(self.shared) + 1))

    def figures(self, place: int, tying: Tying) -> tuple[Figure, ...]:
        own = tying.small(self.painted[place])
        drift = Figure("drift", float(np.abs(self.ties[place].of(own) - own).mean(dtype=np.float64)))
        before = self.shared.get(place)
        if before is None:
            return (drift,)
        apart = np.abs(tying.small(self._own(place)) - tying.small(before)).mean(dtype=np.float64)
        return drift, Figure("join", float(apart))

    def _own(self, place: int) -> Tensor:
        painted = self.painted[place]
        return self.ties[place].of(painted).clip(0, 1) if self.tied else painted


def _planned(model: Repainter, cut: Sequence[Sequence[int]], wanted: set[int]) -> list[_Planned]:
    """The takes up to the last wanted frame of each scene that has any."""
    if model.overlap < 1:
        raise Failed(f"Takes of {model.card.name} share no frame to join them by; its module must be put right.")
    most = (model.frames - 1) // model.stride * model.stride + 1
    found = []
    for scene in cut:
        due = [place for place, number in enumerate(scene) if number in wanted]
        if due:
            row = clips(len(scene), most, model.overlap, model.stride, whole=False)
            ends = [*(clip.start for clip in row[1:]), len(scene)]
            found += [
                _Planned(scene[clip.start : clip.stop], clip, end - clip.start)
                for clip, end in zip(row, ends, strict=True)
                if clip.start <= due[-1]
            ]
    return found
