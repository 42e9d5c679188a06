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
    CancelTask,
    Command,
    Ended,
    WindowTask,
    WorkerSetup,
    commands,
    messages,
)

log = structlog.get_logger()


@dataclass(slots=True)
class Running:
    """A worker process, and the tasks it has in the order it was given them."""

    process: SpawnProcess
    pipe: Connection
    tasks: list[int] = field(default_factory=list)


class LocalEngine:
    """One process a device on this machine. A process that dies is replaced."""

    def __init__(self, setups: Sequence[WorkerSetup]) -> None:
        self._setups = {setup.device: setup for setup in setups}
        self._workers: dict[str, Running] = {}
        self._lock = threading.Lock()
        self._stopping = False
        self._report: Report | None = None

    @property
    def devices(self) -> Sequence[str]:
        return tuple(self._setups)

    def start(self, report: Report) -> None:
        self._report = report
        for device in self._setups:
            self._spawn(device)

    def run(self, device: str, task: WindowTask) -> None:
        with self._lock:
            worker = self._workers[device]
            worker.tasks.append(task.id)
        self._send(worker, task)

    def cancel(self, device: str, task: int) -> None:
        with self._lock:
            worker = self._workers[device]
            held = task in worker.tasks
        if held:
            self._send(worker, CancelTask(task))

    def stop(self) -> None:
        with self._lock:
            self._stopping = True
            workers = list(self._workers.values())
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()

    def _spawn(self, device: str) -> None:
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        child = context.Process(
            target=process.main, args=(self._setups[device], theirs), name=f"worker {device}", daemon=True
        )
        child.start()
        theirs.close()
        worker = Running(child, ours)
        with self._lock:
            self._workers[device] = worker
            stopping = self._stopping
        if stopping:
            child.kill()
        threading.Thread(target=self._listen, args=(device, worker), name=f"worker {device}", daemon=True).start()

    def _send(self, worker: Running, command: Command) -> None:
        payload = commands.dump_json(command)
        # A worker that died meanwhile is noticed by its listener, which reports the task as lost.
        with suppress(BrokenPipeError, ConnectionResetError), self._lock:
            worker.pipe.send_bytes(payload)

    def _listen(self, device: str, worker: Running) -> None:
        assert self._report is not None
        try:
            while True:
                message = messages.validate_json(worker.pipe.recv_bytes())
                if isinstance(message, Ended):
                    with self._lock:
                        worker.tasks.remove(message.id)
                self._report(device, message)
        except (EOFError, ConnectionResetError):
            pass
        worker.process.join()
        with self._lock:
            if self._stopping:
                return
        reason = _reason(worker.process.exitcode)
        self._spawn(device)
        # Only now can no task be given to the dead worker any more.
        with self._lock:
            lost = tuple(worker.tasks)
        log.error("worker died", device=device, reason=reason, tasks=lost)
        self._report(device, WorkerDied(device, lost[0] if lost else None, lost[1:], reason))


def _reason(exitcode: int | None) -> str:
    if exitcode is None or exitcode >= 0:
        return f"it ended with code {exitcode}"
    number = -exitcode
    name = signal.strsignal(number) or f"signal {number}"
    hint = ", perhaps for lack of memory" if os.name == "posix" and number == signal.SIGKILL else ""
    return f"it was ended by {name}{hint}"
