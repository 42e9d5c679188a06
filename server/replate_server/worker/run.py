"""A window while it runs: what its operation may look at, and its line to the scheduler."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from replate.errors import Cancelled, NotFound
from replate.frame import Frame, Pixels, StoredFrame
from replate.values import Value
from replate_server.operations.contract import Cached, Tensor
from replate_server.store.files import FrameFiles
from replate_server.weights.loras import Loras
from replate_server.worker.contract import Kept, Message, Previewed, Progressed, Warned, WindowTask
from replate_server.worker.previews import png_of

TELL_EVERY = 0.1
"""Seconds between two progress messages at the least."""
PREVIEW_EVERY = 0.5
"""Seconds between two previews at the least; who is done sooner needs none."""


class RunningWindow:
    """The `Window` of the operations' contract over a task: frames are mapped from the store when asked for."""

    def __init__(self, task: WindowTask, files: FrameFiles, loras: Loras) -> None:
        self._task = task
        self._files = files
        self._loras = loras
        # Only while somebody holds them: a mapped file takes a file descriptor.
        self._given: dict[int, tuple[weakref.ref[Pixels], str]] = {}
        self._frames = {role: {stored.spec.number: stored for stored in frames} for role, frames in task.inputs.items()}

    @property
    def numbers(self) -> tuple[int, ...]:
        return self._task.numbers

    @property
    def context(self) -> tuple[int, ...]:
        return self._task.context

    @property
    def parameters(self) -> Mapping[str, Value]:
        return self._task.parameters

    @property
    def seed(self) -> int:
        return self._task.seed

    @property
    def colour_config(self) -> str:
        return self._task.colour_config

    def has(self, role: str) -> bool:
        return role in self._frames

    def given(self, role: str) -> tuple[int, ...]:
        return tuple(sorted(self._frames.get(role, ())))

    def frame(self, role: str, number: int) -> Frame:
        stored = self._stored(role, number)
        frame = self._files.read(stored)
        key = id(frame.pixels)
        self._given[key] = weakref.ref(frame.pixels, lambda _: self._given.pop(key, None)), stored.digest
        return frame

    def digest_given(self, pixels: Pixels) -> str | None:
        """The digest of pixels that `frame` gave and that an operation hands on as they are."""
        given, digest = self._given.get(id(pixels), (None, None))
        return digest if given is not None and given() is pixels else None

    def digest(self, role: str, number: int) -> str:
        return self._stored(role, number).digest

    def lora(self, name: str) -> Path:
        if name not in self._task.loras:
            raise NotFound(f"The job names no LoRA {name[:60]}: name it in its parameter loras.")
        return self._loras.get(name, self._task.loras[name])

    def _stored(self, role: str, number: int) -> StoredFrame:
        frames = self._frames[role]
        if len(frames) == 1 and role not in self._task.keys:
            still = next(iter(frames.values()))
            return replace(still, spec=replace(still.spec, number=number))
        if number not in frames:
            raise NotFound(f"The {role} has no frame {number}: render it, or ask for the frames that are there.")
        return frames[number]


class RunningSteps:
    """The `Steps` of the operations' contract, over a pipe to the scheduler."""

    def __init__(
        self,
        task: WindowTask,
        weights: Callable[[], Sequence[str]],
        files: FrameFiles,
        cancelled: threading.Event,
        tell: Callable[[Message], None],
    ) -> None:
        """`weights` gives the digests of the model's weights, asked for once they are here."""
        self._task = task
        self._weights = weights
        self._files = files
        self._cancelled = cancelled
        self._tell = tell
        self._told = 0.0
        self._previewed = time.monotonic()
        self.give_way: Callable[[], None] = _nobody
        """Lets urgent windows run; called at every step."""
        self.way = ""
        """How the model is had, where its pixels are other ones for it."""

    def progress(self, fraction: float, message: str = "") -> None:
        self.check()
        self.give_way()
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            self._tell(Progressed(self._task.id, min(max(fraction, 0.0), 1.0), message))

    def check(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled("The job was cancelled.")

    def preview(self, number: int, picture: Tensor) -> None:
        now = time.monotonic()
        if now - self._previewed >= PREVIEW_EVERY:
            self._previewed = now
            self._tell(Previewed(self._task.id, number, png_of(picture)))

    def warn(self, message: str) -> None:
        self._tell(Warned(self._task.id, message))

    def cached(self, key: str, compute: Callable[[], Cached]) -> Cached:
        key = f"{' '.join((*self._weights(), *self._task.loras.values()))} {key}"
        found = self._files.cached(key)
        if found is None and self.way:
            key = f"{self.way} {key}"
            found = self._files.cached(key)
        if found is None:
            found = compute()
            name, size = self._files.keep(key, found)
            self._tell(Kept(self._task.id, name, size))
        return found


def _nobody() -> None:
    """There is nobody to give way to."""
