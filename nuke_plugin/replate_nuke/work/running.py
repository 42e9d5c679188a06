"""One thing asked of a node, from the button to the last frame.

Done in steps, each short, on Nuke's main thread: the inputs looked at, a frame rendered and offered to the agent, the
job asked for when all are, its frames shown as they come. Between two steps Nuke is the artist's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from inspect import GEN_RUNNING, getgeneratorstate
from typing import Any

import nuke

from replate_host import Agent, AgentError, Preview, telling
from replate_host.versions import Version
from replate_nuke.nodes import Node
from replate_nuke.nodes.node import GONE
from replate_nuke.work import record, special
from replate_nuke.work.asking import Plan, Wish
from replate_nuke.work.jobs import Jobs
from replate_nuke.work.results import file_there, frames_in, frames_there
from replate_nuke.work.sending import Busy, Feed

RENDERING = 0.3
"""The part of the whole that rendering the inputs is shown as."""
_NONE_YET = 0
"""A version's number before the node keeps it."""
_AWAY = "The server is away; the job goes on when it is back."


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
        self._jobs = Jobs(agent, node, self._frame)
        self._offers: list[int] = []
        self._done_before = 0.0
        self._sketched: Preview | None = None
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
        version = plan.version(number)
        self._tell("Asking the server", self._done_before)
        self._jobs.submit(plan, version)
        yield from self._watched(version)

    def _followed(self) -> Steps:
        version = self._version
        assert version is not None
        self._views = self._views or _views(self.node)
        # The script may have been saved while it showed one.
        self.node.sketch(None)
        # Frames that the script knows of and that were deleted since are told, and written, once more.
        whole = self._is_shown(version) and self.node.there() <= set(frames_there(version))
        self._show(version)
        if version.open:
            self._offer_again(version)
        self._jobs.watch(version, self._views, version.sequence if whole else 0, self._among)
        yield from self._watched(version)

    def _offer_again(self, version: Version) -> None:
        """Who sent a job's frames may have died over it, and the job would wait for the rest for ever."""
        with suppress(AgentError):
            plan = Plan.of(self.node, Wish.again(version, version.first, version.last))
            for feed in plan.feeds:
                if version.inputs.get(feed.pin.role) == feed.upstream.digest and not feed.missing():
                    self._offer(feed, feed.frames)

    def _offer(self, feed: Feed, frames: Sequence[int]) -> None:
        """Sends frames ahead. What could not be sent is read when the job is asked for, and complained of then."""
        for view in feed.views:
            self._offers.append(self._agent.offer(feed.picture(view, frames), feed.pin.kind))

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
            while not self._rendered(feed, frame):
                yield Pace.LATER
            self._offer(feed, (frame,))
            yield Pace.AGAIN
        self._done_before = RENDERING if missing else 0.0

    @staticmethod
    def _rendered(feed: Feed, frame: int) -> bool:
        try:
            feed.render(frame)
        except Busy:
            return False
        return True

    def _watched(self, version: Version) -> Steps:
        """Until all jobs have ended. Their frames and news come by callbacks, between the steps."""
        while True:
            if self._jobs.news():
                version = self._noted(version)
            if self._all_there(version):
                return
            if self._jobs.ended:
                # A farm has no patience: its manager tries again.
                if not nuke.GUI or not self._jobs.waits_for_the_server(version):
                    break
                self._tell(_AWAY, self.fraction)
            yield Pace.LATER
        self._finish(version)

    def _noted(self, version: Version) -> Version:
        """Writes into the node what became known."""
        heard = record.heard(version, self._jobs.handles)
        if self._jobs.known:
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
        if self._shows:
            self._sketch(self._jobs.preview)
        slowest = self._jobs.slowest
        self._tell(telling.job(slowest), self._done_before + (1 - self._done_before) * slowest.fraction)
        return heard

    def _all_there(self, version: Version) -> bool:
        """Whether the frames that alone are wanted lie on disk: the job itself may go on."""
        if self._among is None:
            return False
        wanted = range(self._among[0], self._among[1] + 1)
        return len(frames_in(version.outputs, wanted, self._views)) == len(wanted)

    def _finish(self, version: Version) -> None:
        failed = self._jobs.failed
        if failed is not None:
            raise failed.error or AgentError("Failed", telling.job(failed))
        if self._shows and self._is_shown(version) and self._special is None:
            there = frames_there(version)
            if set(there) != self.node.there():
                self.node.show(version, there)
        record.keep(version)
        if self._special is not None:
            self._special.finished(self.node, version)
        self._tell(telling.job(self._jobs.slowest), 1.0)

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
        self._jobs.cancel()

    def _frame(self, number: int) -> None:
        """A frame was written. Before the version is kept, the Reads that show it look at the disk when it is."""
        version = self._version
        if self.ended or version is None or not self._shows or self._special is not None:
            return
        whole = all(file_there(version, each, number, self._views) for each in version.outputs)
        if whole and self._is_shown(version):
            self.node.arrived(number)

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

    def _sketch(self, preview: Preview | None) -> None:
        if preview != self._sketched:
            self._sketched = preview
            self.node.sketch(preview)

    def _fail(self, error: AgentError) -> None:
        lost = self._jobs.failed is not None and self._jobs.failed.state == "lost"
        state = "cancelled" if error.kind == "Cancelled" else "lost" if lost else "failed"
        self._close(state, error)

    def _close(self, state: str, error: AgentError) -> None:
        self.ended = True
        self.error = error
        self._work.close()
        # A node that was deleted can be told nothing.
        with suppress(*GONE):
            self._sketch(None)
            if self._version is not None and self._records:
                self.node.add_version(replace(self._version, state=state))
            self._tell(str(error), self.fraction)


def _views(node: Node) -> tuple[str, ...]:
    views: list[Any] = nuke.views()
    return tuple(map(str, views[:1] if special.of(node) is not None else views))
