"""Chunks of pixels as the bytes of their messages: `UploadRequest` and `DownloadResponse`, which are alike.

Protobuf's own classes copy a chunk three times on the way out and twice on the
way in. Their encoding is simple enough to write and read in place, which costs
one copy and none, and what is written here any protobuf library reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from replate.v1 import plates_pb2
from replate.wire import CHUNK

# Tags of the encoding: field number << 3 | wire type.
_DIGEST, _SIZE, _DATA = 0x0A, 0x10, 0x1A

UPLOAD = "/replate.v1.Plates/Upload"
DOWNLOAD = "/replate.v1.Plates/Download"


class Chunk(NamedTuple):
    """A message of Upload or Download."""

    digest: bytes
    """On a blob's first chunk: 32 bytes. Empty on the others."""
    size: int
    """On a blob's first chunk: bytes of the whole blob."""
    data: memoryview | bytes


def chunks_of(digest: bytes, blob: memoryview) -> Iterator[Chunk]:
    """A blob in chunks; an empty blob is one chunk without data."""
    yield Chunk(digest, blob.nbytes, blob[:CHUNK])
    for start in range(CHUNK, blob.nbytes, CHUNK):
        yield Chunk(b"", 0, blob[start : start + CHUNK])


def write_chunk(chunk: Chunk) -> bytes:
    """The message's bytes; a gRPC serializer."""
    head = bytearray()
    if chunk.digest:
        head += bytes((_DIGEST, len(chunk.digest)))
        head += chunk.digest
    if chunk.size:
        head.append(_SIZE)
        _put_varint(head, chunk.size)
    head.append(_DATA)
    _put_varint(head, len(chunk.data))
    return b"".join((head, chunk.data))


def read_chunk(message: bytes) -> Chunk:
    """A message taken apart; its data is a view of it. A gRPC deserializer.

    Encodings that are legal but unusual go through protobuf, which raises its DecodeError.
    """
    try:
        chunk = _in_place(message)
    except IndexError:
        chunk = None
    if chunk is not None:
        return chunk
    parsed = plates_pb2.UploadRequest.FromString(message)
    return Chunk(parsed.digest, parsed.size, parsed.data)


def _in_place(message: bytes) -> Chunk | None:
    digest, size, data = b"", 0, memoryview(b"")
    position, end = 0, len(message)
    while position < end:
        tag = message[position]
        if tag not in (_DIGEST, _SIZE, _DATA):
            return None
        number, position = _take_varint(message, position + 1)
        if tag == _SIZE:
            size = number
            continue
        if position + number > end:
            return None
        if tag == _DIGEST:
            digest = message[position : position + number]
        else:
            data = memoryview(message)[position : position + number]
        position += number
    return Chunk(digest, size, data)


def _put_varint(into: bytearray, number: int) -> None:
    while number > 0x7F:
        into.append(number & 0x7F | 0x80)
        number >>= 7
    into.append(number)


def _take_varint(message: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while shift < 64:
        byte = message[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, position
        shift += 7
    raise IndexError("a number longer than 64 bits")
