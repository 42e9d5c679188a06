"""The channels of an EXR file, read from its header: Nuke tells those of a Read only at a frame that is there."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import IO

_MAGIC = 20000630


def path(pattern: str, frame: int, view: str) -> str:
    """The file that a Read's pattern stands for, "matte.%V.%04d.exr", at a frame and in a view."""
    return re.sub(r"%0(\d+)d", lambda found: str(frame).zfill(int(found[1])), pattern).replace("%V", view)


def channels(file: str) -> list[str]:
    """By their names in the file, "R" or "subject.A"; none of what is not there, or is no EXR of one part."""
    try:
        with Path(file).open("rb") as stream:
            magic, _ = struct.unpack("<ii", stream.read(8))
            return _channels(stream) if magic == _MAGIC else []
    except (OSError, struct.error, UnicodeDecodeError):
        return []


def _channels(stream: IO[bytes]) -> list[str]:
    # The header is a list of attributes: name, type, size, value; an empty name ends it.
    while name := _text(stream):
        kind, (size,) = _text(stream), struct.unpack("<i", stream.read(4))
        value = stream.read(size)
        if (name, kind) == ("channels", "chlist"):
            return _names(value)
    return []


def _names(value: bytes) -> list[str]:
    # Of each channel its name, ending in 0, and 16 bytes on how it is stored.
    found, start = [], 0
    while start < len(value) and value[start]:
        end = value.index(0, start)
        found.append(value[start:end].decode())
        start = end + 17
    return found


def _text(stream: IO[bytes]) -> str:
    letters = bytearray()
    while (letter := stream.read(1)) not in (b"\0", b""):
        letters += letter
    return letters.decode()
