"""One thing asked of a node, from the button to the last frame.

Done in steps, each short, on Nuke's main thread: the inputs looked at, a frame rendered and offered to the agent, the
job asked for when all are, its frames shown as they come. Between two steps Nuke is the artist's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from functools import partial
from inspect import GEN_RUNNING, getgeneratorstate
from typing import Any

import nuke

from replate_host import Agent, AgentError, JobHandle, WrittenFrame, telling
from replate_host.versions import Version
from replate_nuke.nodes import Node
from replate_nuke.work import record, special
from replate_nuke.work.asking import Plan, Wish, outputs_of
from replate_nuke.work.results import file_there, frames_in, frames_there
from replate_nuke.work.sending import Busy, Feed

RENDERING = 0.3
"""The part of the whole that rendering the inputs is shown as."""
_NONE_YET = 0
"""A version's number before the node keeps it."""
_RETRY = 5.0
"""Seconds after which a server that went away is asked again."""


class Pace(Enum):
    """When the next step is due."""

    AGAIN = 1
    """At once: there is work here."""
    LATER = 2
    """In a while: it is the agent's turn, or Nuke's own."""


Steps = Generator[Pace, None, None]


class Running:
    """A wish on its way. Everything but `wanted_off` is for the main thread."""

    def __init__(
        self,
        agent: Agent,
        node: Node,
        wish: Wish | None = None,
        *,
        follow: Version | None = None,
        among: tuple[int, int] | None = None,
        shows: bool = True,
        records: bool = True,
        on_version: Callable[[Version], None] | None = None,
    ) -> None:
        """Does nothing yet.

        Parameters
        ----------
        wish
            What is asked for; or else
        follow
            the version whose job is gone on with,
        among
            of which only the frames from the first to the last of these are fetched: it ends when those are there.
        shows
            Whether the node shows its result as it comes.
        records
            Whether the node keeps a version of it.
        on_version
            Told once, when there is a version.
        """
        self.node = node
        self.title = f"Replate: {node.name}"
        self.text = "Looking at the inputs"
        self.fraction = 0.0
        self.ended = False
        self.error: AgentError | None = None
        self.wanted_off = False
        """Set from any thread to have it cancelled with the next step."""
        self._agent = agent
        self._shows, self._records, self._on_version = shows, records, on_version
        self._special = special.of(node)
        self._version, self._among = follow, among
        self._views: tuple[str, ...] = ()
        self._handles: dict[str, JobHandle] = {}
        self._offers: list[int] = []
        self._done_before = 0.0
        self._news = False
        self._away_since: float | None = None
        self._work: Steps = self._asked(wish) if wish is not None else self._followed()

    @property
    def version(self) -> Version | None:
        """The record of the result, once the server has taken the job."""
        return self._version

    def step(self) -> Pace:
        """Does a little. Raises nothing: what goes wrong ends it, and stands in the node."""
        if self.ended:
            return Pace.LATER
        if self.wanted_off:
            self.cancel()
            return Pace.LATER
        try:
            return next(self._work)
        except StopIteration:
            self.ended = True
        except AgentError as error:
            self._fail(error)
        except Exception as error:
            self._fail(AgentError("Failed", f"Replate has a fault ({type(error).__name__}: {error}); report this."))
        return Pace.LATER

    def cancel(self) -> None:
        """Stops it here and on the server, at once. Frames that came stay."""
        if self._stepping:
            # Nuke let a button be pressed in the middle of a step's render: the step ends first.
            self.wanted_off = True
        elif not self.ended:
            self._cancel_jobs()
            self._close("cancelled", AgentError("Cancelled", "Cancelled; frames that came stay."))

    def drop(self) -> None:
        """Stops it here and on the server, and leaves the node alone: it is being deleted."""
        if not self.ended:
            self._cancel_jobs()
            self.leave()

    def leave(self) -> None:
        """Stops looking, as when the script is closed: a job that the server has goes on."""
        self.ended = True
        if not self._stepping:
            self._work.close()

    def _asked(self, wish: Wish) -> Steps:
        self._tell("Looking at the inputs", 0.0)
        yield Pace.AGAIN
        plan = Plan.of(self.node, wish)
        self._views = plan.views
        known = next((each for each in reversed(self.node.versions) if each.outputs == plan.outputs), None)
        if plan.there():
            self._adopt(plan, known)
            return
        yield Pace.AGAIN
        if self._records and known is not None and known.open and known.job:
            self._version = known
            yield from self._followed()
            return
        yield from self._sent(plan)
        number = known.number if known is not None else _NONE_YET
        yield from self._watched(self._ask(plan, plan.version(number)))

    def _followed(self) -> Steps:
        version = self._version
        assert version is not None
        self._views = self._views or _views(self.node)
        # Frames that the script knows of and that were deleted since are told, and written, once more.
        whole = self._is_shown(version) and self.node.there() <= set(frames_there(version))
        after = version.sequence if whole else 0
        self._show(version)
        for view, job in record.jobs(version, self._views).items():
            self._handles[view] = self._watch(version, view, job, after)
        yield from self._watched(version)

    def _sent(self, plan: Plan) -> Steps:
        """Renders what is missing, and offers each frame to the agent as soon as it is there."""
        missing: list[tuple[int, Feed]] = [(frame, feed) for feed in plan.feeds for frame in feed.missing()]
        missing.sort(key=lambda each: each[0])
        began = time.monotonic()
        for done, (frame, feed) in enumerate(missing):
            left = (time.monotonic() - began) / done * (len(missing) - done) if done else None
            said = f"Rendering {feed.pin.role}, {telling.frames(done, len(missing))}"
            self._tell(
                f"{said}, about {telling.clock(left)} left" if left is not None else said,
                RENDERING * done / len(missing),
            )
            while nuke.executing() or not self._rendered(feed, frame):
                yield Pace.LATER
            for view in plan.views:
                # What could not be offered is read when the job is asked for, and complained of then.
                self._offers.append(self._agent.offer(feed.picture(view, (frame,)), feed.pin.kind))
            yield Pace.AGAIN
        self._done_before = RENDERING if missing else 0.0

    @staticmethod
    def _rendered(feed: Feed, frame: int) -> bool:
        try:
            feed.render(frame)
        except Busy:
            return False
        return True

    def _ask(self, plan: Plan, version: Version) -> Version:
        self._tell("Asking the server", self._done_before)
        for view in plan.views:
            calls = self._calls(view)
            if self._special is None:
                handle = self._agent.submit(plan.params(view), **calls)
            else:
                handle = self._special.submit(self._agent, plan.params(view), node=self.node, version=version, **calls)
            self._handles[view] = handle
        return version

    def _watch(self, version: Version, view: str, job: str, after: int) -> JobHandle:
        calls = self._calls(view)
        if self._special is not None:
            return self._special.watch(self._agent, version, node=self.node, **calls)
        return self._agent.watch(job, outputs_of(version.outputs, view), after, self._among, **calls)

    def _watched(self, version: Version) -> Steps:
        """Until all jobs have ended. Their frames and news come by callbacks, between the steps."""
        self._news = True
        while True:
            if self._news:
                self._news = False
                version = self._noted(version)
            if self._all_there(version):
                return
            if all(handle.ended for handle in self._handles.values()) and not self._taken_up(version):
                break
            yield Pace.LATER
        self._finish(version)

    def _all_there(self, version: Version) -> bool:
        """Whether the frames that alone are wanted lie on disk: the job itself may go on."""
        if self._among is None:
            return False
        wanted = range(self._among[0], self._among[1] + 1)
        return len(frames_in(version.outputs, wanted, self._views)) == len(wanted)

    def _noted(self, version: Version) -> Version:
        """Writes into the node what became known."""
        heard = record.heard(version, self._handles)
        if any(handle.id for handle in self._handles.values()):
            first_time = self._version is None
            if heard.number == _NONE_YET:
                # Not before it is kept: what else runs for the node takes numbers meanwhile.
                heard = replace(heard, number=self.node.next_number())
            self._version = heard
            if self._records:
                self.node.add_version(heard)
            if first_time:
                self._show(heard)
                if self._on_version is not None:
                    self._on_version(heard)
        slowest = min(self._handles.values(), key=lambda handle: handle.fraction)
        if self._away_since is None:
            self._tell(
                telling.job(slowest), self._done_before + (1 - self._done_before) * min(1.0, max(0.0, slowest.fraction))
            )
        return heard

    def _taken_up(self, version: Version) -> bool:
        """Whether jobs that are no longer watched because the server is away are, or will be, watched again."""
        lost = {view: each for view, each in self._handles.items() if each.state == "lost" and _away(each.error)}
        if not lost or not nuke.GUI:
            return False
        if self._away_since is None:
            self._away_since = time.monotonic()
            self._tell("The server is away; the job goes on when it is back", self.fraction)
        elif time.monotonic() - self._away_since >= _RETRY:
            self._away_since = None
            for view, handle in lost.items():
                self._handles[view] = self._watch(version, view, handle.id, handle.sequence)
        return True

    def _finish(self, version: Version) -> None:
        failed = next((handle for handle in self._handles.values() if handle.state != "done"), None)
        if failed is not None:
            raise failed.error or AgentError("Failed", telling.job(failed))
        if self._shows and self._is_shown(version) and self._special is None:
            there = frames_there(version)
            if set(there) != self.node.there():
                self.node.show(version, there)
        record.keep(version)
        if self._special is not None:
            self._special.finished(self.node, version)
        self._tell(telling.job(next(iter(self._handles.values()))), 1.0)

    def _adopt(self, plan: Plan, known: Version | None) -> None:
        """All of it lies on disk: a version of this node, or what another one had made."""
        version = known if known is not None else record.kept(plan.version(self.node.next_number()))
        self._version = version = replace(version, state="done")
        if self._records:
            self.node.add_version(version)
        self._show(version)
        if self._on_version is not None:
            self._on_version(version)
        if self._special is not None:
            self._special.finished(self.node, version)
        count = version.last - version.first + 1
        self._tell(f"{telling.frames(count)} there already, nothing has changed", 1.0)

    @property
    def _stepping(self) -> bool:
        return getgeneratorstate(self._work) == GEN_RUNNING

    def _cancel_jobs(self) -> None:
        for offer in self._offers:
            self._agent.withdraw(offer)
        for handle in self._handles.values():
            if handle.ended:
                continue
            if self._special is None:
                self._agent.cancel(handle)
            else:
                self._special.cancel(self._agent, handle)

    def _calls(self, view: str) -> dict[str, Any]:
        return {
            "on_progress": self._heard,
            "on_frame": partial(self._frame, view),
            "on_warning": lambda handle, text: self._heard(handle),
            "on_ended": self._heard,
        }

    def _heard(self, handle: JobHandle) -> None:
        self._news = True
        self._away_since = None if not handle.ended else self._away_since

    def _frame(self, view: str, handle: JobHandle, frame: WrittenFrame) -> None:
        if self.ended:
            return
        self._news = True
        if self._version is None:
            # Its record, and the Reads that show it, come with the next step, and look at the disk.
            return
        whole = all(file_there(self._version, each, frame.number, self._views) for each in self._version.outputs)
        if whole and self._shows and self._special is None and self._is_shown(self._version):
            self.node.arrived(frame.number)

    def _show(self, version: Version) -> None:
        if self._shows:
            self.node.show(version, frames_there(version))

    def _is_shown(self, version: Version) -> bool:
        shown = self.node.shown()
        return shown is not None and shown.number == version.number

    def _tell(self, text: str, fraction: float) -> None:
        self.fraction = fraction
        if text != self.text:
            self.text = text
            self.node.tell(text)

    def _fail(self, error: AgentError) -> None:
        states = {handle.state for handle in self._handles.values()} or {"failed"}
        state = (
            "cancelled" if error.kind == "Cancelled" else next((s for s in ("failed", "lost") if s in states), "failed")
        )
        self._close(state, error)

    def _close(self, state: str, error: AgentError) -> None:
        self.ended = True
        self.error = error
        self._work.close()
        # A node that was deleted can be told nothing.
        with suppress(ValueError):
            if self._version is not None and self._records:
                self.node.add_version(replace(self._version, state=state))
            self._tell(str(error), self.fraction)


def _away(error: AgentError | None) -> bool:
    return error is not None and error.kind == "Unavailable"


def _views(node: Node) -> tuple[str, ...]:
    views: list[Any] = nuke.views()
    return tuple(map(str, views[:1] if special.of(node) is not None else views))
