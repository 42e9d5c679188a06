"""A restyle along the motion of another job: each frame is painted once, and a part of it is the same as the whole."""

from __future__ import annotations

from replate.connection import Client
from replate.frame import Box
from replate.jobs import JobOutput
from replate_server.operations.compliance import synthetic
from replate_server.operations.restyle.steadying import REACH, WINDOW
from serving import Studio, digests, noise


def test_every_frame_is_painted_once_whatever_is_asked_for(client: Client, studio: Studio) -> None:
    count, gate = WINDOW + 3, studio.gate("guided", 99)
    plate, style = synthetic(count, Box(0, 0, 64, 48)), noise()
    inputs = {"plate": plate, "style": style, "motion": JobOutput(client.submit("flow", {"plate": plate}).id, "motion")}
    parameters = {"gate": gate.name}
    numbers = [frame.spec.number for frame in plate]

    def asked(first: int, last: int, **more: float) -> dict[tuple[str, int], str]:
        span = numbers[first], numbers[last]
        job = client.submit("restyle", inputs, model="restyle/invert", parameters=parameters | more, frames=span)
        return digests(job)

    early = asked(1, 1)
    assert gate.finished == REACH + 2
    whole = asked(0, count - 1)
    assert gate.finished == count
    assert len(whole) == count and whole.items() >= early.items()
    assert asked(WINDOW - 1, WINDOW + 1).items() <= whole.items()
    weaker = asked(0, count - 1, steadiness=0.3)
    assert gate.finished == count and not weaker.items() & whole.items()
    # Each for itself is another recipe, of windows of a single frame.
    assert not asked(2, 3, steadiness=0.0).items() & whole.items()
    assert gate.finished == count + 2
