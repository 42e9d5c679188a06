"""Input plates: what counts as one, and how its frames get their digests and their way to the server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol, runtime_checkable

from replate.budget import Budget
from replate.digests import Digests, FileDigests, OfferedDigests
from replate.errors import BadRequest
from replate.frame import Fingerprint, Frame, StoredFrame, digest_of, pixel_bytes
from replate.upload import Blob, Upload
from replate.wire import check_plate

MEMORY = 1 << 30
"""Bytes of read frames that wait in memory for their upload; others are read again."""


@runtime_checkable
class Plate(Protocol):
    """Frames on their own numbers that can be read one by one, such as `replate.media` opens."""

    @property
    def numbers(self) -> Sequence[int]:
        """The frames there are."""

    def read(self, number: int) -> Frame:
        """One of them. Called from several threads."""


@runtime_checkable
class Fingerprinted(Protocol):
    """A plate on disk, which can say whether a frame changed without reading it."""

    def fingerprint(self, number: int) -> Fingerprint | None:
        """Changes when `read` would give another frame: the file's state and how it is read. None: nobody knows."""


PlateLike = Plate | Frame | Sequence[Frame]


@dataclass(frozen=True, slots=True)
class _Item:
    number: int
    load: Callable[[], Frame]
    fingerprint: Fingerprint | None = None
    in_memory: bool = False


class Sender:
    """Finds the digests of plates, and offers their pixels to an upload. One for each client; thread-safe."""

    def __init__(self, digests: Digests, files: FileDigests, memory: int = MEMORY) -> None:
        self._digests = digests
        self._files = files
        self._offered = OfferedDigests()
        self._budget = Budget(memory)
        self._threads = ThreadPoolExecutor(min(8, os.cpu_count() or 1), thread_name_prefix="replate-read")

    def send(self, plate: PlateLike, upload: Upload, ahead: bool = False) -> tuple[StoredFrame, ...]:
        """The plate's frames with their digests; their pixels are offered to the upload as digests are found.

        Files that have not changed since they were last hashed are not read unless
        the server lacks them. A file that changed a moment ago is not trusted to be
        the same, unless it was sent `ahead` by whoever wrote it. Raises what reading
        raises, and `BadRequest` where the frames make no plate.
        """
        items = list(_items(plate))
        stored = tuple(self._threads.map(lambda item: self._prepare(item, upload, ahead), items))
        check_plate([frame.spec for frame in stored])
        return stored

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._files.close()

    def _prepare(self, item: _Item, upload: Upload, ahead: bool) -> StoredFrame:
        known = self._find(item.fingerprint)
        if known is not None:
            upload.offer(self._read_later(item, known))
            return known
        frame = item.load()
        if item.in_memory:
            stored = StoredFrame(frame.spec, self._digests.of(frame.pixels))
            upload.offer(Blob(stored.digest, frame.spec.size, lambda: pixel_bytes(frame.pixels)))
            return stored
        blob = pixel_bytes(frame.pixels)
        stored = StoredFrame(frame.spec, digest_of(blob))
        self._remember(item.fingerprint, stored, ahead)
        if self._budget.try_take(blob.nbytes):
            upload.offer(Blob(stored.digest, blob.nbytes, lambda: blob, lambda: self._budget.give(blob.nbytes)))
        else:
            upload.offer(self._read_later(item, stored))
        return stored

    def _find(self, mark: Fingerprint | None) -> StoredFrame | None:
        if mark is None:
            return None
        known = self._files.find(mark.text) if mark.settled else None
        offered = self._offered.find(mark.text) if known is None else None
        if offered is not None:
            # Its time stamp may have come of age: then the next run knows it too.
            self._remember(mark, offered, ahead=False)
        return known or offered

    def _remember(self, mark: Fingerprint | None, stored: StoredFrame, ahead: bool) -> None:
        if mark is not None and ahead:
            self._offered.remember(mark.text, stored)
        if mark is not None and mark.settled:
            self._files.remember(mark.text, stored)

    def _read_later(self, item: _Item, stored: StoredFrame) -> Blob:
        def load() -> memoryview:
            blob = pixel_bytes(item.load().pixels)
            if digest_of(blob) != stored.digest:
                raise BadRequest(f"Frame {item.number} changed on disk while it was being sent; submit again.")
            return blob

        return Blob(stored.digest, stored.spec.size, load)


def _items(plate: PlateLike) -> Iterator[_Item]:
    if isinstance(plate, Frame):
        yield _Item(plate.spec.number, partial(_itself, plate), in_memory=True)
    elif isinstance(plate, Plate):
        for number in plate.numbers:
            fingerprint = plate.fingerprint(number) if isinstance(plate, Fingerprinted) else None
            yield _Item(number, partial(plate.read, number), fingerprint)
    else:
        for frame in plate:
            yield _Item(frame.spec.number, partial(_itself, frame), in_memory=True)


def _itself(frame: Frame) -> Frame:
    return frame
