"""The plate as it came."""

from __future__ import annotations

from collections.abc import Callable

from replate.frame import Box, Frame
from replate_server.operations.compliance import synthetic


def test_the_frames_themselves_come_back(run: Callable[..., dict[str, list[Frame]]]) -> None:
    plate = synthetic(10, Box(-4, 2, 33, 21), Box(0, 0, 40, 30), ("Z", "A"))
    given = run("identity/copy", {"plate": plate})["plate"]
    assert all(out is frame for out, frame in zip(given, plate, strict=True))
