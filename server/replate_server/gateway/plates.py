"""The Plates service: pixels in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import grpc

from replate.errors import BadRequest, Damaged
from replate.v1 import plates_pb2, plates_pb2_grpc
from replate.wire import CHUNK, read_digest
from replate_server.settings import LimitSettings
from replate_server.store.frames import FrameStore

MOST_DIGESTS = 10_000
BYTES_A_PIXEL = 64
"""What a pixel may take at the most: sixteen channels of 32 bits."""


class PlatesService(plates_pb2_grpc.PlatesServicer):
    """`arrived` is told the digest of every blob that is stored."""

    def __init__(self, store: FrameStore, limits: LimitSettings, arrived: Callable[[str], None]) -> None:
        self._store = store
        self._most_bytes = limits.frame_pixels * BYTES_A_PIXEL
        self._arrived = arrived

    def Missing(  # noqa: N802
        self, request: plates_pb2.MissingRequest, context: grpc.ServicerContext
    ) -> plates_pb2.MissingResponse:
        if len(request.digests) > MOST_DIGESTS:
            raise BadRequest(f"{len(request.digests)} digests were asked for: ask for {MOST_DIGESTS} at once at most.")
        lacking = self._store.missing(read_digest(digest) for digest in request.digests)
        return plates_pb2.MissingResponse(digests=[bytes.fromhex(digest) for digest in lacking])

    def Upload(  # noqa: N802
        self, requests: Iterator[plates_pb2.UploadRequest], context: grpc.ServicerContext
    ) -> Iterator[plates_pb2.UploadResponse]:
        for first in requests:
            digest, size = read_digest(first.digest), first.size
            if not 0 < size <= self._most_bytes:
                raise BadRequest(
                    f"The pixels {digest[:12]} are {size} bytes where this server takes 1 to {self._most_bytes}: "
                    "send smaller frames."
                )
            if self._store.has(digest):
                for _ in _chunks(first, requests):
                    pass
            else:
                with self._store.reserve(size), self._store.files.receive(digest, size) as write:
                    for chunk in _chunks(first, requests):
                        write(chunk)
            self._store.adopt(digest, size)
            self._arrived(digest)
            yield plates_pb2.UploadResponse(digest=first.digest)

    def Download(  # noqa: N802
        self, requests: Iterable[plates_pb2.DownloadRequest], context: grpc.ServicerContext
    ) -> Iterator[plates_pb2.DownloadResponse]:
        for request in requests:
            digest = read_digest(request.digest)
            blob = self._store.files.blob(digest)
            self._store.touch(digest)
            yield plates_pb2.DownloadResponse(digest=request.digest, size=blob.nbytes, data=bytes(blob[:CHUNK]))
            for at in range(CHUNK, blob.nbytes, CHUNK):
                yield plates_pb2.DownloadResponse(data=bytes(blob[at : at + CHUNK]))


def _chunks(
    first: plates_pb2.UploadRequest, requests: Iterator[plates_pb2.UploadRequest]
) -> Iterator[bytes]:
    """The chunks of one blob, the first included."""
    left = first.size
    request: plates_pb2.UploadRequest | None = first
    while True:
        if request is None:
            raise Damaged("The pixels ended in the middle: send them again.")
        if len(request.data) > CHUNK:
            raise BadRequest(f"A chunk of {len(request.data)} bytes was sent: send at most {CHUNK} at once.")
        if len(request.data) > left:
            raise Damaged("More pixels came than were announced: send them again.")
        left -= len(request.data)
        yield request.data
        if left == 0:
            return
        request = next(requests, None)
        if request is not None and request.digest:
            raise Damaged("New pixels began before the last were complete: send them again.")
