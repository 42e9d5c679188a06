"""The Jobs service: from requests to jobs, and from the ledger to whoever watches."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping

import grpc

from replate.errors import BadRequest
from replate.frame import StoredFrame
from replate.v1 import jobs_pb2, jobs_pb2_grpc
from replate.values import JobState
from replate.wire import read_plate, write_frame
from replate.wire_values import read_priority, read_values, write_state
from replate_server.gateway.callers import Caller, Callers
from replate_server.jobs import Job, JobOutput, OutputFrame, Preview, Source
from replate_server.operations.registry import operations
from replate_server.scheduling.admission import Admission, JobRequest
from replate_server.scheduling.scheduler import Scheduler
from replate_server.scheduling.watchers import Watchers
from replate_server.store.ledger import Ledger

LIST_LIMIT = 1_000
MOST_REQUEST = 100
PROGRESS_EVERY = 0.1
"""Seconds between two events that only tell of progress."""
LOOK_EVERY = 0.5
"""Seconds after which a watcher looks even when nothing was said, for the time left."""


class JobsService(jobs_pb2_grpc.JobsServicer):
    def __init__(
        self, ledger: Ledger, scheduler: Scheduler, admission: Admission, watchers: Watchers, callers: Callers
    ) -> None:
        self._ledger = ledger
        self._scheduler = scheduler
        self._admission = admission
        self._watchers = watchers
        self._callers = callers

    def Submit(  # noqa: N802
        self, request: jobs_pb2.SubmitRequest, context: grpc.ServicerContext
    ) -> jobs_pb2.Job:
        caller = self._callers.of(context)
        if len(request.request) > MOST_REQUEST:
            raise BadRequest(f"The request's name is longer than {MOST_REQUEST} characters: make up a shorter one.")
        # Before anything is checked: what was fine then may be refused by now, a limit that this very job reached.
        known = self._ledger.requested(caller.name, request.request) if request.request else None
        if known is not None:
            return self._message(known, recipe=True)
        asked = self._request(request.spec, caller)
        job, windows = self._admission.admit(asked, caller.name)
        name = request.request or secrets.token_hex(16)
        return self._message(self._scheduler.submit(job, name, windows), recipe=True)

    def Watch(  # noqa: N802
        self, request: jobs_pb2.WatchRequest, context: grpc.ServicerContext
    ) -> Iterator[jobs_pb2.JobEvent]:
        self._visible(request.job, self._callers.of(context))
        sequence = request.after
        said, said_at = jobs_pb2.Job(), 0.0
        shown: Preview | None = None
        with self._watchers.watching(request.job) as bell:
            # The client's going away ends the wait at once.
            context.add_callback(bell.set)
            while context.is_active():
                bell.clear()
                # The job before its outputs: what it had delivered when it ended is then surely seen.
                job = self._ledger.job(request.job, with_inputs=False)
                for output in self._ledger.outputs_after(job.id, sequence):
                    sequence = output.sequence
                    yield _output_event(output)
                now = time.monotonic()
                moved = write_state(job.state) != said.state
                if moved or now - said_at >= PROGRESS_EVERY:
                    message = self._message(job, recipe=moved)
                    if message != said:
                        said, said_at = message, now
                        yield jobs_pb2.JobEvent(sequence=sequence, job=message)
                if job.state.ended:
                    return
                # Whoever looks slowly gets the latest alone: nothing is kept for them.
                preview = self._scheduler.preview(job.id) if request.previews else None
                if preview is not None and preview is not shown:
                    shown = preview
                    yield _preview_event(sequence, preview)
                self._scheduler.check_goes_on(job.id)
                bell.wait(LOOK_EVERY)

    def Get(self, request: jobs_pb2.GetRequest, context: grpc.ServicerContext) -> jobs_pb2.Job:  # noqa: N802
        return self._message(self._visible(request.job, self._callers.of(context)), recipe=True)

    def List(  # noqa: N802
        self, request: jobs_pb2.ListRequest, context: grpc.ServicerContext
    ) -> jobs_pb2.ListResponse:
        if request.limit > LIST_LIMIT:
            raise BadRequest(f"{request.limit} jobs were asked for: ask for {LIST_LIMIT} at most.")
        caller = self._callers.of(context)
        found = self._ledger.jobs(caller.name, caller.projects, open_only=request.open, limit=request.limit or 100)
        return jobs_pb2.ListResponse(jobs=[self._message(job, recipe=False) for job in found])

    def Cancel(self, request: jobs_pb2.CancelRequest, context: grpc.ServicerContext) -> jobs_pb2.Job:  # noqa: N802
        job = self._visible(request.job, self._callers.of(context))
        self._scheduler.cancel(job.id)
        return self._message(self._ledger.job(job.id, with_inputs=False), recipe=False)

    def _visible(self, job_id: str, caller: Caller) -> Job:
        job = self._ledger.job(job_id, with_inputs=False)
        caller.check_sees(job)
        return job

    def _request(self, spec: jobs_pb2.JobSpec, caller: Caller) -> JobRequest:
        caller.check_shares(spec.project)
        return JobRequest(
            operation=spec.operation,
            model=spec.model,
            parameters=read_values(spec.parameters),
            inputs=self._inputs(spec.inputs, caller),
            range=_range(spec),
            seed=spec.seed,
            title=spec.title,
            project=spec.project,
            priority=read_priority(spec.priority),
        )

    def _inputs(self, inputs: Mapping[str, jobs_pb2.Input], caller: Caller) -> dict[str, Source]:
        read: dict[str, Source] = {}
        for role, source in inputs.items():
            match source.WhichOneof("source"):
                case "plate":
                    frames: tuple[StoredFrame, ...] = read_plate(source.plate)
                    read[role] = frames
                case "output":
                    self._visible(source.output.job, caller)
                    read[role] = JobOutput(source.output.job, source.output.output)
                case _:
                    raise BadRequest(f"The input {role[:60]} is neither a plate nor a job's output: connect one.")
        return read

    def _message(self, job: Job, *, recipe: bool) -> jobs_pb2.Job:
        progress = self._scheduler.progress(job)
        message = jobs_pb2.Job(
            id=job.id,
            operation=job.spec.operation,
            model=job.spec.model,
            title=job.spec.title,
            owner=job.owner,
            project=job.spec.project,
            state=write_state(job.state),
            message=job.message or progress.message,
            progress=jobs_pb2.Progress(
                frames_done=progress.frames_done,
                frames_total=progress.frames_total,
                fraction=progress.fraction,
                seconds_left=progress.seconds_left if job.state is JobState.RUNNING else None,
            ),
            outputs=[output.name for output in operations()[job.spec.operation].outputs],
            recipe=job.recipe if recipe else "",
            warnings=job.warnings,
        )
        message.created.FromNanoseconds(int(job.created * 1e9))
        if job.ended is not None:
            message.ended.FromNanoseconds(int(job.ended * 1e9))
        return message


def _range(spec: jobs_pb2.JobSpec) -> tuple[int, int] | None:
    if not spec.HasField("range"):
        return None
    first, last = spec.range.first, spec.range.last
    if last < first:
        raise BadRequest(f"The frame range {first}-{last} ends before it begins: swap the two.")
    return first, last


def _preview_event(sequence: int, preview: Preview) -> jobs_pb2.JobEvent:
    said = jobs_pb2.Preview(number=preview.number, view=preview.view, png=preview.png)
    return jobs_pb2.JobEvent(sequence=sequence, preview=said)


def _output_event(output: OutputFrame) -> jobs_pb2.JobEvent:
    frame = jobs_pb2.OutputFrame(output=output.output, frame=write_frame(output.frame))
    return jobs_pb2.JobEvent(sequence=output.sequence, frame=frame)
