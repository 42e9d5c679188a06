"""A running window holds on to nothing that it does not need."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from replate.errors import NotFound, Unmet
from replate.frame import StoredFrame
from replate_server.store.files import FrameFiles
from replate_server.weights.loras import Loras
from replate_server.worker.contract import WindowTask
from replate_server.worker.run import RunningSteps, RunningWindow
from serving import noise


@pytest.fixture
def few_descriptors() -> Iterator[int]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_now = max(int(path.name) for path in Path("/proc/self/fd").iterdir()) if Path("/proc").exists() else 100
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + 30, hard))
    yield 30
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def task_of(files: FrameFiles, numbers: range) -> WindowTask:
    stored = tuple(StoredFrame(frame.spec, files.put(frame.pixels)[0]) for frame in noise(numbers))
    return WindowTask(
        1, "job", "identity", "identity/copy", {}, 0, "", tuple(numbers), tuple(numbers), {"plate": stored}, ""
    )


def window_of(folder: Path, numbers: range) -> RunningWindow:
    files = FrameFiles(folder)
    return RunningWindow(task_of(files, numbers), files, Loras(None))


def test_what_is_kept_is_not_taken_for_what_other_weights_gave(tmp_path: Path) -> None:
    files = FrameFiles(tmp_path)
    task = task_of(files, range(1))

    def kept(weights: str, value: float) -> float:
        steps = RunningSteps(task, lambda: [weights], files, threading.Event(), lambda message: None)
        return float(steps.cached("encoding 1", lambda: {"a": np.array([value])})["a"][0])

    assert (kept("one", 1.0), kept("other", 2.0), kept("one", 3.0)) == (1.0, 2.0, 1.0)


def test_a_whole_shot_in_one_window_needs_few_open_files(tmp_path: Path, few_descriptors: int) -> None:
    window = window_of(tmp_path, range(4 * few_descriptors))
    for number in window.numbers:
        window.frame("plate", number)


def test_pixels_handed_on_are_known_by_their_digest_and_no_others(tmp_path: Path) -> None:
    window = window_of(tmp_path, range(2))
    frame = window.frame("plate", 0)
    assert window.digest_given(frame.pixels) == window.digest("plate", 0)
    assert window.digest_given(np.array(frame.pixels)) is None
    assert window.digest_given(frame.pixels[:1]) is None


def test_a_single_frame_stands_for_any_number(tmp_path: Path) -> None:
    window = window_of(tmp_path, range(5, 6))
    assert window.frame("plate", 99).spec.number == 99
    with pytest.raises(NotFound, match="no frame 99: render it"):
        window_of(tmp_path, range(2)).frame("plate", 99)
    assert not window.has("matte")


def test_a_single_keyframe_stands_for_its_own_frame_alone(tmp_path: Path) -> None:
    files = FrameFiles(tmp_path)
    plate, keyframe = task_of(files, range(4)), task_of(files, range(2, 3)).inputs["plate"]
    inputs = {**plate.inputs, "keyframes": keyframe, "others": ()}
    window = RunningWindow(replace(plate, inputs=inputs, keys=("keyframes", "others")), files, Loras(None))
    assert window.given("keyframes") == (2,)
    assert window.frame("keyframes", 2).spec.number == 2
    with pytest.raises(NotFound, match="no frame 1"):
        window.frame("keyframes", 1)
    assert window.given("plate") == (0, 1, 2, 3)
    assert (window.has("others"), window.given("others")) == (True, ())
    assert (window.has("matte"), window.given("matte")) == (False, ())


def test_frames_are_read_only(tmp_path: Path) -> None:
    frame = window_of(tmp_path, range(1)).frame("plate", 0)
    with pytest.raises(ValueError, match="read-only"):
        frame.pixels[0] = 0


def test_a_lora_is_the_file_that_the_job_named(tmp_path: Path) -> None:
    files, shelf = FrameFiles(tmp_path / "store"), tmp_path / "loras"
    shelf.mkdir()
    save_file({"up": np.ones((2, 2), np.float32)}, shelf / "noir.safetensors")
    loras = Loras(shelf)
    task = replace(task_of(files, range(1, 2)), loras={"noir": loras.sha256("noir")})
    window = RunningWindow(task, files, loras)
    assert window.lora("noir") == shelf / "noir.safetensors"
    with pytest.raises(NotFound, match="names no LoRA grain"):
        window.lora("grain")
    save_file({"up": np.zeros((2, 2), np.float32)}, shelf / "noir.safetensors")
    with pytest.raises(Unmet, match="noir changed since the job was submitted"):
        window.lora("noir")
