"""What the header of an EXR says: Blender does not tell without loading it all, and of its windows never."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MAGIC = b"\x76\x2f\x31\x01"
_PARTED = 0x10
"""The bit of a file in several parts, in the second byte of its flags."""
_WINDOWS = ("dataWindow", "displayWindow")
_MOST = 1 << 20
"""Bytes of a file in which its header must end."""


def layers(path: Path) -> frozenset[str]:
    """Names of layers: "ViewLayer.Combined" for the channel "ViewLayer.Combined.R". None of what is no EXR."""
    try:
        return frozenset(name.rpartition(".")[0] for name in _channels(path)) - {""}
    except (OSError, ValueError, IndexError, struct.error):
        return frozenset()


@dataclass(frozen=True)
class Window:
    """Where a picture's pixels lie in its format: the first of them, from the format's top left, and how many."""

    left: int
    top: int
    width: int
    height: int


def window(path: Path) -> Window:
    """Of a file's first part. Raises ValueError for what is no EXR, and OSError."""
    found: dict[str, bytes] = {}
    for _, name, _, value in _attributes(path):
        if name in _WINDOWS:
            found.setdefault(name, value)
    if len(found) < len(_WINDOWS):
        raise ValueError(f"{path.name} is no EXR: choose another file.")
    (left, top, right, bottom), (x, y, *_) = (struct.unpack("<4i", found[name]) for name in _WINDOWS)
    return Window(left - x, top - y, right - left + 1, bottom - top + 1)


def size(path: Path) -> tuple[int, int]:
    """Width and height of the pixels. Raises as `window` does."""
    found = window(path)
    return found.width, found.height


def _channels(path: Path) -> Iterator[str]:
    """By their whole names; those of a part that do not say so have its name before them."""
    listed: dict[int, list[str]] = {}
    parts: dict[int, str] = {}
    for part, name, kind, value in _attributes(path):
        if kind == "chlist":
            listed[part] = _names(value)
        elif name == "name":
            parts[part] = value.decode("utf-8")
    for part, names in listed.items():
        of = parts.get(part, "")
        yield from (name if "." in name or not of else f"{of}.{name}" for name in names)


def _attributes(path: Path) -> Iterator[tuple[int, str, str, bytes]]:
    """Of each part by its number, from 0: an attribute's name, its type and its value."""
    with path.open("rb") as file:
        head = file.read(_MOST)
    if head[:4] != _MAGIC:
        return
    place, part = 8, 0
    while part == 0 or (head[5] & _PARTED and head[place]):
        while head[place]:
            name, place = _text(head, place)
            kind, place = _text(head, place)
            (length,) = struct.unpack_from("<i", head, place)
            yield part, name, kind, head[place + 4 : place + 4 + length]
            place += 4 + length
        place += 1
        part += 1


def _names(value: bytes) -> list[str]:
    names, place = [], 0
    while value[place]:
        name, place = _text(value, place)
        names.append(name)
        # Its type, how it is seen, and its sampling.
        place += 16
    return names


def _text(head: bytes, place: int) -> tuple[str, int]:
    end = head.index(b"\0", place)
    return head[place:end].decode("utf-8"), end + 1
