"""Brings windows to workers, and what they give to the store, the ledger and those who watch, in that order."""

from __future__ import annotations

import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from replate.errors import Unmet
from replate.frame import StoredFrame
from replate.values import JobState
from replate_server.jobs import Job, JobOutput, Progress
from replate_server.operations.registry import models, operations
from replate_server.scheduling.engine import Engine, WorkerDied
from replate_server.scheduling.fair import Claim, FairShare
from replate_server.scheduling.open_job import Inputs, Key, OpenJob, OpenWindow, task_of
from replate_server.scheduling.recipes import window_recipe, with_metadata_of, without_metadata
from replate_server.scheduling.watchers import Watchers
from replate_server.store.frames import FrameStore
from replate_server.store.ledger import Ledger, WindowRecord
from replate_server.weights.store import WeightStore
from replate_server.worker.contract import Delivered, Ended, Kept, Message, Progressed, Warned, WindowTask

log = structlog.get_logger()

PREFETCH_BELOW = 0.5
"""Seconds: where windows are shorter, a worker is given the next before it has ended the last."""


@dataclass(slots=True)
class Device:
    """What a device has been given."""

    tasks: dict[int, tuple[str, int]] = field(default_factory=dict)
    """Job and ordinal by task, in order."""
    last_seconds: float = float("inf")

    @property
    def room(self) -> int:
        return (2 if self.last_seconds < PREFETCH_BELOW else 1) - len(self.tasks)


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
        self._weights = weights
        self._engine = engine
        self._watchers = watchers
        self._config = colour_config
        self._attempts = attempts
        self._lock = threading.RLock()
        self._open: dict[str, OpenJob] = {}
        self._waiting: defaultdict[Key, set[tuple[str, int]]] = defaultdict(set)
        self._devices = {device: Device() for device in engine.devices}
        self._fair = FairShare()
        self._task_numbers = itertools.count(1)

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
        return self._ledger.job(entered.id)

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

    @property
    def busy(self) -> bool:
        """Whether any job is open."""
        return bool(self._open)

    def _take_up(self, job: Job) -> None:
        links = {source for source in job.spec.inputs.values() if isinstance(source, JobOutput)}
        inputs = Inputs(job, {link: self._linked_frames(link) for link in links})
        open_job = OpenJob(job, inputs, {})
        self._open[job.id] = open_job
        try:
            self._plan(open_job)
        except Unmet as error:
            self._end(job.id, JobState.FAILED, str(error))
            return
        self._end_if_done(open_job)
        for upstream in inputs.links:
            state = self._ledger.job(upstream).state
            if state in (JobState.FAILED, JobState.CANCELLED):
                self._end(job.id, JobState.FAILED, _broken_chain(upstream, state))

    def _plan(self, open_job: OpenJob) -> None:
        """Sorts a job's windows into those that are done, those that can run, and those that wait."""
        job = open_job.job
        with self._ledger.together():
            for record in self._ledger.windows(job.id):
                if record.done:
                    open_job.frames_done += len(record.numbers)
                    continue
                window = OpenWindow(record)
                open_job.windows[record.ordinal] = window
                window.lacking = set(self._lacking(open_job, record))
                for key in window.lacking:
                    self._waiting[key].add((job.id, record.ordinal))
            for ordinal in [n for n, window in open_job.windows.items() if not window.lacking]:
                self._ready(open_job, ordinal)

    def _linked_frames(self, link: JobOutput) -> frozenset[tuple[str, int]]:
        return frozenset(
            (window.view, number) for window in self._ledger.windows(link.job) for number in window.numbers
        )

    def _lacking(self, open_job: OpenJob, record: WindowRecord) -> Iterable[Key]:
        for role, (view, number) in open_job.inputs.wanted(record):
            frame = open_job.inputs.frame(role, (view, number))
            if frame is None:
                link = open_job.inputs.link(role)
                found = self._ledger.output_frame(link.job, link.output, view, number)
                if found is None:
                    yield (link.job, link.output, view, number)
                elif not self._store.has(found.digest):
                    raise Unmet(
                        f"Frame {number} of job {link.job} is not kept any more: submit that job again, then this one."
                    )
            elif not self._store.has(frame.digest):
                yield frame.digest

    def _arrived(self, key: Key) -> None:
        for job_id, ordinal in self._waiting.pop(key, ()):
            open_job = self._open.get(job_id)
            if open_job is None:
                continue
            window = open_job.windows[ordinal]
            window.lacking.discard(key)
            if not window.lacking:
                self._ready(open_job, ordinal)
                self._end_if_done(open_job)

    def _ready(self, open_job: OpenJob, ordinal: int) -> None:
        """A window has all it needs: answered from the ledger where its recipe is known, queued otherwise."""
        window = open_job.windows[ordinal]
        task = self._task(open_job, window.record)
        card = models()[task.model].card
        sums = {name: self._weights.weight(name).sha256 for name in card.weights}
        window.recipe = window_recipe(task, card, sums, self._device_kind())
        known = self._ledger.recall(window.recipe)
        if known is not None and all(self._store.has(frame.digest) for _, frame in known):
            main = operations()[task.operation].roles[0].name
            plate = {frame.spec.number: frame for frame in task.inputs[main]}
            for _, frame in known:
                self._store.touch(frame.digest)
            window.delivered = [(output, with_metadata_of(f, plate[f.spec.number])) for output, f in known]
            self._finish(open_job, ordinal)
        else:
            open_job.ready.append(ordinal)

    def _task(self, open_job: OpenJob, record: WindowRecord) -> WindowTask:
        frames: defaultdict[str, list[StoredFrame]] = defaultdict(list)
        for role, (view, number) in open_job.inputs.wanted(record):
            frame = open_job.inputs.frame(role, (view, number))
            if frame is None:
                link = open_job.inputs.link(role)
                frame = self._ledger.output_frame(link.job, link.output, view, number)
                assert frame is not None, "a window is ready only when its linked frames are in the ledger"
            frames[role].append(frame)
        inputs = {role: tuple(found) for role, found in frames.items()}
        return task_of(next(self._task_numbers), open_job, record, inputs, self._config)

    def _dispatch(self) -> None:
        """Gives every device with room the window that is due next."""
        for name, device in sorted(self._devices.items(), key=lambda item: len(item[1].tasks)):
            while device.room > 0:
                claim = self._fair.choose(
                    Claim(job.job.id, job.job.owner, job.job.spec.priority, job.job.created)
                    for job in self._open.values()
                    if job.ready
                )
                if claim is None:
                    return
                self._run(name, device, self._open[claim.job])

    def _run(self, name: str, device: Device, open_job: OpenJob) -> None:
        ordinal = open_job.ready.popleft()
        window = open_job.windows[ordinal]
        window.delivered.clear()
        window.fraction = 0.0
        task = self._task(open_job, window.record)
        device.tasks[task.id] = (open_job.job.id, ordinal)
        open_job.running[ordinal] = task.id
        open_job.begin()
        self._ledger.set_state(open_job.job.id, JobState.RUNNING, "", None)
        self._engine.run(name, task)
        self._watchers.ring(open_job.job.id)

    def _report(self, name: str, message: Message | WorkerDied) -> None:
        with self._lock:
            device = self._devices[name]
            if isinstance(message, WorkerDied):
                self._died(device, message)
            elif isinstance(message, Kept):
                self._store.adopt(message.name, message.size)
            elif isinstance(message, Progressed | Warned | Delivered):
                self._news(device, message)
            elif isinstance(message, Ended):
                self._ended(device, message)
            self._dispatch()

    def _news(self, device: Device, message: Progressed | Warned | Delivered) -> None:
        job_id, ordinal = device.tasks[message.id]
        if isinstance(message, Delivered):
            self._store.adopt(message.frame.digest, message.frame.spec.size)
        open_job = self._open.get(job_id)
        if open_job is None:
            return
        window = open_job.windows[ordinal]
        if isinstance(message, Progressed):
            window.fraction = message.fraction
            open_job.message = message.message
        elif isinstance(message, Warned):
            self._ledger.warn(job_id, message.message)
        else:
            window.delivered.append((message.output, message.frame))
            # A window of one frame is entered as a whole when it ends, in one transaction.
            if len(window.record.numbers) > 1:
                self._ledger.publish(job_id, [(message.output, message.frame)])
                self._arrived((job_id, message.output, message.frame.spec.view, message.frame.spec.number))
        self._watchers.ring(job_id)

    def _ended(self, device: Device, message: Ended) -> None:
        job_id, ordinal = device.tasks.pop(message.id)
        device.last_seconds = message.seconds
        open_job = self._open.get(job_id)
        if open_job is None:
            return
        self._fair.charge(open_job.job.owner, message.seconds)
        del open_job.running[ordinal]
        if message.error:
            log.warning("window failed", job=job_id, error=message.error, message=message.message)
            self._end(job_id, JobState.FAILED, message.message)
        else:
            self._finish(open_job, ordinal)
            self._end_if_done(open_job)

    def _finish(self, open_job: OpenJob, ordinal: int) -> None:
        window = open_job.windows[ordinal]
        job_id = open_job.job.id
        made = tuple((o, StoredFrame(without_metadata(f.spec), f.digest)) for o, f in window.delivered)
        self._ledger.finish_window(job_id, ordinal, window.delivered, window.recipe, made)
        open_job.finish(ordinal)
        self._watchers.ring(job_id)
        for output, frame in window.delivered:
            self._arrived((job_id, output, frame.spec.view, frame.spec.number))

    def _died(self, device: Device, message: WorkerDied) -> None:
        for task in reversed(message.queued):
            self._requeue(*device.tasks.pop(task))
        if message.running is None:
            return
        job_id, ordinal = device.tasks.pop(message.running)
        open_job = self._open.get(job_id)
        if open_job is None:
            return
        deaths = self._ledger.count_death(job_id, ordinal)
        if deaths < self._attempts:
            self._requeue(job_id, ordinal)
            return
        numbers = open_job.windows[ordinal].record.numbers
        frames = f"frame {numbers[0]}" if len(numbers) == 1 else f"frames {numbers[0]} to {numbers[-1]}"
        self._end(
            job_id,
            JobState.FAILED,
            f"The worker died {deaths} times at {frames} ({message.reason}): try smaller frames or another model, "
            "and tell the server's TD.",
        )

    def _requeue(self, job_id: str, ordinal: int) -> None:
        open_job = self._open.get(job_id)
        if open_job is not None:
            del open_job.running[ordinal]
            open_job.ready.appendleft(ordinal)

    def _end_if_done(self, open_job: OpenJob) -> None:
        if not open_job.windows and open_job.job.id in self._open:
            self._end(open_job.job.id, JobState.DONE, "")

    def _end(self, job_id: str, state: JobState, message: str) -> None:
        """Ends a job, stops its windows, and fails the jobs that wait for it."""
        self._ledger.set_state(job_id, state, message, time.time())
        open_job = self._open.pop(job_id, None)
        if open_job is None:
            return
        for name, device in self._devices.items():
            for task, (owner, _) in device.tasks.items():
                if owner == job_id:
                    self._engine.cancel(name, task)
        self._watchers.ring(job_id)
        log.info("job ended", job=job_id, state=state.value, message=message)
        if state is not JobState.DONE:
            for other in [job for job in self._open.values() if job_id in job.inputs.links]:
                self._end(other.job.id, JobState.FAILED, _broken_chain(job_id, state))

    def _device_kind(self) -> str:
        """The recipe of a window names the kind of device, since kinds differ in their last digits."""
        return "+".join(sorted({device.split(":")[0] for device in self._devices}))


def _broken_chain(upstream: str, state: JobState) -> str:
    return (
        f"The job {upstream}, which gives this one its frames, "
        f"{'was cancelled' if state is JobState.CANCELLED else 'failed'}: put that right and submit both again."
    )
