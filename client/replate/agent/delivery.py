"""A job watched for the host: its frames written as they come, its news told."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from replate.agent.notify import Notifier
from replate.agent.previews import Previews
from replate.errors import Failed, ReplateError
from replate.figures import Summary, summed_up
from replate.frame import Figure, Frame, FrameSpec
from replate.jobs import Job
from replate.media import PlateWriter
from replate.media.forms import Form, form_of
from replate.results import Result
from replate.states import Preview

_AHEAD = 4
"""Frames that are being written at once."""


@dataclass(frozen=True, slots=True)
class _Written:
    result: Result
    paths: tuple[tuple[str, Future[Path]], ...]
    """By what was wished of the output."""


class Delivery:
    """Writes a job's outputs and tells the host, in the order of the job's sequence, on threads of its own."""

    def __init__(
        self,
        job: Job,
        outputs: Mapping[str, str],
        notifier: Notifier,
        writers: ThreadPoolExecutor,
        previews: Previews,
        *,
        after: int = 0,
        frames: tuple[int, int] | None = None,
    ) -> None:
        """Of the `outputs`, patterns by what `form_of` takes: frames after a sequence number, in a range if any."""
        self._job = job
        self._wishes: dict[str, list[tuple[str, str, Form]]] = {}
        for wish, pattern in outputs.items():
            output, form = form_of(wish)
            self._wishes.setdefault(output, []).append((wish, pattern, form))
        self._sequence = after
        self._range = frames
        self._notifier = notifier
        self._writers = writers
        self._previews = previews
        self._stop = threading.Event()
        self._warned: set[str] = set()
        self._figures: dict[str, dict[int, tuple[Figure, ...]]] = {output: {} for output in self._wishes}
        self._queue: queue.Queue[_Written | ReplateError | None] = queue.Queue(_AHEAD)
        self._threads = (
            threading.Thread(target=self._fetch, name="replate-fetch", daemon=True),
            threading.Thread(target=self._tell, name="replate-tell", daemon=True),
        )

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends watching; the job goes on."""
        self._stop.set()

    @property
    def running(self) -> bool:
        return self._threads[1].is_alive()

    @property
    def job(self) -> Job:
        return self._job

    def _fetch(self) -> None:
        try:
            with closing(self._job.results(self._sequence, self._wanted, self._stop, previews=True)) as results:
                for result in results:
                    self._queue.put(_Written(result, self._write(result)))
        except ReplateError as error:
            self._queue.put(error)
        except Exception as error:
            self._queue.put(Failed(f"The agent has a fault ({type(error).__name__}: {error}); report this."))
        finally:
            self._queue.put(None)

    def _wanted(self, output: str, number: int) -> bool:
        first, last = self._range or (number, number)
        return output in self._wishes and first <= number <= last

    def _write(self, result: Result) -> tuple[tuple[str, Future[Path]], ...]:
        frame = result.frame
        if frame is None:
            return ()
        writers = {
            wish: PlateWriter(pattern, recipe=self._job.recipe, form=form)
            for wish, pattern, form in self._wishes[result.output]
        }
        return tuple((wish, self._writers.submit(_write, writer, frame)) for wish, writer in writers.items())

    def _tell(self) -> None:
        broken: ReplateError | None = None
        while (found := self._queue.get()) is not None:
            if broken is not None or self._stop.is_set():
                continue
            try:
                if isinstance(found, ReplateError):
                    raise found
                self._tell_one(found)
            except ReplateError as error:
                # Frames that cannot be written or fetched end the watching, and not the job.
                broken = error
                self.stop()
                self._notifier.ended(self._job.info, self._sequence, self._job.sent, error)

    def _tell_one(self, found: _Written) -> None:
        result, info = found.result, found.result.info
        if result.frame is not None:
            self._figures[result.output][result.frame.spec.number] = result.frame.spec.figures
            self._tell_files(result.sequence, result.frame.spec, found.paths)
        if result.preview is not None:
            self._tell_preview(result.preview)
        if info is None:
            return
        for warning in info.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self._notifier.warning(info.id, warning)
        if info.state.ended:
            self._notifier.ended(self._job.info, self._sequence, self._job.sent, info.error, self._measured())
            self._previews.drop(self._job.id)
        else:
            self._notifier.progress(info, self._sequence, self._job.sent)

    def _tell_preview(self, preview: Preview) -> None:
        path = self._previews.put(self._job.id, preview)
        if path is not None:
            self._notifier.preview(self._job.id, preview.number, preview.view, path.as_posix())

    def _measured(self) -> Mapping[str, Summary]:
        """By output, of the frames that were told."""
        summed = {output: summed_up(figures) for output, figures in self._figures.items()}
        return {output: summary for output, summary in summed.items() if summary is not None}

    def _tell_files(self, sequence: int, spec: FrameSpec, paths: Sequence[tuple[str, Future[Path]]]) -> None:
        for place, (wish, written) in enumerate(paths, 1):
            path = written.result()
            if place == len(paths):
                # Until then, who watches again is told of all of the frame's files again.
                self._sequence = sequence
            self._notifier.frame(self._job.id, self._sequence, wish, spec.number, spec.view, path.as_posix())


def _write(writer: PlateWriter, frame: Frame) -> Path:
    try:
        return writer.write(frame)
    except OSError as error:
        raise Failed(f"{writer.pattern} cannot be written ({error.strerror}); choose another folder.") from error
