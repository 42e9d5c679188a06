"""Requests to their methods, answers and errors back: JSON-RPC 2.0."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from replate.agent.lines import Lines, Unreadable
from replate.errors import BadRequest, Cancelled, ReplateError

PARSE, INVALID, NO_METHOD, BAD_PARAMS = -32700, -32600, -32601, -32602
FAILED = -32000
"""All of Replate's own errors; `data.kind` says which."""
CANCELLED = -32800


@dataclass(frozen=True, slots=True)
class Request:
    """One request while it is being answered."""

    id: str | int
    method: str
    params: Mapping[str, Any]
    cancelled: threading.Event = field(default_factory=threading.Event)
    _stops: list[Callable[[], object]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cancel(self) -> None:
        """The answer is no longer wanted."""
        with self._lock:
            self.cancelled.set()
            stops = list(self._stops)
        for stop in stops:
            stop()

    def when_cancelled(self, stop: Callable[[], object]) -> None:
        """Calls `stop`, which must be quick, when the request is cancelled; at once if it is already."""
        with self._lock:
            self._stops.append(stop)
            late = self.cancelled.is_set()
        if late:
            stop()

    def check(self) -> None:
        """Raises `Cancelled` when the host no longer wants the answer."""
        if self.cancelled.is_set():
            raise Cancelled("The request was cancelled.")


@dataclass(frozen=True, slots=True)
class Answer:
    """A result, and what is to happen once it is sent."""

    result: Any
    then: Callable[[], None] = lambda: None


Method = Callable[[Request], Answer]


class Dispatcher:
    """Answers the requests of one stream, each on a thread of its own."""

    def __init__(self, lines: Lines, methods: Mapping[str, Method], in_vain: Collection[str] = ()) -> None:
        """`in_vain`: the methods whose work is of no use once the host has gone."""
        self._lines = lines
        self._methods = methods
        self._in_vain = in_vain
        self._running: dict[str | int, Request] = {}
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def serve(self) -> None:
        """Returns at the end of the stream, or after `shutdown` was answered."""
        for message in self._lines:
            if isinstance(message, Unreadable):
                self._refuse(None, message.code, message.why)
            elif self._is_shutdown(message):
                self._finish()
                self._lines.write({"jsonrpc": "2.0", "id": message.get("id"), "result": {}})
                return
            else:
                self._take(message)
        with self._lock:
            running = list(self._running.values())
        for request in running:
            if request.method in self._in_vain:
                request.cancel()
        self._finish()

    def _take(self, message: Any) -> None:
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            self._refuse(None, INVALID, "A message is no request; send an object with jsonrpc, id, method and params.")
            return
        id, name, params = message.get("id"), message["method"], message.get("params") or {}
        if name == "$/cancel":
            self._cancel(params)
            return
        if id is None:
            # A notification: nobody waits for an answer, and there is none that we act upon.
            return
        if not isinstance(id, (str, int)) or isinstance(id, bool):
            self._refuse(None, INVALID, "The id of a request is neither a number nor a text.")
        elif not isinstance(params, dict):
            self._refuse(id, BAD_PARAMS, f"The params of {name} must be an object with names.")
        elif name not in self._methods:
            self._refuse(id, NO_METHOD, f"There is no method {name}; see docs/agent.md for those there are.")
        else:
            self._start(Request(id, name, params))

    def _start(self, request: Request) -> None:
        id = request.id
        with self._lock:
            if id in self._running:
                taken = True
            else:
                taken, self._running[id] = False, request
        if taken:
            self._refuse(id, INVALID, f"A request with the id {id} is being answered; use each id once.")
            return
        thread = threading.Thread(target=self._answer, args=(request,), daemon=True)
        self._threads = [*(other for other in self._threads if other.is_alive()), thread]
        thread.start()

    def _answer(self, request: Request) -> None:
        id = request.id
        try:
            answer = self._methods[request.method](request)
            self._done(id)
            self._lines.write({"jsonrpc": "2.0", "id": id, "result": answer.result})
            answer.then()
        except Cancelled as error:
            self._fail(id, CANCELLED if request.cancelled.is_set() else FAILED, error)
        except BadRequest as error:
            self._fail(id, BAD_PARAMS, error)
        except Exception as error:
            self._fail(id, FAILED, error)

    def _fail(self, id: str | int, code: int, error: Exception) -> None:
        self._done(id)
        self._lines.write({"jsonrpc": "2.0", "id": id, "error": {"code": code, **describe(error)}})

    def _done(self, id: str | int) -> None:
        with self._lock:
            self._running.pop(id, None)

    def _cancel(self, params: Any) -> None:
        with self._lock:
            id = params.get("id") if isinstance(params, dict) else None
            request = self._running.get(id) if isinstance(id, (str, int)) else None
        if request is not None:
            request.cancel()

    def _refuse(self, id: str | int | None, code: int, why: str) -> None:
        error = {"code": code, **describe(BadRequest(why))}
        self._lines.write({"jsonrpc": "2.0", "id": id, "error": error})

    def _finish(self) -> None:
        """Requests that are being answered get their answer."""
        for thread in self._threads:
            thread.join()

    @staticmethod
    def _is_shutdown(message: Any) -> bool:
        return isinstance(message, dict) and message.get("method") == "shutdown"


def describe(error: Exception) -> dict[str, Any]:
    """An error as JSON: its one sentence, and its kind under `data`."""
    if isinstance(error, ReplateError):
        return {"message": str(error), "data": {"kind": type(error).__name__}}
    said = f"The agent has a fault ({type(error).__name__}: {error}); report this."
    return {"message": said, "data": {"kind": "Failed"}}
