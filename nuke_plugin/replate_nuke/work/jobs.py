"""The server's jobs of one wish, one a view: asked for, watched, taken up again when the server was away, cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from replate_host import Agent, JobHandle, Preview, WrittenFrame
from replate_host.versions import Version
from replate_nuke.nodes import Node
from replate_nuke.work import record, special
from replate_nuke.work.asking import Plan, outputs_of

RETRY = 5.0
"""Seconds after which a server that stayed away is asked again."""


class Jobs:
    """Handles by view. Their news come while the agent is drained."""

    def __init__(self, agent: Agent, node: Node, on_frame: Callable[[int], None]) -> None:
        """`on_frame` is told the number of each frame that was written."""
        self.handles: dict[str, JobHandle] = {}
        self._agent, self._node, self._on_frame = agent, node, on_frame
        self._special = special.of(node)
        self._among: tuple[int, int] | None = None
        self._news = True
        self._away_since: float | None = None

    def submit(self, plan: Plan, version: Version) -> None:
        """Asks for them. Returns at once, as all of this does."""
        for view in plan.views:
            params, calls = plan.params(view), self._calls()
            if self._special is None:
                self.handles[view] = self._agent.submit(params, **calls)
            else:
                self.handles[view] = self._special.submit(
                    self._agent, params, node=self._node, version=version, **calls
                )

    def watch(self, version: Version, views: tuple[str, ...], after: int, among: tuple[int, int] | None = None) -> None:
        """Goes on with a version's: with the frames after a sequence, or only with those from one number to another."""
        self._among = among
        for view, job in record.jobs(version, views).items():
            self.handles[view] = self._watched(version, view, job, after)

    def cancel(self) -> None:
        """Stops those that have not ended."""
        for handle in self.handles.values():
            if handle.ended:
                continue
            if self._special is None:
                self._agent.cancel(handle)
            else:
                self._special.cancel(self._agent, handle)

    def news(self) -> bool:
        """Whether something was heard since this was asked last."""
        heard, self._news = self._news, False
        return heard

    @property
    def known(self) -> bool:
        """Whether the server has written one down."""
        return any(handle.id for handle in self.handles.values())

    @property
    def ended(self) -> bool:
        return all(handle.ended for handle in self.handles.values())

    @property
    def failed(self) -> JobHandle | None:
        """One that did not end well."""
        return next((handle for handle in self.handles.values() if handle.ended and handle.state != "done"), None)

    @property
    def slowest(self) -> JobHandle:
        return min(self.handles.values(), key=lambda handle: handle.fraction)

    @property
    def preview(self) -> Preview | None:
        """How a frame looks that is being made."""
        return next((each.preview for each in self.handles.values() if each.preview is not None), None)

    def waits_for_the_server(self, version: Version) -> bool:
        """Whether some are not watched any more because the server stayed away; they are, again, every few seconds."""
        lost = {view: each for view, each in self.handles.items() if each.state == "lost" and _away(each)}
        if not lost:
            self._away_since = None
            return False
        if self._away_since is None:
            self._away_since = time.monotonic()
        elif time.monotonic() - self._away_since >= RETRY:
            self._away_since = None
            for view, handle in lost.items():
                self.handles[view] = self._watched(version, view, handle.id, handle.sequence)
        return True

    def _watched(self, version: Version, view: str, job: str, after: int) -> JobHandle:
        calls = self._calls()
        if self._special is not None:
            return self._special.watch(self._agent, version, node=self._node, **calls)
        return self._agent.watch(job, outputs_of(version.outputs, view), after, self._among, **calls)

    def _calls(self) -> dict[str, Any]:
        return {
            "on_progress": self._heard,
            "on_frame": self._frame,
            "on_warning": lambda handle, text: self._heard(handle),
            "on_ended": self._heard,
            "on_preview": lambda handle, preview: self._heard(handle),
        }

    def _heard(self, handle: JobHandle) -> None:
        self._news = True

    def _frame(self, handle: JobHandle, frame: WrittenFrame) -> None:
        self._news = True
        self._on_frame(frame.number)


def _away(handle: JobHandle) -> bool:
    return handle.error is not None and handle.error.kind == "Unavailable"
