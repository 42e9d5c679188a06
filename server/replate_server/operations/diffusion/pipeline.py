"""A pipeline on a device, and one run of it: cancelled within a step, watched as it goes, in nobody's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any

from replate_server.operations.contract import Steps
from replate_server.operations.diffusion.attention import attend
from replate_server.operations.diffusion.fitting import TILE, Fit
from replate_server.operations.diffusion.layers import by_layers
from replate_server.operations.diffusion.loras import Lora, Wardrobe
from replate_server.operations.diffusion.parts import library
from replate_server.operations.diffusion.runs import under_way, watch
from replate_server.operations.inference import repeatable

if TYPE_CHECKING:
    import torch

Shown = Callable[["torch.Tensor", float], "torch.Tensor | None"]
"""Takes the latents after a step, and how much of the work is done; it may give others in their place."""

_DENOISERS = ("transformer", "transformer_2", "unet", "controlnet")


class Pipeline:
    """A diffusers pipeline of loaded parts. Used by one thread; a run may begin within another's step."""

    def __init__(
        self,
        kind: str,
        made: Mapping[str, Any],
        settings: Mapping[str, Any],
        precise: tuple[str, ...],
        fit: Fit,
        device: str,
    ) -> None:
        """`kind` is the class's name in diffusers, `made` are its parts, `settings` what a checkpoint says beside them;
        `precise` are parts that stay in float32.

        Raises MemoryError.
        """
        kinds = library("diffusers")
        self.whole = getattr(kinds, kind)(**made, **_known(getattr(kinds, kind), settings))
        self.whole.set_progress_bar_config(disable=True)
        self.device = device
        self._wardrobe = Wardrobe(self.whole)
        if fit.tiled and "vae" in made:
            _tile(made["vae"])
        for name, part in made.items():
            if hasattr(part, "modules"):
                watch(part)
            # Others compute in 32 bits, which the quick implementations do not.
            if name in _DENOISERS:
                attend(part, device)
        self._place(fit, precise)

    @contextmanager
    def running(self, steps: Steps, loras: tuple[Lora, ...] = (), scheduler: Any = None) -> Iterator[Any]:
        """The pipeline for one run: what it keeps of the run is its own, its networks are everybody's.

        In the block, networks ask at every layer whether the job was cancelled. Without a scheduler it has one like
        the checkpoint's.
        """
        run = copy(self.whole)
        run.scheduler = scheduler or deepcopy(self.whole.scheduler)
        worn = self._wardrobe.worn
        try:
            with repeatable(), under_way(steps):
                self._wardrobe.wear(loras)
                yield run
        finally:
            self._wardrobe.wear(worn)
            # A run that was stopped leaves networks where they were at work, and so does one that had them wrapped.
            self.whole.maybe_free_model_hooks()

    def told(self, steps: Steps, count: int, shown: Shown) -> Mapping[str, Any]:
        """What a pipeline's call gets, so that its steps are told, and other windows get their turn between them."""

        def ended(_run: Any, index: int, _time: Any, kept: dict[str, Any]) -> dict[str, Any]:
            fraction = min((index + 1) / count, 1.0)
            steps.progress(fraction, f"Step {index + 1} of {count}")
            self._wardrobe.wear_again()
            changed = shown(kept["latents"], fraction)
            return {} if changed is None else {"latents": changed}

        return {"callback_on_step_end": ended, "callback_on_step_end_tensor_inputs": ["latents"]}

    def _place(self, fit: Fit, precise: tuple[str, ...]) -> None:
        if self.device == "cpu":
            return
        if fit.place == "whole":
            self.whole.to(self.device)
        elif fit.place == "turns":
            self.whole.enable_model_cpu_offload(device=self.device)
        else:
            by_layers(self.whole.components, precise, self.device)


def _tile(coder: Any) -> None:
    """Has an autoencoder work in tiles, a picture at a time; some of those for pictures come with tiles as large as any
    picture."""
    coder.enable_tiling()
    coder.enable_slicing()
    if getattr(coder, "tile_sample_min_size", 0) > TILE:
        coder.tile_latent_min_size = coder.tile_latent_min_size * TILE // coder.tile_sample_min_size
        coder.tile_sample_min_size = TILE


def _known(kind: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Of what a checkpoint says beside its parts, what a pipeline takes. Pictures are not marked, whatever it says."""
    from inspect import signature

    given = {**settings, "add_watermarker": False}
    return {name: value for name, value in given.items() if name in signature(kind.__init__).parameters}
