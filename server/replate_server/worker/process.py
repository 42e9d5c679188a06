"""The worker process: takes window tasks from a pipe and runs them on one device.

The main thread runs windows. A second one reads the pipe, so that a cancel
arrives while a window runs, and so that the process ends at once when the
server is gone.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import cv2
import structlog

from replate.errors import Exhausted, Failed, ReplateError
from replate.frame import StoredFrame
from replate.memory import keep_freed_memory
from replate_server import logs
from replate_server.operations.contract import Delivery
from replate_server.operations.memory import out_of_memory
from replate_server.operations.registry import models, operations
from replate_server.store.files import FrameFiles
from replate_server.weights.policy import Policy
from replate_server.weights.progress import in_words
from replate_server.weights.store import WeightStore
from replate_server.worker.contract import (
    DEVICE_LOST,
    CancelTask,
    Delivered,
    Ended,
    Message,
    Ready,
    WindowTask,
    WorkerSetup,
    commands,
    messages,
)
from replate_server.worker.device import device_works, prepare, release_memory
from replate_server.worker.host import ModelHost
from replate_server.worker.run import RunningSteps, RunningWindow

log = structlog.get_logger()

IDLE_CHECK = 10.0
"""Seconds between two looks for models that are not used any more."""


def main(setup: WorkerSetup, pipe: Connection) -> None:
    """Runs until the pipe closes. The entry point of the process."""
    # Ctrl-C and a service manager's SIGTERM go to all processes at once; the server decides when its workers end.
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    logs.configure(setup.log_level)
    _limit_threads(setup.threads)
    prepare(setup.device)
    keep_freed_memory()
    Worker(setup, pipe).run()


class Worker:
    """One device's worker."""

    def __init__(self, setup: WorkerSetup, pipe: Connection) -> None:
        self._setup = setup
        self._pipe = pipe
        self._files = FrameFiles(setup.store)
        policy = Policy(setup.allow_non_commercial, setup.refuse, setup.allow)
        self._weights = WeightStore(setup.weights, policy, setup.registries, setup.loras)
        self._host = ModelHost(
            models(), self._weights, setup.device, setup.memory_bytes, enforced=setup.memory_enforced
        )
        self._tasks: queue.SimpleQueue[WindowTask | None] = queue.SimpleQueue()
        """None wakes the worker up for an urgent one."""
        self._urgent: queue.SimpleQueue[WindowTask] = queue.SimpleQueue()
        self._lent = 0.0
        """Seconds that windows gave to urgent ones."""
        self._cancels: dict[int, threading.Event] = {}
        self._lock = threading.Lock()
        # Not the same as above: a cancel must be heard while the server is slow to take what is told.
        self._telling = threading.Lock()

    def run(self) -> None:
        threading.Thread(target=self._listen, name="pipe", daemon=True).start()
        self._tell(Ready())
        while True:
            try:
                task = self._tasks.get(timeout=IDLE_CHECK)
            except queue.Empty:
                self._host.evict_unused(self._setup.keep_models_seconds)
                continue
            if task is not None:
                self._run(task)
            while not self._urgent.empty():
                self._run(self._urgent.get())
            self._host.evict_unused(self._setup.keep_models_seconds)

    def _run(self, task: WindowTask, beside: bool = False) -> None:
        """Runs a window; one in the middle of another, `beside` it, that lacks memory waits for the other's end."""
        started, lent = time.perf_counter(), self._lent
        error = self._attempt(task)
        if error is not None:
            release_memory(self._setup.device)
        if isinstance(error, MemoryError):
            if beside:
                log.info("window put off", job=task.job, model=task.model)
                self._tasks.put(task)
                return
            error = self._try_smaller(task)
        with self._lock:
            self._cancels.pop(task.id, None)
        name = type(error).__name__ if error else ""
        seconds = time.perf_counter() - started - (self._lent - lent)
        self._tell(Ended(task.id, seconds, name, str(error or "")))

    def _try_smaller(self, task: WindowTask) -> ReplateError | None:
        """Runs a window again that ran out of memory: without other models, which may hold what it needs, and then with
        its own in each smaller way. What it kept in the store is not computed again."""
        self._host.evict_all_but(task.model)
        error = self._attempt(task)
        while isinstance(error, MemoryError) and self._host.shrink(task.model):
            error = self._attempt(task, shrunk=True)
        if error is not None:
            release_memory(self._setup.device)
        if isinstance(error, MemoryError):
            return Exhausted(
                f"The model {task.model} ran out of memory on {self._setup.device} at frame {task.numbers[0]}: "
                "ask for smaller frames, or for a smaller model."
            )
        return error

    def _attempt(self, task: WindowTask, shrunk: bool = False) -> ReplateError | MemoryError | None:
        """Why the window is not done, or None. Without traceback or cause: they would keep its memory alive."""
        try:
            self._execute(task, shrunk)
        except ReplateError as error:
            return type(error)(str(error))
        except Exception as error:
            if out_of_memory(error):
                return MemoryError()
            log.error("window failed", job=task.job, numbers=task.numbers, trace=traceback.format_exc())
            if not device_works(self._setup.device):
                # Nothing would run here any more; a new process has the device back.
                os._exit(DEVICE_LOST)
            said = f"{type(error).__name__}: {str(error)[:200]}".rstrip(". ")
            return Failed(
                f"The model {task.model} failed on frame {task.numbers[0]} ({said}): "
                "tell the server's TD, whose log says more."
            )
        return None

    def _execute(self, task: WindowTask, shrunk: bool) -> None:
        steps = RunningSteps(task, lambda: self._sums(task.model), self._files, self._cancels[task.id], self._tell)
        steps.progress(0.0)
        with self._host.at_work(task.model, in_words(lambda said: steps.progress(0.0, said))) as model:
            if not task.urgent:
                # Not before: loading may hold the lock on the weights that an urgent window would wait for.
                steps.give_way = self._give_way
            way = self._host.way(task.model)
            steps.way = "" if way.exact else way.label
            if way.label and (shrunk or not way.exact):
                pixels = "same pixels" if way.exact else "and pixels differ a little"
                steps.warn(
                    f"{model.card.label} lacks memory on {self._setup.device}, so {way.label}: slower, {pixels}."
                )
            window = RunningWindow(task, self._files, self._weights.loras)
            with _closed(operations()[task.operation].run(model, window, steps)) as deliveries:
                for delivery in deliveries:
                    frame = delivery.frame
                    digest = window.digest_given(frame.pixels) or self._files.put(frame.pixels)[0]
                    self._tell(Delivered(task.id, delivery.output, StoredFrame(frame.spec, digest), way.exact))

    def _sums(self, model: str) -> list[str]:
        """The digests of a model's weights; none of a model that is gone, which the host will say."""
        cards = [models()[model].card] if model in models() else []
        return [self._weights.weight(name).sha256 for card in cards for name in card.weights]

    def _give_way(self) -> None:
        """Runs the windows that somebody is looking at in the middle of a longer one, where memory allows."""
        while not self._urgent.empty():
            task = self._urgent.get()
            if not self._host.fits(task.model):
                self._tasks.put(task)
                continue
            started = time.perf_counter()
            self._run(task, beside=True)
            self._lent += time.perf_counter() - started

    def _listen(self) -> None:
        try:
            while True:
                command = commands.validate_json(self._pipe.recv_bytes())
                if isinstance(command, CancelTask):
                    with self._lock:
                        event = self._cancels.get(command.id)
                    if event is not None:
                        event.set()
                else:
                    with self._lock:
                        self._cancels[command.id] = threading.Event()
                    if command.urgent:
                        self._urgent.put(command)
                    self._tasks.put(None if command.urgent else command)
        except (EOFError, OSError):
            # The server is gone, and with it anyone who could want the window that is running.
            os._exit(0)

    def _tell(self, message: Message) -> None:
        payload = messages.dump_json(message)
        with self._telling:
            self._pipe.send_bytes(payload)


@contextmanager
def _closed(deliveries: Iterator[Delivery]) -> Iterator[Iterator[Delivery]]:
    """Ends an operation with the block, before its model may go: what it holds is not left to the garbage collector."""
    try:
        yield deliveries
    finally:
        if isinstance(deliveries, Generator):
            deliveries.close()


def _limit_threads(threads: int) -> None:
    """Shares the processor among the workers of one machine; before any model's library is loaded."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    cv2.setNumThreads(threads)
