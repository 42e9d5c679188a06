"""What happens to a run, and what it wears."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from replate.errors import Cancelled
from replate_server.operations.compliance import Recorder


@dataclass(slots=True)
class Interrupting(Recorder):
    """Steps that do something at the first step that is told, or of a job that is cancelled within the second."""

    at_step: Callable[[], None] | None = None
    in_second: bool = False

    def progress(self, fraction: float, message: str = "") -> None:
        Recorder.progress(self, fraction, message)
        if self.at_step is not None and message.startswith("Step 1 "):
            act, self.at_step = self.at_step, None
            act()

    def check(self) -> None:
        if self.in_second and self.previews:
            raise Cancelled("The job was cancelled.")


def lora(folder: Path, name: str, layer: tuple[str, int, int], seed: int) -> Path:
    """A random LoRA of one layer, as peft names it: with how many numbers it takes, and gives."""
    torch.manual_seed(seed)
    at, taken, given = layer
    down, up = torch.randn(4, taken), torch.randn(given, 4)
    save_file({f"{at}.lora_A.weight": down, f"{at}.lora_B.weight": up}, folder / f"{name}.safetensors")
    return folder / f"{name}.safetensors"
