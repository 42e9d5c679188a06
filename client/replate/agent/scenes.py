"""2.5D scenes that the agent writes for its host."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from replate.agent import asked
from replate.agent.dispatch import Request
from replate.agent.notify import Notifier
from replate.errors import BadRequest
from replate.frame import Frame
from replate.jobs import Job
from replate.scene import Kind, write
from replate.scene.contract import FILE
from replate.scene.layers import DEPTHS, PICTURES
from replate.scene.writing import CELLS, SENSOR


class Scenes:
    """Writes scenes, one at a time in a folder. Thread-safe."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._busy: set[Path] = set()
        self._lock = threading.Lock()

    def write(self, request: Request, job: Job) -> dict[str, Any]:
        """Writes the scene of a `layers` job as its frames come; returns when it is whole.

        Raises `BadRequest` for params that make no scene, `Cancelled`, and what the job fails of.
        """
        params = request.params
        folder = asked.folder(params, "folder")
        for output in (PICTURES, DEPTHS):
            job.output(output)
        with self._alone(folder), closing(self._frames(request, job)) as frames:
            scene = write(
                folder,
                frames,
                kind=asked.choice(params, "kind", Kind, Kind.GRID),
                focal=asked.number(params, "focal"),
                sensor=asked.number(params, "sensor") or SENSOR,
                offset=asked.pair(params, "offset", (0.0, 0.0)),
                longest=asked.field(params, "cells", int, CELLS),
                title=asked.field(params, "title", str, "") or job.info.title or folder.name,
                fps=asked.number(params, "fps"),
                recipe=job.recipe or None,
            )
        request.check()
        return {"scene": (folder / FILE).as_posix(), "layers": [layer.name for layer in scene.layers]}

    def _frames(self, request: Request, job: Job) -> Generator[tuple[str, Frame], None, None]:
        """The job's frames, until the request is cancelled; the host is told of each."""
        written = 0

        def tell(_: object = None) -> None:
            self._notifier.scene(request.id, job.info, written)

        tell()
        for output, frame in job.frames(tell, (PICTURES, DEPTHS), request.cancelled):
            yield output, frame
            if output == PICTURES:
                written += 1
                tell()

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        with self._lock:
            if folder in self._busy:
                raise BadRequest(f"A scene is being written to {folder}: wait for it, or choose another folder.")
            self._busy.add(folder)
        try:
            yield
        finally:
            with self._lock:
                self._busy.remove(folder)
