"""Holes filled through a whole shot: first from what other frames really show, then by a model, without flicker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from replate.values import Value
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.flow.operation import Tracker
from replate_server.operations.inpaint.filling import Inpainter, fill
from replate_server.operations.inpaint.holes import Hole
from replate_server.operations.inpaint.keys import Keys
from replate_server.operations.inpaint.surroundings import Shot, Surroundings
from replate_server.operations.spans import Span, part

__all__ = ["Shot", "fill", "filled"]


def filled(
    shot: Shot, inpainter: Inpainter, tracker: Tracker, parameters: Mapping[str, Value], seed: int, steps: Steps
) -> Iterator[tuple[int, Tensor]]:
    """The shot's frames by number, rising: each picture filled where it is wanted, and elsewhere as it was.

    The backdrop's motion is measured around the holes and carried on under them; along it, each hidden pixel is
    followed back and forth until a frame shows it. What none shows is made up in a few frames, and carried from
    there to all others: it moves with the backdrop and does not flicker. `parameters` are the inpainter's. A shot of
    one frame is filled as `fill` does.
    """
    if len(shot.context) == 1:
        for number in shot.numbers:
            yield (
                number,
                fill(inpainter, shot.picture(number), shot.hole(number), parameters, seed, steps, shot.wanted(number)),
            )
        return
    around = Surroundings.measured(shot, tracker, Span(steps, 0.0, 0.6))

    def filler(picture: Tensor, hole: Hole, wanted: Hole, steps: Steps) -> Tensor:
        return fill(inpainter, picture, hole, parameters, seed, steps, wanted)

    keys = Keys(around, filler)
    keys.make(Span(steps, 0.6, 0.85))
    for index, number in enumerate(shot.numbers):
        span = part(Span(steps, 0.85, 1.0), index, len(shot.numbers), f"Filling frame {number}")
        span.progress(0.0)
        yield number, keys.complete(around.index(number), span)
