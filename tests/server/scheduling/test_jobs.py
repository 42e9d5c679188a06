"""Jobs side by side: chained, cancelled, repeated, failing, and none in another's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from replate.connection import Client
from replate.errors import Cancelled, Failed
from replate.values import JobState, Priority
from serving import BY_FRAMES, Studio, digests, noise, until

NUMBERS = range(1001, 1005)


def test_a_recipe_that_was_made_is_not_made_again(client: Client, studio: Studio) -> None:
    gate, plate, style = studio.gate("again", 99), noise(NUMBERS), noise()
    inputs, parameters = {"plate": plate, "style": style}, gate.parameters
    first = digests(client.submit("restyle", inputs, model="restyle/invert", parameters=parameters))
    second = digests(client.submit("restyle", inputs, model="restyle/invert", parameters=parameters))
    assert first == second
    assert gate.finished == len(NUMBERS)


def test_a_part_of_a_plate_that_was_made_is_not_made_again(client: Client, studio: Studio) -> None:
    gate, inputs = studio.gate("part", 99), {"plate": noise(NUMBERS), "style": noise()}
    for frames in ((1002, 1003), None):
        client.submit("restyle", inputs, model="restyle/invert", parameters=gate.parameters, frames=frames).wait()
    assert gate.finished == len(NUMBERS)


def test_a_still_holds_for_any_frame(client: Client, studio: Studio) -> None:
    gate, still, style = studio.gate("of a still", 99), noise([7]), noise()
    for _ in range(2):
        job = client.submit(
            "restyle",
            {"plate": still, "style": style},
            model="restyle/invert",
            parameters=gate.parameters,
            frames=(1, 3),
        )
        results = [result.frame for result in job.results() if result.frame is not None]
        assert [frame.spec.number for frame in results] == [1, 2, 3]
    assert gate.finished == 1, "of the same pixels what was painted is kept"


def test_a_cancelled_job_leaves_the_device_and_keeps_what_it_gave(client: Client, studio: Studio) -> None:
    gate = studio.gate("cancelled", 2)
    inputs = {"plate": noise(NUMBERS), "style": noise()}
    job = client.submit("restyle", inputs, model="restyle/invert", parameters=gate.parameters)
    gate.wait_started(3)
    until(lambda: job.refresh().progress.frames_done == 2, "two frames are there")
    assert job.cancel().state is JobState.CANCELLED
    # The device is free, though the gate holds the window still.
    assert len(digests(client.submit("identity", {"plate": noise()}))) == 1
    with pytest.raises(Cancelled):
        job.wait()
    kept = [result.frame.spec.number for result in job.results() if result.frame is not None]
    assert len(kept) == 2
    assert gate.finished == 2


def test_a_job_takes_another_jobs_frames_while_that_runs(client: Client, studio: Studio) -> None:
    gate, style = studio.gate("upstream", 4), noise()
    inputs = {"plate": noise(range(1001, 1009)), "style": style}
    first = client.submit("restyle", inputs, model="restyle/invert-fours", parameters={"gate": gate.name})
    second = client.submit(
        "restyle",
        {"plate": first.output("plate"), "style": style},
        model="restyle/invert-fours",
        # Or the one device there is would go on with the first job.
        priority=Priority.PREVIEW,
    )
    until(lambda: second.refresh().progress.frames_done == 4, "the first window went through both")
    assert first.refresh().state is JobState.RUNNING
    gate.open()
    assert sorted(number for _, number in digests(second)) == list(range(1001, 1009))


def test_a_job_whose_input_fails_says_so(client: Client, studio: Studio) -> None:
    gate, style = studio.gate("failing"), noise()
    first = client.submit(
        "restyle", {"plate": noise(NUMBERS), "style": style}, model="restyle/raise", parameters=gate.parameters
    )
    second = client.submit("restyle", {"plate": first.output("plate"), "style": style}, model="restyle/invert")
    third = client.submit("restyle", {"plate": second.output("plate"), "style": style}, model="restyle/invert")
    gate.open()
    with pytest.raises(Failed, match=r"ZeroDivisionError: no luck\): tell the server's TD"):
        first.wait()
    with pytest.raises(Failed, match=f"The job {first.id}, .* failed: put that right and submit both again"):
        second.wait()
    with pytest.raises(Failed, match=f"The job {second.id}, .* failed"):
        third.wait()


def test_a_job_whose_input_is_cancelled_says_so(client: Client, studio: Studio) -> None:
    gate, style = studio.gate("cancelled-upstream"), noise()
    first = client.submit(
        "restyle", {"plate": noise(), "style": style}, model="restyle/invert", parameters=gate.parameters
    )
    second = client.submit("restyle", {"plate": first.output("plate"), "style": style}, model="restyle/invert")
    first.cancel()
    with pytest.raises(Failed, match=f"The job {first.id}, .* was cancelled: put that right"):
        second.wait()


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("restyle/raise", r"The model restyle/raise failed on frame 100\d \(ZeroDivisionError: no luck\): tell the"),
        ("restyle/greedy", r"The model restyle/greedy ran out of memory on cpu at frame 100\d: ask for smaller frames"),
        ("restyle/misshapen", "restyle/misshapen gave a picture of shape"),
        ("restyle/enormous", "needs 1048576.0 GiB on cpu where 5.0 GiB may be used: choose a smaller model"),
        (
            "restyle/crash",
            r"The worker died 2 times at frames 1001 to 1004 \(it was ended by Killed.*\): try smaller frames",
        ),
    ],
)
def test_a_model_that_fails_fails_its_job_and_no_other(client: Client, model: str, sentence: str) -> None:
    plate, style = noise(NUMBERS), noise()
    beside = client.submit("restyle", {"plate": plate, "style": style}, model="restyle/invert")
    failing = client.submit("restyle", {"plate": plate, "style": style}, model=model)
    with pytest.raises(Failed, match=sentence) as raised:
        failing.wait()
    assert str(raised.value).endswith(".")
    assert len(digests(beside)) == len(NUMBERS)
    assert len(digests(client.submit("restyle", {"plate": noise(), "style": style}, model="restyle/invert"))) == 1


def test_models_that_do_not_fit_together_take_turns(client: Client, studio: Studio) -> None:
    def loads(model: str) -> int:
        file: Path = studio.gates / f"loaded.{model}"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def run(*models: str) -> None:
        for model in models:
            client.submit("restyle", {"plate": noise(), "style": noise()}, model=f"restyle/{model}").wait()

    run("bulkier")
    before = loads("bulky"), loads("bulkier")
    run("bulky", "bulky", "bulkier", "bulky")
    assert (loads("bulky") - before[0], loads("bulkier") - before[1]) == (2, 1)


def test_a_single_frame_runs_in_the_middle_of_a_long_window(client: Client, studio: Studio) -> None:
    gate, inputs = studio.gate("long"), {"plate": noise(NUMBERS), "style": noise()}
    long = client.submit("restyle", inputs, model="restyle/invert-fours", parameters=gate.parameters)
    gate.wait_started(1)
    for model in ("restyle/invert", "restyle/invert-fours"):
        preview = client.submit("restyle", {"plate": noise(), "style": noise()}, model=model)
        assert len(digests(preview)) == 1
    assert long.refresh().state is JobState.RUNNING
    gate.open()
    assert digests(long) == digests(client.submit("restyle", inputs, model="restyle/invert", parameters=BY_FRAMES))


def test_a_single_frame_that_kills_the_worker_takes_no_other_job_with_it(client: Client, studio: Studio) -> None:
    gate, inputs = studio.gate("beside"), {"plate": noise(NUMBERS), "style": noise()}
    long = client.submit("restyle", inputs, model="restyle/invert-fours", parameters=gate.parameters)
    gate.wait_started(1)
    with pytest.raises(Failed, match="The worker died 2 times at frame 1001"):
        client.submit("restyle", {"plate": noise(), "style": noise()}, model="restyle/crash").wait()
    gate.open()
    assert len(digests(long)) == len(NUMBERS)
