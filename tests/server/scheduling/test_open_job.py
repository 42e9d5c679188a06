"""A window that is not done."""

from __future__ import annotations

from dataclasses import replace

from replate.frame import StoredFrame
from replate_server.scheduling.open_job import OpenWindow
from replate_server.store.ledger import WindowRecord
from serving import noise


def test_a_window_that_is_tried_twice_has_given_what_it_gave_first() -> None:
    """As the ledger has it, which does not take a frame twice: in a smaller way pixels may differ."""
    window = OpenWindow(WindowRecord(0, "", (1001, 1002), (1001, 1002), False, 0))
    first, second = (StoredFrame(frame.spec, digest) for frame, digest in zip(noise((1001, 1002)), "ab", strict=True))
    for frame in (first, replace(first, digest="c"), second):
        window.deliver("restyled", frame)
    assert window.delivered == [("restyled", first), ("restyled", second)]
