"""Keeps what is running going, in the gaps that Nuke's main thread leaves.

A thread of its own waits, and has one *tick* done on the main thread at a time: the agent's news are heard, and each
running thing takes a step; at most one of them renders, in turn. Between two ticks Nuke draws, and the artist works.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import nuke

from replate_nuke import agent
from replate_nuke.nodes import Node
from replate_nuke.work.running import Pace, Running

PAUSE = 0.1
"""Seconds between ticks while there is nothing to do but to wait."""


class Pump:
    """All that is running in this session. For the main thread."""

    def __init__(self) -> None:
        self._runs: deque[Running] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, run: Running) -> None:
        """Takes it from here, and returns at once; without a GUI, when it has ended."""
        if not nuke.GUI:
            finish(run)
            return
        with self._lock:
            self._runs.append(run)
            if self._thread is None:
                self._thread = self._started()
        self._wake.set()

    def of(self, node: Node) -> list[Running]:
        """What is running for a node."""
        return [run for run in self._all() if run.node == node and not run.ended]

    def cancel(self, node: Node) -> int:
        """Cancels all that is running for a node, now. Gives how many things that were."""
        runs = self.of(node)
        for run in runs:
            run.cancel()
        self._wake.set()
        return len(runs)

    def drop(self, node: Node) -> None:
        """Cancels all that is running for a node that is being deleted."""
        for run in self.of(node):
            run.drop()
        self._wake.set()

    def leave(self) -> None:
        """Stops looking at everything: jobs on the server go on."""
        for run in self._all():
            run.leave()
        self._wake.set()

    def tick(self) -> Pace:
        """One turn, on the main thread."""
        if nuke.executing():
            # The artist renders: what changes a node now would start that anew, or be refused.
            return Pace.LATER
        speaking = agent.started()
        if speaking is not None:
            speaking.drain()
        pace = Pace.LATER
        for run in self._all():
            pace = run.step()
            if pace is Pace.AGAIN:
                # The next turn is another one's.
                with self._lock:
                    self._runs.remove(run)
                    self._runs.append(run)
                break
        with self._lock:
            self._runs = deque(run for run in self._runs if not run.ended)
        return pace

    def _all(self) -> list[Running]:
        with self._lock:
            return list(self._runs)

    def _turn(self) -> None:
        """The thread: it touches no node."""
        bars = _Bars()
        try:
            while True:
                with self._lock:
                    if not self._runs:
                        return
                    runs = list(self._runs)
                bars.show(runs)
                if _on_main_thread(self.tick) is not Pace.AGAIN:
                    self._wake.wait(PAUSE)
                self._wake.clear()
        finally:
            bars.close()
            self._ended()

    def _ended(self) -> None:
        """What was added since the thread looked last gets another one."""
        with self._lock:
            self._thread = self._started() if self._runs else None

    def _started(self) -> threading.Thread:
        thread = threading.Thread(target=self._turn, name="replate-pump", daemon=True)
        thread.start()
        return thread


def finish(run: Running) -> Running:
    """Takes all of a run's steps, one after the other."""
    waiting = threading.Event()
    while not run.ended:
        speaking = agent.started()
        if speaking is not None:
            speaking.drain()
        if run.step() is Pace.LATER and not run.ended:
            waiting.wait(PAUSE)
    return run


class _Bars:
    """Nuke's own progress bars, one a run. Fed on the pump's thread: on the main thread they would block it."""

    def __init__(self) -> None:
        self._bars: dict[Running, nuke.ProgressTask] = {}

    def show(self, runs: list[Running]) -> None:
        for run in [run for run in self._bars if run not in runs]:
            # Its end is what closes it.
            del self._bars[run]
        for run in runs:
            if run not in self._bars:
                self._bars[run] = nuke.ProgressTask(run.title)
            bar = self._bars[run]
            bar.setMessage(run.text)
            bar.setProgress(round(100 * run.fraction))
            if bar.isCancelled():
                run.wanted_off = True

    def close(self) -> None:
        self._bars.clear()


def _on_main_thread(call: Callable[[], Pace]) -> Pace:
    """Has it done, and waits for it; `executeInMainThreadWithResult` would hide what goes wrong."""
    done = threading.Event()
    paces: list[Pace] = []

    def run() -> None:
        try:
            paces.append(call())
        finally:
            done.set()

    nuke.executeInMainThread(run)
    done.wait()
    return paces[0] if paces else Pace.LATER


PUMP = Pump()
"""That of this session of Nuke."""
