"""The agent from the host's side: asked, listened to, and started again when it dies."""

from __future__ import annotations

import os
import queue
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import protocol
from .jobs import Callbacks, JobHandle, Preview, WrittenFrame
from .protocol import AgentError
from .session import Done, Session
from .watching import Watching


class Agent:
    """One agent process, started with the first request. Thread-safe.

    Nothing here blocks but `call` and `wait`, and callbacks run only inside
    `drain` and `wait`, on the thread that calls those.
    """

    def __init__(
        self,
        command: Sequence[str] = (),
        *,
        address: str = "",
        token: str = "",
        tls_ca: str = "",
        data: str = "",
        program: str = "",
        environment: Mapping[str, str] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        """Starts nothing yet.

        Parameters
        ----------
        command
            The agent's command line; $REPLATE_AGENT is stronger. Empty to look for it.
        address, token, tls_ca, data, program
            As in `replate.connect`; empty for what the environment says.
        environment
            The host's; None for that of this process. It is cleaned.
        on_notice
            Told in a sentence, inside `drain`, what happened to the agent itself, and what a callback raised.
        """
        hello = {
            "protocol": protocol.PROTOCOL,
            "address": address,
            "token": token,
            "tls_ca": tls_ca,
            "data": data,
            "program": program,
        }
        self._notice = on_notice
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._watching = Watching(lambda method, params, done: self._session.ask(method, params, done), self._post)
        self._session = Session(
            command,
            os.environ if environment is None else environment,
            hello,
            hear=self._watching.hear,
            again=self._watching.again,
            lost=self._watching.lose_all,
            notice=lambda text: self._post(lambda: self._note(text)),
        )

    @property
    def pid(self) -> int | None:
        """The agent's process, while it runs."""
        return self._session.pid

    def call(self, method: str, params: dict[str, Any] | None = None, timeout: float = 60.0) -> Any:
        """Asks and waits for the answer; not for a thread that draws a UI. Raises `AgentError`."""
        answer: queue.SimpleQueue[tuple[Any, AgentError | None]] = queue.SimpleQueue()
        id = self._session.ask(method, params or {}, lambda result, error: answer.put((result, error)))
        try:
            result, error = answer.get(timeout=timeout)
        except queue.Empty:
            self._session.cancel(id)
            raise AgentError(
                "Unavailable", f"The agent did not answer '{method}' within {timeout:g} seconds; try again."
            ) from None
        if error is not None:
            raise error
        return result

    def request(self, method: str, params: dict[str, Any] | None, done: Done) -> int:
        """Asks, and has `done(result, error)` called by `drain`. Gives the request's id, for `withdraw`."""
        return self._session.ask(method, params or {}, lambda result, error: self._post(lambda: done(result, error)))

    def withdraw(self, request: int) -> None:
        """The answer to a request is no longer wanted; `done` is still called, mostly with an error Cancelled."""
        self._session.cancel(request)

    def offer(self, plate: dict[str, Any], kind: str = "plate", done: Done | None = None) -> int:
        """Sends frames ahead of the job that will need them: `plate` as an input of `submit` in docs/agent.md.

        For files that are whole and stay as they are. `kind` is the input's in the catalog.
        Gives the request's id, for `withdraw`; `done({"frames": ..., "bytes": ...}, error)` is called by `drain`.
        """
        return self.request("offer", {"plate": plate, "kind": kind}, done or (lambda result, error: None))

    def scene(
        self,
        params: dict[str, Any],
        *,
        on_progress: Callable[[JobHandle], None] | None = None,
        on_ended: Callable[[str, AgentError | None], None] | None = None,
    ) -> int:
        """Writes the 2.5D scene of a `layers` job: `params` as `scene` in docs/agent.md.

        Callbacks are called by `drain`: `on_progress` with how far the writing is, in the
        words of a job's handle; `on_ended` with the path of scene.json, or with "" and why there is none.
        Gives the request's id, for `withdraw`.
        """
        handle = JobHandle({}, callbacks=Callbacks(progress=on_progress))

        def done(result: Any, error: AgentError | None) -> None:
            if on_ended is not None:
                on_ended(result["scene"] if error is None else "", error)

        return self._watching.scene(handle, params, done)

    def submit(
        self,
        params: dict[str, Any],
        *,
        on_progress: Callable[[JobHandle], None] | None = None,
        on_frame: Callable[[JobHandle, WrittenFrame], None] | None = None,
        on_warning: Callable[[JobHandle, str], None] | None = None,
        on_ended: Callable[[JobHandle], None] | None = None,
        on_preview: Callable[[JobHandle, Preview], None] | None = None,
    ) -> JobHandle:
        """Asks for a job: `params` as `submit` in docs/agent.md. A refusal ends the handle with its `error`."""
        callbacks = Callbacks(on_progress, on_frame, on_warning, on_ended, on_preview)
        handle = JobHandle(dict(params.get("outputs") or {}), callbacks=callbacks)
        # Repeated after the agent's death, the server knows the request by its name and makes no second job.
        self._watching.submit(handle, {"request": uuid.uuid4().hex, **params})
        return handle

    def watch(
        self,
        job: str,
        outputs: dict[str, str],
        after: int = 0,
        range: tuple[int, int] | None = None,
        *,
        on_progress: Callable[[JobHandle], None] | None = None,
        on_frame: Callable[[JobHandle, WrittenFrame], None] | None = None,
        on_warning: Callable[[JobHandle, str], None] | None = None,
        on_ended: Callable[[JobHandle], None] | None = None,
        on_preview: Callable[[JobHandle, Preview], None] | None = None,
    ) -> JobHandle:
        """Goes on with a job by its id, as a script that is opened again does.

        With a `range`, only frames from its first to its last are fetched and written.
        """
        callbacks = Callbacks(on_progress, on_frame, on_warning, on_ended, on_preview)
        handle = JobHandle(dict(outputs), id=job, sequence=after, range=range, callbacks=callbacks)
        self._watching.watch(handle, job, after)
        return handle

    def cancel(self, handle: JobHandle) -> None:
        """Stops a job, also one that is still being submitted. Its end comes as a callback."""
        job, request = self._watching.of(handle)
        if job:
            self._session.ask("cancel", {"job": job}, self._cancelled)
        elif request:
            self._session.cancel(request)

    def drain(self, limit: int = 1000) -> int:
        """Runs the callbacks of what happened since the last time, and gives how many; raises nothing of theirs."""
        for count in range(limit):
            try:
                event = self._events.get_nowait()
            except queue.Empty:
                return count
            self._run(event)
        return limit

    def wait(self, handle: JobHandle, timeout: float | None = None) -> JobHandle:
        """Drains until the job has ended: for a farm, or a script. Raises `AgentError` if it failed, or time is up."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not handle.ended:
            left = 1.0 if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise AgentError("Unavailable", f"The job did not end within {timeout:g} seconds; it goes on.")
            try:
                self._run(self._events.get(timeout=min(left, 1.0)))
            except queue.Empty:
                continue
        if handle.error is not None:
            raise handle.error
        return handle

    def close(self) -> None:
        """Lets the agent finish sending, and end; jobs go on on the server. An ended host does the same."""
        self._session.close()

    def _cancelled(self, result: Any, error: AgentError | None) -> None:
        if error is not None:
            self._post(lambda: self._note(str(error)))

    def _post(self, event: Callable[[], None]) -> None:
        self._events.put(event)

    def _run(self, event: Callable[[], None]) -> None:
        try:
            event()
        except Exception as error:
            # The host's own callback: its fault must neither stop the others nor reach the host's UI loop.
            self._note(f"A callback of the host failed ({type(error).__name__}: {error}).")

    def _note(self, text: str) -> None:
        if self._notice is None:
            return
        try:
            self._notice(text)
        except Exception:
            # The host's way of being told is broken, and there is no other: it is not tried again.
            self._notice = None
