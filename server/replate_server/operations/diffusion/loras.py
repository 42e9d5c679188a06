"""LoRA files on a pipeline: which it wears in a run, and how strongly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replate.errors import BadRequest
from replate_server.operations.memory import out_of_memory

_KEPT = 8
"""Files whose adapters stay on the networks, worn or not."""


@dataclass(frozen=True, slots=True)
class Lora:
    path: Path
    strength: float
    """1 as it was trained; below 0 the reverse."""


class Wardrobe:
    """A pipeline's adapters. Each file is read once; a run wears some of them."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._names: dict[Path, str] = {}
        self.worn: tuple[Lora, ...] = ()

    def wear(self, loras: tuple[Lora, ...]) -> None:
        """These and no others. Raises `BadRequest` for a file that is not made for these networks, and MemoryError."""
        if loras == self.worn:
            return
        for lora in loras:
            if lora.path not in self._names:
                self._put_in(lora.path, keep=[other.path for other in loras])
        self.worn = loras
        if not self._names:
            return
        if loras:
            names = [self._names[lora.path] for lora in loras]
            self._pipeline.enable_lora()
            self._pipeline.set_adapters(names, [lora.strength for lora in loras])
        else:
            self._pipeline.disable_lora()

    def _put_in(self, file: Path, keep: Iterable[Path]) -> None:
        while len(self._names) >= _KEPT:
            oldest = next((path for path in self._names if path not in keep), None)
            if oldest is None:
                break
            self._pipeline.delete_adapters([self._names.pop(oldest)])
        name = f"lora_{file.stem}".replace(".", "_").replace("-", "_")
        try:
            self._pipeline.load_lora_weights(
                file.parent, weight_name=file.name, adapter_name=name, use_safetensors=True
            )
        # diffusers and peft raise what they like for tensors that fit no layer.
        except Exception as error:
            if out_of_memory(error):
                raise MemoryError from error
            raise BadRequest(
                f"The LoRA {file.stem} does not fit this model: name one that was trained for it, or leave it out."
            ) from error
        self._names[file] = name
