"""The ledger: what was written is there, once, whatever happened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from replate.errors import NotFound, Unmet
from replate.frame import Box, FrameSpec, StoredFrame
from replate.values import JobState, Point, Priority, Region
from replate_server.jobs import Job, JobOutput, JobSpec
from replate_server.store.ledger import Ledger, WindowRecord

WINDOW = Box(0, 0, 8, 6)


def stored(number: int, digest: str = "a", view: str = "") -> StoredFrame:
    spec = FrameSpec(
        number, WINDOW, WINDOW, ("R", "G", "B"), view=view, metadata={"owner": "me", "n": 1, "r": 2.0, "tc": (1.0, 2.0)}
    )
    return StoredFrame(spec, digest * 64)


def job(name: str = "j1", **changes: object) -> Job:
    spec = JobSpec(
        operation="segment",
        model="segment/sam2-tiny",
        parameters={
            "flag": True,
            "count": 1,
            "amount": 1.0,
            "text": "x",
            "prompts": (Point(1, 2.5, 3.0, False), Region(1, 0.0, 0.0, 4.0, 5.0, "dog")),
        },
        inputs={"plate": (stored(1), stored(2, "b")), "matte": JobOutput("j0", "matte")},
        first=1,
        last=2,
        seed=2**64 - 1,
        title="A title",
        project="show",
        priority=Priority.PREVIEW,
    )
    made = Job(name, "ann", spec, "{}", JobState.QUEUED, "", (), 100.0, None, 2)
    return replace(made, **changes)  # type: ignore[arg-type]


WINDOWS = (WindowRecord(0, "", (1,), (1, 2)), WindowRecord(1, "", (2,), (1, 2)))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def test_a_job_comes_back_as_it_was_entered(ledger: Ledger) -> None:
    entered = ledger.enter(job(), "r1", WINDOWS)
    found = ledger.job("j1")
    assert found == entered
    assert {name: type(value) for name, value in found.spec.parameters.items()} == {
        name: type(value) for name, value in entered.spec.parameters.items()
    }
    assert tuple(ledger.windows("j1")) == WINDOWS


def test_a_request_that_comes_twice_makes_one_job(ledger: Ledger) -> None:
    ledger.enter(job("j1"), "same", WINDOWS)
    assert ledger.enter(job("j2"), "same", WINDOWS).id == "j1"
    assert ledger.enter(job("j3", owner="bob"), "same", WINDOWS).id == "j3"
    with pytest.raises(NotFound):
        ledger.job("j2")


def test_a_job_that_has_ended_stays_as_it_is(ledger: Ledger) -> None:
    ledger.enter(job(), "r1", WINDOWS)
    ledger.set_state("j1", JobState.CANCELLED, "Cancelled.", 5.0)
    ledger.set_state("j1", JobState.DONE, "", 6.0)
    assert (ledger.job("j1").state, ledger.job("j1").ended) == (JobState.CANCELLED, 5.0)


def test_outputs_come_in_the_order_they_were_entered_and_once(ledger: Ledger) -> None:
    ledger.enter(job(), "r1", WINDOWS)
    ledger.publish("j1", [("matte", stored(1, "c"))])
    ledger.finish_window("j1", 0, [("matte", stored(1, "d")), ("matte", stored(2, "e"))], "recipe", [])
    outputs = ledger.outputs_after("j1", 0)
    assert [(o.frame.spec.number, o.frame.digest[0]) for o in outputs] == [(1, "c"), (2, "e")]
    assert ledger.outputs_after("j1", outputs[0].sequence) == outputs[1:]
    assert ledger.output_frame("j1", "matte", "", 2) == stored(2, "e")
    assert [window.done for window in ledger.windows("j1")] == [True, False]


def test_what_a_recipe_made_is_recalled(ledger: Ledger) -> None:
    ledger.enter(job(), "r1", WINDOWS)
    ledger.finish_window("j1", 0, [("matte", stored(1, "c"))], "recipe", [("matte", stored(1, "c"))])
    assert ledger.recall("recipe") == (("matte", stored(1, "c")),)
    assert ledger.recall("another") is None


def test_open_jobs_need_their_inputs_their_outputs_and_their_links_outputs(ledger: Ledger) -> None:
    ledger.enter(job("j0"), "r0", WINDOWS)
    ledger.publish("j0", [("matte", stored(1, "f"))])
    ledger.set_state("j0", JobState.DONE, "", 1.0)
    ledger.enter(job("j1"), "r1", WINDOWS)
    ledger.publish("j1", [("matte", stored(1, "c"))])
    assert {digest[0] for digest in ledger.needed_digests()} == {"a", "b", "c", "f"}
    ledger.set_state("j1", JobState.DONE, "", 1.0)
    assert ledger.needed_digests() == set()


def test_jobs_are_listed_for_their_owner_and_their_projects_members(ledger: Ledger) -> None:
    ledger.enter(job("j1", created=1.0), "r1", ())
    ledger.enter(job("j2", created=2.0, owner="bob"), "r2", ())
    assert [j.id for j in ledger.jobs("ann", (), open_only=False, limit=9)] == ["j1"]
    assert [j.id for j in ledger.jobs("eve", ("show",), open_only=False, limit=9)] == ["j2", "j1"]
    ledger.set_state("j2", JobState.FAILED, "It broke.", 3.0)
    assert [j.id for j in ledger.jobs("eve", ("show",), open_only=True, limit=9)] == ["j1"]
    assert ledger.count_open("ann") == 1


def test_everything_is_there_after_a_restart(ledger: Ledger, tmp_path: Path) -> None:
    ledger.enter(job(), "r1", WINDOWS)
    ledger.warn("j1", "Frame 1 has 3 NaN pixels.")
    ledger.warn("j1", "Frame 1 has 3 NaN pixels.")
    assert ledger.count_death("j1", 1) == 1
    again = Ledger(tmp_path / "ledger.sqlite")
    assert again.job("j1").warnings == ("Frame 1 has 3 NaN pixels.",)
    assert again.open_jobs() == [again.job("j1")]
    assert again.windows("j1")[1].deaths == 1


def test_a_block_that_fails_writes_nothing(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.together():
        ledger.enter(job(), "r1", WINDOWS)
        raise RuntimeError
    with pytest.raises(NotFound):
        ledger.job("j1")


def test_a_ledger_of_another_version_is_left_alone(ledger: Ledger, tmp_path: Path) -> None:
    ledger._db.execute("PRAGMA user_version = 99")
    ledger.close()
    with pytest.raises(Unmet, match="version"):
        Ledger(tmp_path / "ledger.sqlite")
