"""The local engine: processes that come and go."""

from __future__ import annotations

import queue
from pathlib import Path

import psutil

from replate_server.scheduling.engine import WorkerDied
from replate_server.scheduling.local import LocalEngine
from replate_server.worker.contract import Ended, Message, Ready, WindowTask, WorkerSetup
from serving import PATIENCE


def setup(folder: Path, name: str = "cpu", registries: tuple[Path, ...] = ()) -> WorkerSetup:
    return WorkerSetup(
        name=name,
        device="cpu",
        store=folder / "frames",
        weights=folder / "weights",
        registries=registries,
        loras=None,
        allow_non_commercial=False,
        refuse=frozenset(),
        allow=frozenset(),
        memory_bytes=1 << 30,
        memory_enforced=True,
        keep_models_seconds=60,
        threads=1,
        log_level="info",
    )


def task(number: int) -> WindowTask:
    return WindowTask(
        number, "job", "identity", "identity/copy", {}, 0, "", (1,), (1,), {"plate": ()}, "ocio://default"
    )


def test_two_workers_share_a_device(tmp_path: Path) -> None:
    said: queue.Queue[tuple[str, Message | WorkerDied]] = queue.Queue()
    engine = LocalEngine([setup(tmp_path), setup(tmp_path, "cpu#2")])
    engine.start(lambda device, message: said.put((device, message)))
    try:
        assert tuple(engine.devices) == ("cpu", "cpu#2")
        assert {said.get(timeout=PATIENCE) for _ in range(2)} == {("cpu", Ready()), ("cpu#2", Ready())}
        engine.run("cpu#2", task(7))
        device, message = said.get(timeout=PATIENCE)
        while not isinstance(message, Ended):
            device, message = said.get(timeout=PATIENCE)
        assert (device, message.id) == ("cpu#2", 7)
    finally:
        engine.stop()


def test_a_worker_that_cannot_start_loses_its_tasks_and_is_tried_again(tmp_path: Path) -> None:
    said: queue.Queue[Message | WorkerDied] = queue.Queue()
    engine = LocalEngine([setup(tmp_path, registries=(tmp_path / "there is no such file",))])
    engine.start(lambda _, message: said.put(message))
    try:
        for number in (1, 3):
            engine.run("cpu", task(number))
            engine.run("cpu", task(number + 1))
            assert said.get(timeout=PATIENCE) == WorkerDied("cpu", (number,), (number + 1,), "it ended with code 1")
    finally:
        engine.stop()
    assert not [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]
