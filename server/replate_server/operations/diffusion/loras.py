"""LoRA files on a pipeline: which it wears in a run, and how strongly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from replate.errors import BadRequest
from replate_server.operations.memory import out_of_memory

_KEPT = 8
"""Files whose adapters stay on the networks, worn or not."""

_File = tuple[Path, int, int]
"""A file as it was read: its place, when it was written, its size."""


@dataclass(frozen=True, slots=True)
class Lora:
    path: Path
    strength: float
    """1 as it was trained; below 0 the reverse."""


class Wardrobe:
    """A pipeline's adapters. Each file is read once, and again when it has changed; a run wears some of them.

    Networks may be another pipeline's as well: who dressed them last is known, so that the other can dress them again.
    """

    _numbers: ClassVar[Iterator[int]] = count(1)
    _last: ClassVar[int] = 0

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._number = next(Wardrobe._numbers)
        self._names: dict[_File, str] = {}
        self.worn: tuple[Lora, ...] = ()

    def wear(self, loras: tuple[Lora, ...]) -> None:
        """These and no others. Raises `BadRequest` for a file that is not made for these networks, and MemoryError."""
        files = [_file(lora.path) for lora in loras]
        for file in files:
            if file not in self._names:
                self._take_in(file, keep=files)
        self.worn, Wardrobe._last = loras, self._number
        if loras:
            self._pipeline.enable_lora()
            self._pipeline.set_adapters([self._names[file] for file in files], [lora.strength for lora in loras])
        elif hasattr(self._pipeline, "get_list_adapters") and self._pipeline.get_list_adapters():
            self._pipeline.disable_lora()

    def wear_again(self) -> None:
        """What was worn, if another pipeline has dressed its networks since."""
        if Wardrobe._last != self._number:
            self.wear(self.worn)

    def _take_in(self, file: _File, keep: Sequence[_File]) -> None:
        for oldest in [other for other in self._names if other not in keep][: len(self._names) - _KEPT + 1]:
            self._pipeline.delete_adapters([self._names.pop(oldest)])
        path, name = file[0], f"lora_{next(Wardrobe._numbers)}"
        try:
            self._pipeline.load_lora_weights(
                path.parent, weight_name=path.name, adapter_name=name, use_safetensors=True, local_files_only=True
            )
        # diffusers and peft raise what they like for tensors that fit no layer.
        except Exception as error:
            if out_of_memory(error):
                raise MemoryError from error
            raise BadRequest(
                f"The LoRA {path.stem} does not fit this model: name one that was trained for it, or leave it out."
            ) from error
        self._names[file] = name


def _file(path: Path) -> _File:
    status = path.stat()
    return path, status.st_mtime_ns, status.st_size
