"""Brings windows to workers, and what they give to the store, the ledger and those who watch, in that order."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from heapq import heappop, heappush

import structlog

from replate.errors import Exhausted, ReplateError
from replate.frame import StoredFrame
from replate.values import JobState
from replate_server.jobs import Job, Preview, Progress
from replate_server.scheduling.devices import Devices, Given
from replate_server.scheduling.engine import Engine, WorkerDied
from replate_server.scheduling.fair import Claim, FairShare
from replate_server.scheduling.open_job import Key, OpenJob
from replate_server.scheduling.planning import Planner
from replate_server.scheduling.recipes import without_metadata
from replate_server.scheduling.watchers import Watchers
from replate_server.store.frames import FrameStore
from replate_server.store.ledger import Ledger, WindowRecord
from replate_server.weights.store import WeightStore
from replate_server.worker.contract import Delivered, Ended, Kept, Message, Previewed, Progressed, Ready, Warned

log = structlog.get_logger()

SHORT = 0.5
"""Seconds: where windows are shorter, a worker is given the next before it has ended the last."""


class Scheduler:
    """The jobs that are open, and where their windows run.

    Thread-safe: one lock guards everything here. It is held while the ledger and the store
    are called, which take their own locks below it and never call back.
    """

    def __init__(
        self,
        ledger: Ledger,
        store: FrameStore,
        weights: WeightStore,
        engine: Engine,
        watchers: Watchers,
        colour_config: str,
        attempts: int,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._engine = engine
        self._watchers = watchers
        self._planner = Planner(ledger, store, weights, colour_config, engine.devices)
        self._attempts = attempts
        self._lock = threading.RLock()
        self._open: dict[str, OpenJob] = {}
        self._waiting: defaultdict[Key, set[tuple[str, int]]] = defaultdict(set)
        self._devices = Devices(engine.devices)
        self._fair = FairShare()
        self._given_up: dict[str, str] = {}
        """Jobs that the ledger has open and that do not go on before the next start: why."""

    def start(self) -> None:
        """Takes up the jobs that the ledger has open, and starts the workers."""
        with self._lock:
            for job in self._ledger.open_jobs():
                self._take_up(job)
            self._engine.start(self._report)
            self._dispatch()

    def stop(self) -> None:
        """Ends the workers. Open jobs stay open in the ledger and go on at the next start."""
        self._engine.stop()

    def submit(self, job: Job, request: str, windows: Iterable[WindowRecord]) -> Job:
        """Enters a job and queues it; for a request that was entered before, gives the job it made then."""
        with self._lock:
            entered = self._ledger.enter(job, request, windows)
            if entered.id == job.id:
                self._take_up(job)
                self._dispatch()
        return self._ledger.job(entered.id, with_inputs=False)

    def cancel(self, job_id: str) -> None:
        """Stops a job. What it has delivered stays."""
        with self._lock:
            self._end(job_id, JobState.CANCELLED, "Cancelled.")
            self._dispatch()

    def frames_arrived(self, digest: str) -> None:
        """Says that pixels are in the store now."""
        with self._lock:
            self._arrived(digest)
            self._dispatch()

    def progress(self, job: Job) -> Progress:
        with self._lock:
            open_job = self._open.get(job.id)
            if open_job is not None:
                return open_job.progress()
        done = job.state is JobState.DONE
        delivered = job.frames if done else self._ledger.frames_delivered(job.id)
        return Progress(delivered, job.frames, delivered / job.frames, None)

    def preview(self, job_id: str) -> Preview | None:
        """How the frame looks that is being made; None where nothing was told of one, or the job has ended."""
        with self._lock:
            open_job = self._open.get(job_id)
            return open_job.preview if open_job is not None else None

    def check_goes_on(self, job_id: str) -> None:
        """Raises `Exhausted` for a job that was given up while the ledger could not be written."""
        with self._lock:
            if job_id in self._given_up:
                raise Exhausted(self._given_up[job_id])

    @property
    def busy(self) -> bool:
        """Whether there is a window that runs or could. A job whose frames do not come is no work."""
        with self._lock:
            return any(job.running or job.ready for job in self._open.values())

    def _take_up(self, job: Job) -> None:
        with self._or_given_up(job.id):
            open_job = self._open[job.id] = self._planner.open(job)
            with self._ledger.together():
                for ordinal, window in list(open_job.windows.items()):
                    for key in window.lacking:
                        self._waiting[key].add((job.id, ordinal))
                    if not window.lacking:
                        self._ready(open_job, ordinal)
            self._end_if_done(open_job)
            for upstream in open_job.inputs.links:
                state = self._ledger.job(upstream, with_inputs=False).state
                if state in (JobState.FAILED, JobState.CANCELLED):
                    self._end(job.id, JobState.FAILED, _broken_chain(upstream, state))

    def _arrived(self, key: Key) -> None:
        for job_id, ordinal in self._waiting.pop(key, ()):
            open_job = self._open.get(job_id)
            if open_job is None:
                continue
            window = open_job.windows[ordinal]
            window.lacking.discard(key)
            if not window.lacking:
                with self._or_given_up(job_id):
                    self._ready(open_job, ordinal)
                    self._end_if_done(open_job)

    def _ready(self, open_job: OpenJob, ordinal: int) -> None:
        """A window has all it needs: answered from the ledger where its recipe is known, queued otherwise."""
        window = open_job.windows[ordinal]
        task = self._planner.task(open_job, window.record)
        window.recipe = self._planner.recipe(task)
        known = self._planner.recall(window.recipe, task)
        if known is None:
            heappush(open_job.ready, ordinal)
            return
        for output, frame in known:
            window.deliver(output, frame)
        self._finish(open_job, ordinal)

    def _dispatch(self) -> None:
        """Gives the windows that are due next to devices, as long as there are both."""
        while (claim := self._claim(lambda job: True)) is not None:
            device = self._devices.idle()
            if device is None and self._short(claim.job):
                device = self._devices.soon_idle(self._short)
            if device is None:
                break
            with self._or_given_up(claim.job):
                self._run(device, self._open[claim.job])
        # A window may be a whole shot and take an hour: what somebody is looking at does not wait for its end.
        while (claim := self._claim(_may_interrupt)) is not None:
            device = self._devices.interruptible(lambda job: job in self._open and self._open[job].urgent)
            if device is None:
                return
            with self._or_given_up(claim.job):
                self._run(device, self._open[claim.job], urgent=True)

    def _claim(self, accepted: Callable[[OpenJob], bool]) -> Claim | None:
        return self._fair.choose(
            Claim(job.job.id, job.job.owner, job.job.spec.priority, job.job.created)
            for job in self._open.values()
            if job.ready and accepted(job)
        )

    def _short(self, job_id: str) -> bool:
        open_job = self._open.get(job_id)
        return open_job is not None and open_job.window_seconds < SHORT

    def _run(self, device: str, open_job: OpenJob, urgent: bool = False) -> None:
        job = open_job.job
        if not open_job.began:
            self._ledger.set_state(job.id, JobState.RUNNING, "", None)
            open_job.begin()
        ordinal = heappop(open_job.ready)
        window = open_job.windows[ordinal]
        window.begin()
        task = replace(self._planner.task(open_job, window.record), urgent=urgent)
        self._devices.give(device, task, Given(job.id, job.owner, ordinal, urgent))
        open_job.running[ordinal] = task.id
        self._engine.run(device, task)
        self._watchers.ring(job.id)

    def _report(self, device: str, message: Message | WorkerDied) -> None:
        with self._lock:
            if isinstance(message, WorkerDied):
                self._died(device, message)
            elif isinstance(message, Kept):
                self._store.adopt(message.name, message.size)
            elif not isinstance(message, Ready):
                given = self._devices.given(device, message.id)
                with self._or_given_up(given.job):
                    if isinstance(message, Ended):
                        self._ended(device, message)
                    else:
                        self._news(given, message)
            self._dispatch()

    def _news(self, given: Given, message: Progressed | Previewed | Warned | Delivered) -> None:
        if isinstance(message, Delivered):
            # Kept until it is in the ledger, which says that it is needed.
            with self._store.adopted(message.frame.digest, message.frame.spec.size) as kept:
                self._delivered(given, message, kept)
        elif (open_job := self._open.get(given.job)) is None:
            return
        elif isinstance(message, Warned):
            log.warning("warned", job=given.job, message=message.message)
            self._ledger.warn(given.job, message.message)
        elif isinstance(message, Previewed):
            view = open_job.windows[given.ordinal].record.view
            open_job.preview = Preview(message.number, view, message.png)
        else:
            open_job.windows[given.ordinal].fraction = message.fraction
            open_job.message = message.message
        self._watchers.ring(given.job)

    def _delivered(self, given: Given, message: Delivered, kept: bool) -> None:
        open_job = self._open.get(given.job)
        if open_job is None:
            return
        window, frame = open_job.windows[given.ordinal], message.frame
        if not kept:
            window.lost = True
            return
        window.deliver(message.output, frame)
        window.exact &= message.exact
        if open_job.preview is not None and open_job.preview.number == frame.spec.number:
            open_job.preview = None
        self._ledger.publish(given.job, [(message.output, frame)])
        self._arrived((given.job, message.output, frame.spec.view, frame.spec.number))

    def _ended(self, device: str, message: Ended) -> None:
        given = self._devices.take(device, message.id)
        self._fair.charge(given.owner, message.seconds)
        open_job = self._open.get(given.job)
        if open_job is None:
            return
        open_job.window_seconds = message.seconds
        if message.error:
            log.warning("window failed", job=given.job, error=message.error, message=message.message)
            self._end(given.job, JobState.FAILED, message.message)
        elif open_job.windows[given.ordinal].lost:
            self._requeue(given)
        else:
            del open_job.running[given.ordinal]
            self._finish(open_job, given.ordinal)
            self._end_if_done(open_job)

    def _finish(self, open_job: OpenJob, ordinal: int) -> None:
        window = open_job.windows[ordinal]
        job_id = open_job.job.id
        made = tuple((o, StoredFrame(without_metadata(f.spec), f.digest)) for o, f in window.delivered)
        # Weights that came with the first window are known only now.
        recipe = window.recipe or self._planner.recipe(self._planner.task(open_job, window.record))
        # What was made for lack of memory is nobody else's answer.
        recipe = recipe if window.exact else ""
        self._ledger.finish_window(job_id, ordinal, window.delivered, recipe, made)
        open_job.finish(ordinal)
        self._watchers.ring(job_id)
        for output, frame in window.delivered:
            self._arrived((job_id, output, frame.spec.view, frame.spec.number))

    def _died(self, device: str, message: WorkerDied) -> None:
        for task in reversed(message.queued):
            self._requeue(self._devices.take(device, task))
        for task in message.running:
            self._blame(self._devices.take(device, task), message.reason)

    def _blame(self, given: Given, reason: str) -> None:
        """A worker died at a window: it is tried again, or its job fails."""
        open_job = self._open.get(given.job)
        if open_job is None:
            return
        with self._or_given_up(given.job):
            deaths = self._ledger.count_death(given.job, given.ordinal)
            open_job.windows[given.ordinal].deaths = deaths
            if deaths < self._attempts:
                self._requeue(given)
                return
            numbers = open_job.windows[given.ordinal].record.numbers
            frames = f"frame {numbers[0]}" if len(numbers) == 1 else f"frames {numbers[0]} to {numbers[-1]}"
            times = "once" if deaths == 1 else f"{deaths} times"
            self._end(
                given.job,
                JobState.FAILED,
                f"The worker died {times} at {frames} ({reason}): try smaller frames or another model, "
                "and tell the server's TD.",
            )

    def _requeue(self, given: Given) -> None:
        open_job = self._open.get(given.job)
        if open_job is not None:
            del open_job.running[given.ordinal]
            heappush(open_job.ready, given.ordinal)

    def _end_if_done(self, open_job: OpenJob) -> None:
        if not open_job.windows and open_job.job.id in self._open:
            self._end(open_job.job.id, JobState.DONE, "")

    def _end(self, job_id: str, state: JobState, message: str) -> None:
        """Ends a job, stops its windows, and fails the jobs that wait for it."""
        self._ledger.set_state(job_id, state, message, time.time())
        self._given_up.pop(job_id, None)
        if not self._let_go(job_id):
            return
        log.info("job ended", job=job_id, state=state.value, message=message)
        if state is not JobState.DONE:
            for other in [job for job in self._open.values() if job_id in job.inputs.links]:
                self._end(other.job.id, JobState.FAILED, _broken_chain(job_id, state))

    def _let_go(self, job_id: str) -> bool:
        """Stops a job's windows and forgets it. Whether it was open."""
        open_job = self._open.pop(job_id, None)
        if open_job is None:
            return False
        for ordinal, window in open_job.windows.items():
            for key in window.lacking & self._waiting.keys():
                self._waiting[key].discard((job_id, ordinal))
                if not self._waiting[key]:
                    del self._waiting[key]
        for device, task in self._devices.of(job_id):
            self._engine.cancel(device, task)
        self._watchers.ring(job_id)
        return True

    @contextmanager
    def _or_given_up(self, job_id: str) -> Iterator[None]:
        """What goes wrong with a job ends it, and neither the thread that found it nor the jobs beside it.

        Where the ledger cannot even take that (its disk is full), the job goes on at the next start.
        """
        try:
            yield
        except Exception as error:
            known = isinstance(error, ReplateError)
            log.error("job given up", job=job_id, error=str(error), exc_info=None if known else error)
            said = str(error) if known else "The server has a fault: tell its TD, whose log says more of this job."
            try:
                self._end(job_id, JobState.FAILED, said)
            except ReplateError:
                self._given_up[job_id] = said
                self._let_go(job_id)


def _may_interrupt(job: OpenJob) -> bool:
    """A window whose worker died once runs alone from then on: it shall not take another's down with it again."""
    return job.urgent and not job.windows[job.ready[0]].deaths


def _broken_chain(upstream: str, state: JobState) -> str:
    return (
        f"The job {upstream}, which gives this one its frames, "
        f"{'was cancelled' if state is JobState.CANCELLED else 'failed'}: put that right and submit both again."
    )
