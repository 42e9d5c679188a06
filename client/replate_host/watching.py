"""The jobs of a host while an agent watches them, over as many agents as that takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from .jobs import JobHandle
from .protocol import AgentError
from .session import Done

_TAKES = {
    "job/progress": JobHandle.take_progress,
    "job/frame": JobHandle.take_frame,
    "job/preview": JobHandle.take_preview,
    "job/warning": JobHandle.take_warning,
    "job/ended": JobHandle.take_end,
}


@dataclass
class _Watched:
    """How far the agent was heard of a job; the handle itself lags behind until the host drains."""

    submitted: dict[str, Any] | None = None
    """The params, of a job that was asked for here."""
    request: int = 0
    """The question that made it, until it is answered."""
    job: str = ""
    """Empty until then."""
    sequence: int = 0


class Watching:
    """Handles, and what the agent says of their jobs. Thread-safe: handles change only by what is posted."""

    def __init__(
        self, ask: Callable[[str, dict[str, Any], Done], int], post: Callable[[Callable[[], None]], None]
    ) -> None:
        """`ask` as `Session.ask`; `post` has something done by `Agent.drain`."""
        self._ask, self._post = ask, post
        self._lock = threading.RLock()
        self._watched: dict[JobHandle, _Watched] = {}
        self._scenes: dict[int, JobHandle] = {}

    def submit(self, handle: JobHandle, params: dict[str, Any]) -> None:
        self._begin(handle, _Watched(submitted=params), "submit", params)

    def watch(self, handle: JobHandle, job: str, after: int) -> None:
        self._begin(handle, _Watched(sequence=after), "watch", _goes_on(handle, job, after))

    def scene(self, handle: JobHandle, params: dict[str, Any], done: Done) -> int:
        """Has a scene written; the handle hears how far that is. Gives the request's id."""
        ended: list[bool] = []

        def answered(result: Any, error: AgentError | None) -> None:
            with self._lock:
                ended.append(True)
                self._scenes = {id: other for id, other in self._scenes.items() if other is not handle}
            self._post(lambda: done(result, error))

        with self._lock:
            id = self._ask("scene", params, answered)
            # Of an agent that was closed the answer comes first.
            if not ended:
                self._scenes[id] = handle
        return id

    def of(self, handle: JobHandle) -> tuple[str, int]:
        """The job's id, empty while there is none, and the request that is not answered yet, or 0."""
        with self._lock:
            watched = self._watched.get(handle)
            return (watched.job, watched.request) if watched is not None else (handle.id, 0)

    def hear(self, message: dict[str, Any]) -> None:
        """A notification of the agent's."""
        said, kind = message.get("params") or {}, message["method"]
        if kind == "scene/progress":
            with self._lock:
                scene = self._scenes.get(said.get("request", 0))
            if scene is not None:
                self._post(partial(scene.take_progress, said))
            return
        take = _TAKES.get(kind)
        if take is None:
            return
        with self._lock:
            heard = {handle: each for handle, each in self._watched.items() if each.job and each.job == said.get("job")}
            for handle, watched in heard.items():
                if kind == "job/frame":
                    watched.sequence = said["sequence"]
                elif kind == "job/ended":
                    del self._watched[handle]
        for handle in heard:
            self._post(partial(take, handle, said))

    def again(self) -> None:
        """A new agent has taken the place of one that died: goes on with each job from where it was."""
        with self._lock:
            answered = [(handle, watched) for handle, watched in self._watched.items() if watched.job]
        for handle, watched in answered:
            if watched.submitted is None:
                self._watch_again(handle, watched)
            else:
                # The same request is the same job; frames that the last agent did not get to send are sent now.
                params = {**watched.submitted, "after": watched.sequence}
                self._ask("submit", params, partial(self._submitted_again, handle, watched))

    def lose_all(self, error: AgentError) -> None:
        """There is no agent any more. Requests that are not answered hear of it themselves."""
        with self._lock:
            lost = [handle for handle, watched in self._watched.items() if watched.job]
            for handle in lost:
                del self._watched[handle]
        for handle in lost:
            self._post(partial(handle.lose, error))

    def _begin(self, handle: JobHandle, watched: _Watched, method: str, params: dict[str, Any]) -> None:
        with self._lock:
            self._watched[handle] = watched
            watched.request = self._ask(method, params, partial(self._answered, handle, watched))

    def _answered(self, handle: JobHandle, watched: _Watched, result: Any, error: AgentError | None) -> None:
        if error is not None:
            self._lose(handle, error)
            return
        with self._lock:
            watched.job, watched.request = result["job"], 0
        self._post(lambda: handle.take_acceptance(result))

    def _submitted_again(self, handle: JobHandle, watched: _Watched, result: Any, error: AgentError | None) -> None:
        if error is not None:
            # Its files may be gone by now, and the server may have them all.
            self._watch_again(handle, watched)

    def _watch_again(self, handle: JobHandle, watched: _Watched) -> None:
        def answered(result: Any, error: AgentError | None) -> None:
            if error is not None:
                self._lose(handle, error)

        self._ask("watch", _goes_on(handle, watched.job, watched.sequence), answered)

    def _lose(self, handle: JobHandle, error: AgentError) -> None:
        with self._lock:
            self._watched.pop(handle, None)
        self._post(lambda: handle.lose(error))


def _goes_on(handle: JobHandle, job: str, after: int) -> dict[str, Any]:
    """The params of `watch`."""
    frames = list(handle.range) if handle.range is not None else None
    return {"job": job, "outputs": handle.outputs, "after": after, "range": frames}
