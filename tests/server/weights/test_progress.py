"""Who waits for a download is told how far it is, and for how long still."""

from __future__ import annotations

import pytest

from replate_server.weights.progress import in_words


@pytest.mark.parametrize(
    ("seconds", "fraction", "said"),
    [
        (0, 0.0, "Fetching it"),
        (2, 0.01, "Fetching it: 1%"),
        (10, 0.5, "Fetching it: 50%, about 10 seconds left"),
        (60, 0.1, "Fetching it: 10%, about 9 minutes left"),
        (3600, 0.2, "Fetching it: 20%, about 4.0 hours left"),
        (60, 1.0, "Fetching it"),
    ],
)
def test_progress_is_told_in_words(seconds: float, fraction: float, said: str) -> None:
    times, heard = iter([0.0, 0.0, seconds, seconds]), []
    progress = in_words(heard.append, clock=lambda: next(times))
    progress(0.0, "Fetching it")
    progress(fraction, "Fetching it")
    assert heard[-1] == said


def test_another_thing_to_do_has_a_pace_of_its_own() -> None:
    times, heard = iter([0.0, 0.0, 100.0, 110.0, 120.0]), []
    progress = in_words(heard.append, clock=lambda: next(times))
    for fraction, message in ((0.0, "Fetching it"), (0.9, "Checking it"), (0.95, "Checking it")):
        progress(fraction, message)
    assert heard[-1].startswith("Checking it: 95%, about 1 seconds left")
