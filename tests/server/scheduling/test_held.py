"""A restyle held by keyframes, as a job: few frames are painted, once, and a part of it is the same as the whole."""

from __future__ import annotations

from replate.connection import Client
from replate.frame import Box
from replate.jobs import JobOutput
from replate_server.operations.compliance import synthetic
from serving import Studio, digests, noise

COUNT = 11


def test_keyframes_are_painted_once_whatever_is_asked_for(client: Client, studio: Studio) -> None:
    gate = studio.gate("held", 99)
    plate, style = synthetic(COUNT, Box(0, 0, 64, 48)), noise()
    inputs = {"plate": plate, "style": style, "motion": JobOutput(client.submit("flow", {"plate": plate}).id, "motion")}
    numbers = [frame.spec.number for frame in plate]

    def asked(first: int, last: int, **more: object) -> dict[tuple[str, int], str]:
        parameters = {"gate": gate.name, "key_every": 4, **more}
        span = numbers[first], numbers[last]
        return digests(client.submit("restyle", inputs, model="restyle/invert", parameters=parameters, frames=span))

    early = asked(1, 1)
    assert gate.finished == 2
    whole = asked(0, COUNT - 1)
    painted = gate.finished
    assert painted < COUNT / 2
    assert len(whole) == COUNT and whole.items() >= early.items()
    assert asked(3, 5).items() <= whole.items()
    # Colours kept are put on afterwards, and so is the matte.
    assert not asked(0, COUNT - 1, keep_colour=True).items() & whole.items()
    assert gate.finished == painted
    # Each for itself is another recipe, of windows of a single frame.
    assert not asked(2, 3, hold="frames").items() & whole.items()
    assert gate.finished == painted + 2


def test_keyframes_of_a_job_are_carried(client: Client) -> None:
    plate = synthetic(5, Box(0, 0, 64, 48))
    painted = client.submit("restyle", {"plate": plate[2:3], "style": noise()}, parameters={"strength": 0.7})
    job = client.submit(
        "restyle", {"plate": plate, "keyframes": JobOutput(painted.id, "plate")}, model="restyle/keyframes"
    )
    assert [frame.spec.number for _, frame in job.frames()] == [frame.spec.number for frame in plate]
