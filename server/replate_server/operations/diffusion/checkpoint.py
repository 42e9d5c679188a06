"""A pipeline's folder as diffusers writes it, read without trusting it: which parts it has, and how large they are.

Only classes that diffusers and transformers have themselves are ever made, with safetensors for weights: a folder
brings numbers and names, and no code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any

from replate.errors import Unmet
from replate_server.operations.diffusion.bare import described

LIBRARIES: Mapping[str, str] = {
    "diffusers": "diffusers",
    "transformers": "transformers",
    "ltx2": "diffusers.pipelines.ltx2",
}
"""The modules whose classes are made, by what checkpoints call them: some classes are a pipeline's own."""

_LARGEST_JSON = 64 << 20
_LARGEST_HEADER = 100 << 20
"""Bytes, the safetensors format's own limit."""
_NOTES = "__metadata__"


@dataclass(frozen=True, slots=True)
class Part:
    """One component: a network, a tokenizer, a scheduler."""

    name: str
    """By the pipeline's own word: "transformer"."""
    library: str
    kind: str
    """The class's name in its library."""
    folder: Path
    configuration: Mapping[str, Any]
    """What its config.json says; empty for one without."""
    numbers: int
    """How many its tensors have together; 0 for what is no network."""

    def bytes(self, each: int) -> int:
        """Memory of its tensors, at this many bytes a number."""
        return self.numbers * each


@dataclass(frozen=True, slots=True)
class Checkpoint:
    folder: Path
    parts: Mapping[str, Part]
    settings: Mapping[str, Any]
    """What the pipeline is made with beside its parts: "is_distilled"."""

    def part(self, name: str) -> Part:
        """Raises `Unmet`."""
        if name not in self.parts:
            raise Unmet(f"The checkpoint {self.folder.name} has no {name}: pull it again, or name another folder.")
        return self.parts[name]


def read_checkpoint(folder: Path, beside: Mapping[str, Path] = MappingProxyType({})) -> Checkpoint:
    """The pipeline in a folder, with further networks by name that each lie in a folder `beside` it.

    Raises `Unmet` for a folder that holds none, or that asks for classes of other libraries.
    """
    index = _json(folder / "model_index.json")
    parts = {name: _alone(name, place) for name, place in beside.items()}
    settings: dict[str, Any] = {}
    for name, said in index.items():
        if name.startswith("_"):
            continue
        if not isinstance(said, list):
            settings[name] = said
        elif len(said) == 2 and said[0] in LIBRARIES and isinstance(said[1], str):
            parts[name] = _part(folder, name, LIBRARIES[said[0]], said[1])
        elif any(said):
            raise Unmet(
                f"The checkpoint {folder.name} wants its {name} from {said[0]}, and only classes of diffusers and "
                "transformers are loaded: convert it with a current diffusers."
            )
    return Checkpoint(folder, parts, settings)


def _part(folder: Path, name: str, library: str, kind: str) -> Part:
    inside = folder / name
    if not inside.is_dir():
        raise Unmet(f"The checkpoint {folder.name} has no folder {name}: pull it again.")
    configuration = inside / "config.json"
    said = _json(configuration) if configuration.is_file() else {}
    return Part(name, library, kind, inside, said, _numbers(_shapes(inside)))


def _alone(name: str, folder: Path) -> Part:
    """A network of diffusers in a folder of its own."""
    shapes = _shapes(folder)
    configuration = folder / "config.json"
    said = _json(configuration) if configuration.is_file() else described(folder.name, shapes)
    return Part(name, "diffusers", str(said.get("_class_name")), folder, said, _numbers(shapes))


def _numbers(shapes: Mapping[str, Sequence[int]]) -> int:
    return sum(prod(shape) for shape in shapes.values())


def _shapes(folder: Path) -> dict[str, list[int]]:
    """Of a network's tensors, by name."""
    return {name: shape for file in folder.glob("*.safetensors") for name, shape in _header(file)}


def _header(file: Path) -> list[tuple[str, list[int]]]:
    """The tensors of a file, by its header: https://github.com/huggingface/safetensors, Format."""
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if length > min(_LARGEST_HEADER, file.stat().st_size):
            raise _unlike(file)
        try:
            header = json.loads(opened.read(length))
            return [(name, [int(side) for side in said["shape"]]) for name, said in header.items() if name != _NOTES]
        except (ValueError, TypeError, KeyError) as error:
            raise _unlike(file) from error


def _json(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _LARGEST_JSON:
            raise _unlike(file)
        read = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _unlike(file) from error
    if not isinstance(read, dict):
        raise _unlike(file)
    return read


def _unlike(file: Path) -> Unmet:
    return Unmet(f"{file.parent.name}/{file.name} of a checkpoint cannot be read: pull it again.")
