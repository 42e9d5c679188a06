"""Which layers a multilayer EXR has: Blender does not tell without loading it."""

from __future__ import annotations

import struct
from pathlib import Path

_MAGIC = b"\x76\x2f\x31\x01"
_MOST = 1 << 20
"""Bytes of a file in which its header must end."""


def layers(path: Path) -> frozenset[str]:
    """Names of layers, "ViewLayer.Combined" for its channel "ViewLayer.Combined.R"; none of what is no EXR.

    Of a file in several parts, as of OpenEXR's "multi-part", the layers of all parts are given.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_MOST)
        return frozenset(name.rpartition(".")[0] for name in _channels(head) if "." in name)
    except (OSError, ValueError, IndexError, struct.error):
        return frozenset()


def _channels(head: bytes) -> list[str]:
    if head[:4] != _MAGIC:
        return []
    parted = bool(head[5] & 0x10)
    found: list[str] = []
    place = 8
    while True:
        part, of_part = "", []
        while head[place]:
            name, place = _text(head, place)
            kind, place = _text(head, place)
            (size,) = struct.unpack_from("<i", head, place)
            value = head[place + 4 : place + 4 + size]
            place += 4 + size
            if kind == "chlist":
                of_part = _listed(value)
            elif name == "name":
                part = value.decode("utf-8")
        found += [name if "." in name or not part else f"{part}.{name}" for name in of_part]
        place += 1
        if not parted or not head[place]:
            return found


def _listed(value: bytes) -> list[str]:
    names, place = [], 0
    while value[place]:
        name, place = _text(value, place)
        names.append(name)
        place += 16
    return names


def _text(head: bytes, place: int) -> tuple[str, int]:
    end = head.index(b"\0", place)
    return head[place:end].decode("utf-8"), end + 1
