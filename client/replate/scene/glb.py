"""A glTF 2.0 file in one piece (.glb): its JSON, and one buffer with all numbers and pictures.

The format is a header and two chunks. Libraries for it give classes for the JSON, and leave to their user what is done
here: numbers in the buffer, and what says where they are (https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html).
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate.media.writing import written_beside

_MAGIC, _VERSION = b"glTF", 2
_JSON, _BINARY = b"JSON", b"BIN\0"
_FLOAT, _UNSIGNED = 5126, 5125
_SHAPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4"}
VERTICES, INDICES = 34962, 34963
"""What numbers of a mesh are for."""


class Glb:
    """Gathers a file. `top` is its JSON, whose lists are filled by `add`."""

    def __init__(self) -> None:
        self.top: dict[str, Any] = {"asset": {"version": "2.0", "generator": "Replate"}}
        self._pieces: list[bytes] = []
        self._length = 0

    def add(self, kind: str, thing: dict[str, Any]) -> int:
        """Puts a thing into one of the JSON's lists ("nodes", "meshes"...); gives its place there."""
        things: list[dict[str, Any]] = self.top.setdefault(kind, [])
        things.append(thing)
        return len(things) - 1

    def numbers(self, values: NDArray[Any], use: int | None = None, *, bounds: bool = False) -> int:
        """An accessor of numbers [count] or [count, 2 to 4], floats or whole ones, with their least and greatest."""
        whole = np.issubdtype(values.dtype, np.integer)
        stored = np.ascontiguousarray(values, "<u4" if whole else "<f4")
        accessor: dict[str, Any] = {
            "bufferView": self._view(stored.tobytes(), use),
            "componentType": _UNSIGNED if whole else _FLOAT,
            "count": len(stored),
            "type": _SHAPES[stored.shape[1:]],
        }
        if bounds:
            flat = stored.reshape(len(stored), -1)
            accessor |= {"min": flat.min(axis=0).tolist(), "max": flat.max(axis=0).tolist()}
        return self.add("accessors", accessor)

    def picture(self, name: str, png: bytes) -> int:
        """An image."""
        return self.add("images", {"name": name, "mimeType": "image/png", "bufferView": self._view(png, None)})

    def write(self, path: Path) -> None:
        """Writes the file, whole or not at all."""
        self.top["buffers"] = [{"byteLength": self._length}]
        said = json.dumps(self.top, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
        said += b" " * (-len(said) % 4)
        whole = 12 + 8 + len(said) + 8 + self._length
        with written_beside(path) as temporary, temporary.open("wb") as file:
            file.write(_MAGIC + struct.pack("<II", _VERSION, whole))
            file.write(struct.pack("<I", len(said)) + _JSON + said)
            file.write(struct.pack("<I", self._length) + _BINARY)
            for piece in self._pieces:
                file.write(piece)

    def _view(self, piece: bytes, use: int | None) -> int:
        view = {"buffer": 0, "byteOffset": self._length, "byteLength": len(piece)}
        # All begin at a multiple of four bytes.
        self._pieces.append(piece + bytes(-len(piece) % 4))
        self._length += len(self._pieces[-1])
        return self.add("bufferViews", view if use is None else {**view, "target": use})
