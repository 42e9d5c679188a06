"""An agent kept running: requests are answered once, over as many processes as that takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from . import protocol
from .environment import agent_command, clean_environment
from .process import AgentProcess
from .protocol import AgentError

ATTEMPTS = 3
"""How often an agent that dies soon after its start is started again."""
SOON = 30.0
"""Seconds for which an agent must live for its death to be the first again."""

_INITIALIZE = 0

Done = Callable[[Any, Optional[AgentError]], None]


@dataclass
class _Waiting:
    """A request without an answer. All of the agent's methods may be asked twice."""

    method: str
    params: dict[str, Any]
    done: Done
    cancelled: bool = False


class Session:
    """Starts the agent with the first request, and again when it dies. Thread-safe.

    Answers and notifications are given on the session's own thread: what is called must be quick, and not raise.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        initialize: Mapping[str, Any],
        *,
        hear: Callable[[dict[str, Any]], None],
        again: Callable[[], None],
        lost: Callable[[AgentError], None],
        notice: Callable[[str], None],
    ) -> None:
        """Starts nothing yet.

        Parameters
        ----------
        command
            The agent's command line; empty to look for it.
        environment
            The host's; it is cleaned.
        initialize
            The params of that request, sent to each new process.
        hear
            Told each notification.
        again
            Called when a new process has taken the place of one that died.
        lost
            Told why there is no agent any more; the next request tries anew.
        notice
            Told in a sentence what happened to the agent.
        """
        self._command, self._environment, self._initialize = tuple(command), dict(environment), dict(initialize)
        self._hear, self._again, self._lost, self._notice = hear, again, lost, notice
        self._lock = threading.RLock()
        self._waiting: dict[int, _Waiting] = {}
        self._process: AgentProcess | None = None
        self._ready = self._running = self._closed = False
        self._next = _INITIALIZE + 1

    @property
    def pid(self) -> int | None:
        with self._lock:
            return self._process.pid if self._process is not None else None

    def ask(self, method: str, params: dict[str, Any], done: Done) -> int:
        """Sends a request as soon as the agent is ready; `done(result, error)` is called once. Gives its id."""
        with self._lock:
            if not self._closed:
                id, self._next = self._next, self._next + 1
                self._waiting[id] = _Waiting(method, params, done)
                if self._ready and self._process is not None:
                    self._process.send(protocol.request(id, method, params))
                elif not self._running:
                    self._running = True
                    threading.Thread(target=self._run, name="replate-agent", daemon=True).start()
                return id
        done(None, AgentError("Cancelled", "The agent was closed; make a new one."))
        return _INITIALIZE

    def cancel(self, id: int) -> None:
        """Asks the agent to end a request; its answer is then an error of the kind Cancelled."""
        with self._lock:
            waiting = self._waiting.get(id)
            if waiting is not None:
                waiting.cancelled = True
                if self._ready and self._process is not None:
                    self._process.send(protocol.notification("$/cancel", {"id": id}))

    def close(self) -> None:
        """Ends the agent once it has sent what jobs need."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is not None:
            process.close_input()

    def _run(self) -> None:
        deaths, restarted = 0, False
        while True:
            began = time.monotonic()
            try:
                said = self._live(restarted)
            except AgentError as error:
                self._give_up(error)
                return
            with self._lock:
                if self._closed:
                    self._running = False
                    break
            deaths = deaths + 1 if time.monotonic() - began < SOON else 1
            if deaths > ATTEMPTS:
                self._give_up(AgentError("Failed", f"The agent ended {deaths} times in a row: {said}."))
                return
            self._notice(f"The agent ended ({said}) and is started again; jobs go on.")
            restarted = True
        self._fail_all(AgentError("Cancelled", "The agent was closed."))

    def _live(self, restarted: bool) -> str:
        """One process from its start to its end; gives its last words. Raises `AgentError` when it gets nowhere."""
        command = agent_command(self._environment, self._command)
        process = AgentProcess(command, clean_environment(self._environment))
        with self._lock:
            self._process = process
            if self._closed:
                process.close_input()
        refused: AgentError | None = None
        process.send(protocol.request(_INITIALIZE, "initialize", self._initialize))
        try:
            for message in process.messages():
                if message.get("id") == _INITIALIZE:
                    if "error" in message:
                        refused = protocol.error_of(message["error"])
                        process.close_input()
                    else:
                        self._begin(process, restarted)
                elif "id" in message:
                    self._answered(message)
                elif "method" in message:
                    self._hear(message)
        finally:
            with self._lock:
                self._ready, self._process = False, None
        said = process.end()
        if refused is not None:
            raise refused
        return said

    def _begin(self, process: AgentProcess, restarted: bool) -> None:
        """Sends what has been waiting for an agent."""
        with self._lock:
            for id, waiting in self._waiting.items():
                process.send(protocol.request(id, waiting.method, waiting.params))
                if waiting.cancelled:
                    process.send(protocol.notification("$/cancel", {"id": id}))
            self._ready = True
        if restarted:
            self._again()

    def _answered(self, message: dict[str, Any]) -> None:
        with self._lock:
            waiting = self._waiting.pop(message["id"], None) if isinstance(message["id"], int) else None
        if waiting is None:
            return
        if "error" in message:
            waiting.done(None, protocol.error_of(message["error"]))
        else:
            waiting.done(message.get("result"), None)

    def _give_up(self, error: AgentError) -> None:
        with self._lock:
            self._running = False
        self._fail_all(error)
        self._lost(error)

    def _fail_all(self, error: AgentError) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            each.done(None, error)
