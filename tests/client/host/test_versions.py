"""A node's results are kept in the script, and said in a line."""

from __future__ import annotations

import pytest

from replate_host import AgentError, JobHandle, telling
from replate_host.versions import Version, dumps, loads, next_number, now

FIRST = Version(
    number=1,
    operation="restyle",
    model="restyle/adain",
    first=1001,
    last=1048,
    seed=7,
    parameters={"strength": 0.8, "keep_colour": True, "points": [{"frame": 1001, "x": 0.5, "y": 2.0}]},
    inputs={"plate": "ab" * 16},
    outputs={"plate": "/shots/a b/é/restyled.####.exr"},
    made="2025-05-24T14:05:09+02:00",
)


def news(**said: object) -> JobHandle:
    """A job's handle that heard this of it."""
    handle = JobHandle({}, id="0378134a4903f013")
    handle.take_progress(dict(said))
    return handle


def test_versions_survive_the_script() -> None:
    versions = (FIRST, Version(2, "restyle", "restyle/adain", 1001, 1001, warnings=("The matte is empty.",)))
    text = dumps(versions)
    assert text.isascii() and "\n" not in text
    assert loads(text) == versions
    assert loads("") == loads(dumps(())) == ()


def test_a_number_is_not_given_twice() -> None:
    assert next_number(()) == 1
    assert next_number((Version(4, "a", "b", 1, 1), FIRST)) == 5


def test_a_version_hears_of_its_job() -> None:
    handle = news(state="running", frames_done=2, frames_total=48)
    handle.take_frame({"output": "plate", "number": 1001, "path": "/a.1001.exr", "sequence": 3})
    handle.take_warning({"message": "The matte is empty."})
    running = FIRST.heard(handle)
    assert (running.job, running.sequence, running.state) == (handle.id, 3, "running")
    assert running.open
    handle.take_end({"state": "done", "recipe": "{}"})
    done = running.heard(handle)
    assert (done.recipe, done.warnings, done.open) == ("{}", ("The matte is empty.",), False)


def test_what_a_later_replate_wrote_can_be_read() -> None:
    assert loads(dumps([FIRST]).replace('"number"', '"mood": "good", "number"')) == (FIRST,)


@pytest.mark.parametrize("text", ["nonsense", "3", "[1]", '[{"number": 1}]', '{"number": 1}'])
def test_a_damaged_text_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(AgentError, match="process it again"):
        loads(text)


def test_when_a_version_was_made_is_said_in_the_artists_time() -> None:
    assert telling.version(FIRST) == "1: adain, 1001-1048, seed 7, 24 May 14:05"
    assert telling.version(Version(2, "flow", "", 5, 5)) == "2: flow, 5, seed 0"
    assert ":" in telling.version(Version(3, "flow", "flow/dis", 5, 5, made=now())).split("seed 0, ")[1]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({}, "Asking the server"),
        ({"state": "queued"}, "Waiting for its turn"),
        ({"state": "queued", "message": "2 jobs come first."}, "2 jobs come first."),
        ({"state": "running", "bytes_sent": 999, "bytes_to_send": 80_400_000}, "Sending, 999 B of 80.4 MB"),
        ({"state": "running", "message": "Loading the model.", "frames_total": 48}, "Loading the model"),
        ({"state": "running", "fraction": 0.02, "frames_total": 1, "seconds_left": 1800}, "0 of 1 frame"),
        (
            {"state": "running", "fraction": 0.2, "frames_total": 1, "seconds_left": 18, "message": "Restyling 46"},
            "Restyling 46, about 0:18 left",
        ),
        (
            {"state": "running", "frames_done": 12, "frames_total": 48, "seconds_left": 34.6},
            "12 of 48 frames, about 0:35 left",
        ),
        (
            {"state": "running", "frames_done": 12, "frames_total": 48, "message": "The server is away; wait."},
            "The server is away; wait.",
        ),
        ({"state": "done", "frames_done": 1, "frames_total": 1}, "1 frame done"),
        ({"state": "cancelled", "frames_done": 3, "frames_total": 48}, "Cancelled; 3 of 48 frames done"),
        ({"state": "failed", "message": "The disk is full: make room."}, "The disk is full: make room."),
    ],
)
def test_a_jobs_state_is_a_line(said: dict[str, object], line: str) -> None:
    assert telling.job(news(**said)) == line


def test_a_warning_stays_with_what_is_done() -> None:
    handle = news(state="running", frames_done=4, frames_total=4)
    handle.take_warning({"message": "The matte is empty."})
    handle.take_end({"state": "done"})
    assert telling.job(handle) == "4 frames done; The matte is empty."


def test_frames_that_deserve_a_look_are_told_once_all_are_done() -> None:
    handle = news(state="running", frames_done=48, frames_total=48)
    figures = {
        "plate": {
            "means": {"structure": 0.6},
            "looks": [{"frame": 1018, "figure": "structure", "why": "keeps more of the plate than the others"}],
            "told": ["Measured: 0.60 of the plate's structure.", "Worth a look: 1018 keeps more."],
        }
    }
    handle.take_end({"state": "done", "figures": figures})
    assert handle.figures == figures
    assert telling.job(handle) == "48 frames done; Worth a look: 1018 keeps more."


def test_sizes_and_durations_are_said_as_artists_say_them() -> None:
    assert [telling.size(size) for size in (0, 999, 1000, 999_949, 999_951, 12_400_000, 3e15)] == [
        *("0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "12.4 MB", "3000.0 TB")
    ]
    assert [telling.clock(seconds) for seconds in (-1, 0.4, 35, 725, 3900)] == [
        "0:00",
        "0:00",
        "0:35",
        "12:05",
        "1:05:00",
    ]
