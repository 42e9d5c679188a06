"""The Plates service: pixels in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import grpc

from replate.chunks import Chunk, chunks_of, read_chunk, write_chunk
from replate.errors import BadRequest, Damaged
from replate.v1 import plates_pb2
from replate.wire import CHUNK, read_digest, write_digest
from replate_server.settings import LimitSettings
from replate_server.store.frames import FrameStore

MOST_DIGESTS = 10_000
BYTES_A_PIXEL = 64
"""What a pixel may take at the most: sixteen channels of 32 bits."""


class PlatesService:
    """`arrived` is told the digest of every blob that is stored.

    The methods of the pixels speak `Chunk` in place of the generated messages, which have the same bytes on the
    wire and copy each chunk several times more.
    """

    def __init__(self, store: FrameStore, limits: LimitSettings, arrived: Callable[[str], None]) -> None:
        self._store = store
        self._most_bytes = limits.frame_pixels * BYTES_A_PIXEL
        self._arrived = arrived

    def handler(self) -> Any:
        """What a gRPC server takes in place of the generated servicer."""
        return grpc.method_handlers_generic_handler(
            "replate.v1.Plates",
            {
                "Missing": grpc.unary_unary_rpc_method_handler(
                    self.missing,
                    plates_pb2.MissingRequest.FromString,
                    plates_pb2.MissingResponse.SerializeToString,
                ),
                "Upload": grpc.stream_stream_rpc_method_handler(
                    self.upload, read_chunk, plates_pb2.UploadResponse.SerializeToString
                ),
                "Download": grpc.stream_stream_rpc_method_handler(
                    self.download, plates_pb2.DownloadRequest.FromString, write_chunk
                ),
            },
        )

    def missing(self, request: plates_pb2.MissingRequest, context: grpc.ServicerContext) -> plates_pb2.MissingResponse:
        if len(request.digests) > MOST_DIGESTS:
            raise BadRequest(f"{len(request.digests)} digests were asked for: ask for {MOST_DIGESTS} at once at most.")
        lacking = self._store.missing(read_digest(digest) for digest in request.digests)
        return plates_pb2.MissingResponse(digests=[write_digest(digest) for digest in lacking])

    def upload(self, chunks: Iterator[Chunk], context: grpc.ServicerContext) -> Iterator[plates_pb2.UploadResponse]:
        for first in chunks:
            digest, size = read_digest(first.digest), first.size
            if not 0 < size <= self._most_bytes:
                raise BadRequest(
                    f"The pixels {digest[:12]} are {size} bytes where this server takes 1 to {self._most_bytes}: "
                    "send smaller frames."
                )
            if self._store.has(digest):
                for _ in _blob(first, chunks):
                    pass
            else:
                with self._store.reserve(size), self._store.files.receive(digest, size) as write:
                    for data in _blob(first, chunks):
                        write(data)
            if not self._store.adopt(digest, size):
                raise Damaged(f"The pixels {digest[:12]} were evicted while they were sent anew: send them again.")
            self._arrived(digest)
            yield plates_pb2.UploadResponse(digest=first.digest)

    def download(
        self, requests: Iterable[plates_pb2.DownloadRequest], context: grpc.ServicerContext
    ) -> Iterator[Chunk]:
        for request in requests:
            blob = self._store.files.blob(read_digest(request.digest))
            self._store.touch(request.digest.hex())
            yield from chunks_of(request.digest, blob)


def _blob(first: Chunk, rest: Iterator[Chunk]) -> Iterator[bytes | memoryview]:
    """The data of one blob, its first chunk included."""
    left = first.size
    chunk: Chunk | None = first
    while True:
        if chunk is None:
            raise Damaged("The pixels ended in the middle: send them again.")
        if len(chunk.data) > CHUNK:
            raise BadRequest(f"A chunk of {len(chunk.data)} bytes was sent: send at most {CHUNK} at once.")
        if len(chunk.data) > left:
            raise Damaged("More pixels came than were announced: send them again.")
        left -= len(chunk.data)
        yield chunk.data
        if left == 0:
            return
        chunk = next(rest, None)
        if chunk is not None and chunk.digest:
            raise Damaged("New pixels began before the last were complete: send them again.")
