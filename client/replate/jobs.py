"""Jobs: asked for, watched, and their frames fetched."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace

from replate.claims import Claims
from replate.digests import Digests
from replate.errors import BadRequest, Cancelled, ReplateError, Unavailable
from replate.frame import Frame
from replate.link import Link
from replate.offers import Offer
from replate.plates import PlateLike, Sender
from replate.results import Result, Results, Wanted
from replate.states import JobInfo, Preview, Progress, read_job
from replate.upload import Sent, Upload
from replate.v1 import jobs_pb2
from replate.values import JobState, Priority, Value
from replate.watch import JobEvent, Watch
from replate.wire import write_plate
from replate.wire_values import write_priority, write_values


@dataclass(frozen=True, slots=True)
class JobOutput:
    """Another job's output as an input; its pixels stay on the server."""

    job: str
    output: str


class Job:
    """A job on the server. Its properties are as of the last news of it: `refresh` asks anew. Thread-safe."""

    def __init__(self, link: Link, info: JobInfo, digests: Digests, upload: Upload | None = None) -> None:
        self._link = link
        self._info = info
        self._digests = digests
        self._upload = upload

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.model} {self.state.value}>"

    @property
    def info(self) -> JobInfo:
        """All of it, as of the last news."""
        return self._info

    @property
    def id(self) -> str:
        return self._info.id

    @property
    def operation(self) -> str:
        return self._info.operation

    @property
    def model(self) -> str:
        return self._info.model

    @property
    def state(self) -> JobState:
        return self._info.state

    @property
    def message(self) -> str:
        """What is happening, or what went wrong and what to do: one sentence."""
        return self._info.message

    @property
    def progress(self) -> Progress:
        return self._info.progress

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._info.warnings

    @property
    def recipe(self) -> str:
        """Everything needed to make the outputs again, as JSON."""
        return self._info.recipe

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the output plates."""
        return self._info.outputs

    @property
    def sent(self) -> Sent:
        """How far the upload of the job's frames is; all zeros when the server had everything."""
        return self._upload.sent if self._upload is not None else Sent()

    def output(self, name: str) -> JobOutput:
        """An output plate as another job's input; the job may still be running. Raises `BadRequest`."""
        if name not in self.outputs:
            raise BadRequest(f"Job {self.id} gives no '{name}'; it gives {', '.join(self.outputs)}.")
        return JobOutput(self.id, name)

    def refresh(self) -> JobInfo:
        """Asks the server how the job stands."""
        self._info = read_job(self._link.ask(lambda calls: calls.jobs.Get, jobs_pb2.GetRequest(job=self.id)))
        return self._info

    def cancel(self) -> JobInfo:
        """Stops the job. Frames that are done stay; a job that has ended is left as it is."""
        if self._upload is not None:
            self._upload.stop()
        request = jobs_pb2.CancelRequest(job=self.id)
        self._note(read_job(self._link.ask(lambda calls: calls.jobs.Cancel, request)))
        return self._info

    def events(self, after: int = 0) -> Iterator[JobEvent]:
        """What happens to the job after a sequence number, until it ends, without fetching pixels.

        A server that is restarted meanwhile is waited for. Raises `Unavailable` when it does not come back.
        """
        for event in Watch(self._link, self.id, after):
            self._note(event.info)
            yield event

    def results(
        self,
        after: int = 0,
        wanted: Wanted = lambda output, number: True,
        stopped: threading.Event | None = None,
        previews: bool = False,
    ) -> Generator[Result, None, None]:
        """Output frames and news of the job after a sequence number; the last tells how it ended.

        `wanted` says by output and number which frames to fetch. Raises typed errors of the
        upload and of the line, and does not raise when the job itself failed.
        `stopped`: once it is set the iteration ends with `Cancelled`, also while nothing comes.
        `previews`: whether frames are shown while they are being made, where the model can.
        """
        results = Results(
            self._link, self.id, self._upload, after, wanted, self._remember, stopped, self._info, previews
        )
        # The generator's cleanup must not wait for the garbage collector.
        with closing(iter(results)) as found:
            for result in found:
                self._note(result.info)
                yield result

    def frames(
        self,
        on_progress: Callable[[JobInfo], None] | None = None,
        outputs: tuple[str, ...] = (),
        stopped: threading.Event | None = None,
        on_preview: Callable[[Preview], None] | None = None,
    ) -> Iterator[tuple[str, Frame]]:
        """Output names and frames as they are finished, until all are there.

        Pixels are read-only. Downloads run ahead of the caller.

        Parameters
        ----------
        on_progress
            Called between frames, on the caller's thread, with each news of the job.
        outputs
            Names of the outputs to fetch; empty for all.
        stopped
            Once it is set the iteration ends with `Cancelled`; the job goes on.
        on_preview
            Called as `on_progress`, with how a frame looks that is being made.

        Raises
        ------
        Failed, Cancelled
            When the job did; the frames it finished come first.
        ReplateError
            When sending the job's own frames failed, with the reason.
        """

        def wanted(name: str, number: int) -> bool:
            return not outputs or name in outputs

        with closing(self.results(0, wanted, stopped, on_preview is not None)) as found:
            for result in found:
                if result.frame is not None:
                    yield result.output, result.frame
                elif on_preview is not None and result.preview is not None:
                    on_preview(result.preview)
                elif on_progress is not None and result.info is not None:
                    on_progress(result.info)
        error = self._info.error
        if error is not None:
            raise error

    def wait(self, on_progress: Callable[[JobInfo], None] | None = None) -> Job:
        """Returns when the job is done, without fetching frames. Raises as `frames` does."""
        with closing(self.results(0, lambda output, number: False)) as found:
            for result in found:
                if on_progress is not None and result.info is not None:
                    on_progress(result.info)
        if self._info.error is not None:
            raise self._info.error
        return self

    def wait_sent(self) -> None:
        """Returns when the job's own frames are all on the server; then it needs this client no more."""
        if self._upload is not None:
            self._upload.wait()

    def _note(self, info: JobInfo | None) -> None:
        if info is not None:
            # The server leaves the recipe out of mere news.
            self._info = replace(info, recipe=info.recipe or self._info.recipe)

    def _remember(self, frame: Frame, digest: str) -> None:
        self._digests.remember(frame.pixels, digest)


InputLike = PlateLike | JobOutput


class Jobs:
    """The jobs of a client. Thread-safe."""

    def __init__(self, link: Link, sender: Sender, digests: Digests) -> None:
        self._link = link
        self._sender = sender
        self._digests = digests
        self._claims = Claims()
        self._uploads: list[Upload] = []
        self._lock = threading.Lock()

    def submit(
        self,
        operation: str,
        inputs: Mapping[str, InputLike],
        *,
        model: str = "",
        parameters: Mapping[str, Value] | None = None,
        frames: tuple[int, int] | None = None,
        seed: int = 0,
        title: str = "",
        project: str = "",
        priority: Priority = Priority.NORMAL,
        request: str = "",
    ) -> Job:
        """Asks for a job; returns once the server has written it down.

        Only frames that the server lacks are sent, and sending goes on in the
        background after this returns.

        Parameters
        ----------
        operation
            "restyle", as in the catalog.
        inputs
            By the operation's role names: a plate, a frame, frames, or `Job.output(name)`.
        model
            "restyle/adain"; empty for the operation's default.
        parameters
            By name; what is left out has the catalog's default.
        frames
            First and last frame to deliver; None for all.
        seed
            What randomness there is comes from this alone.
        title, project
            Shown in job lists; the project the job is shared with.
        priority
            Among one's own jobs.
        request
            A name made up for this very request: asking again with the same one gives the same
            job. Empty to have one made, which covers answers that are lost on the line.

        Raises
        ------
        BadRequest, NotFound, Unmet, Exhausted, Denied, Unauthenticated, Unavailable
            As the server says, or as reading the plate does.
        """
        upload = Upload(self._link, self._claims)
        try:
            try:
                spec = jobs_pb2.JobSpec(
                    operation=operation,
                    model=model,
                    parameters=write_values(parameters or {}),
                    range=None if frames is None else jobs_pb2.FrameRange(first=frames[0], last=frames[1]),
                    seed=seed,
                    title=title,
                    project=project,
                    priority=write_priority(priority),
                )
            except (ValueError, TypeError) as error:
                raise BadRequest(f"The job cannot be sent: {error}.") from error
            for role, source in inputs.items():
                spec.inputs[role].CopyFrom(self._input(source, upload))
            upload.complete()
            # Made once: gRPC's retries carry the same one, so a lost answer makes no second job.
            named = jobs_pb2.SubmitRequest(spec=spec, request=request or uuid.uuid4().hex)
            job = Job(self._link, self._send(named), self._digests, upload)
        except BaseException:
            upload.stop()
            raise
        self._keep(upload)
        upload.when_failed(lambda error: self._give_up(job.id, error))
        return job

    def offer(self, plate: PlateLike) -> Offer:
        """Sends a plate's frames ahead of the job that will need them; returns once they are read.

        Who offers files says that they are whole: while their size and their time stamp stay,
        they are not read again. Raises what reading raises, and `BadRequest` where the frames make no plate.
        """
        upload = Upload(self._link, self._claims)
        try:
            frames = self._sender.send(plate, upload, ahead=True)
            upload.complete()
        except BaseException:
            upload.stop()
            raise
        self._keep(upload)
        return Offer(frames, upload)

    def get(self, id: str) -> Job:
        """Raises `NotFound` when there is no such job, or it is not the caller's to see."""
        info = read_job(self._link.ask(lambda calls: calls.jobs.Get, jobs_pb2.GetRequest(job=id)))
        return Job(self._link, info, self._digests)

    def list(self, open: bool = False, limit: int = 100) -> list[Job]:
        """The caller's jobs and those shared with their projects, newest first."""
        answer = self._link.ask(lambda calls: calls.jobs.List, jobs_pb2.ListRequest(open=open, limit=limit))
        return [Job(self._link, read_job(message), self._digests) for message in answer.jobs]

    def wait_sent(self) -> None:
        """Returns when every frame that was submitted or offered is on the server, but for what was stopped.

        Raises the first error.
        """
        for upload in self._uploads:
            with suppress(Cancelled):
                upload.wait()

    def stop_sending(self) -> None:
        for upload in self._uploads:
            upload.stop()

    def _keep(self, upload: Upload) -> None:
        with self._lock:
            self._uploads = [*(other for other in self._uploads if other.running), upload]

    def _input(self, source: InputLike, upload: Upload) -> jobs_pb2.Input:
        if isinstance(source, JobOutput):
            return jobs_pb2.Input(output=jobs_pb2.JobOutput(job=source.job, output=source.output))
        return jobs_pb2.Input(plate=write_plate(self._sender.send(source, upload)))

    def _send(self, request: jobs_pb2.SubmitRequest) -> JobInfo:
        return read_job(self._link.ask(lambda calls: calls.jobs.Submit, request))

    def _give_up(self, job: str, error: ReplateError) -> None:
        """A job whose frames will never come would wait for ever."""
        if not isinstance(error, Unavailable):
            self._link.ask(lambda calls: calls.jobs.Cancel, jobs_pb2.CancelRequest(job=job))
