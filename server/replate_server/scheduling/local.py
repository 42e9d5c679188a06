"""The local engine: a worker process a device, so that a crash costs one window and not the server."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

import structlog

from replate_server.scheduling.engine import Report, WorkerDied
from replate_server.worker import process
from replate_server.worker.contract import (
    DEVICE_LOST,
    CancelTask,
    Command,
    Ended,
    Ready,
    WindowTask,
    WorkerSetup,
    commands,
    messages,
)

log = structlog.get_logger()

LONGEST_PAUSE = 30.0
"""Seconds between two starts of a worker that never gets ready."""


@dataclass(slots=True)
class Running:
    """A worker process, and the tasks it has in the order it was given them."""

    process: SpawnProcess
    pipe: Connection
    tasks: dict[int, WindowTask] = field(default_factory=dict)


class LocalEngine:
    """One process a device on this machine. A process that dies is replaced."""

    def __init__(self, setups: Sequence[WorkerSetup]) -> None:
        self._setups = {setup.name: setup for setup in setups}
        self._workers: dict[str, Running] = {}
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    @property
    def devices(self) -> Sequence[str]:
        return tuple(self._setups)

    def start(self, report: Report) -> None:
        for device in self._setups:
            self._workers[device] = self._spawn(device)
            thread = threading.Thread(target=self._attend, args=(device, report), name=f"worker {device}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def run(self, device: str, task: WindowTask) -> None:
        with self._lock:
            worker = self._workers[device]
            worker.tasks[task.id] = task
        self._send(worker, task)

    def cancel(self, device: str, task: int) -> None:
        with self._lock:
            worker = self._workers[device]
            held = task in worker.tasks
        if held:
            self._send(worker, CancelTask(task))

    def stop(self) -> None:
        self._stopping.set()
        with self._lock:
            workers = list(self._workers.values())
        for worker in workers:
            worker.process.kill()
        for thread in self._threads:
            thread.join()

    def _attend(self, device: str, report: Report) -> None:
        """Hears a device's worker, and replaces it when it dies, until the engine stops."""
        failed_starts = 0
        while True:
            worker = self._workers[device]
            got_ready = self._hear(device, worker, report)
            worker.process.join()
            failed_starts = 0 if got_ready else failed_starts + 1
            if self._stopping.wait(_pause(failed_starts)):
                return
            reason = _reason(worker.process.exitcode)
            replacement = self._spawn(device)
            with self._lock:
                self._workers[device] = replacement
                # Only now can no task be given to the dead worker any more.
                lost = tuple(worker.tasks)
                worker.pipe.close()
            if self._stopping.is_set():
                replacement.process.kill()
            log.error("worker died", device=device, reason=reason, tasks=lost)
            running = tuple(task for index, task in enumerate(lost) if index == 0 or worker.tasks[task].urgent)
            report(device, WorkerDied(device, running, tuple(task for task in lost if task not in running), reason))

    def _hear(self, device: str, worker: Running, report: Report) -> bool:
        """Reports what a worker says until it says no more. Whether it ever was ready."""
        ready = False
        with suppress(EOFError, ConnectionResetError):
            while True:
                message = messages.validate_json(worker.pipe.recv_bytes())
                if isinstance(message, Ready):
                    ready = True
                elif isinstance(message, Ended):
                    with self._lock:
                        del worker.tasks[message.id]
                report(device, message)
        return ready

    def _spawn(self, device: str) -> Running:
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        child = context.Process(
            target=process.main, args=(self._setups[device], theirs), name=f"worker {device}", daemon=True
        )
        child.start()
        theirs.close()
        return Running(child, ours)

    def _send(self, worker: Running, command: Command) -> None:
        payload = commands.dump_json(command)
        # A worker that died meanwhile is noticed by whoever hears it, who reports the task as lost.
        with suppress(OSError), self._lock:
            worker.pipe.send_bytes(payload)


def _pause(failed_starts: int) -> float:
    return min(2.0 ** (failed_starts - 1), LONGEST_PAUSE) if failed_starts else 0.0


def _reason(exitcode: int | None) -> str:
    if exitcode == DEVICE_LOST:
        return "its device stopped working for it"
    if exitcode is None or exitcode >= 0:
        return f"it ended with code {exitcode}"
    number = -exitcode
    name = signal.strsignal(number) or f"signal {number}"
    hint = ", perhaps for lack of memory" if os.name == "posix" and number == signal.SIGKILL else ""
    return f"it was ended by {name}{hint}"
