"""What every model made of a pipeline does alike: it says in which ways it fits, and is loaded in one of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from replate.values import Value
from replate_host.wording import worded
from replate_server.operations.contract import Card, Way
from replate_server.operations.diffusion.checkpoint import Checkpoint, read_checkpoint
from replate_server.operations.diffusion.fitting import Fit, fits
from replate_server.operations.diffusion.parts import loaded_parts

if TYPE_CHECKING:
    from replate_server.operations.diffusion.pipeline import Pipeline

_PROMPTS = 8
"""Encoded ones that are kept."""


class Hosted(ABC):
    """The base of such models, which add the method that does their operation's work.

    The only base class there is: each of a dozen models would otherwise repeat these methods to hand them on.
    """

    card: ClassVar[Card]
    kind: ClassVar[str]
    """The pipeline's class in diffusers."""
    parts: ClassVar[tuple[str, ...]]
    """What it is made of, of what the checkpoint has."""
    beside: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Networks that lie in folders of their own: the weight of each part."""
    precise: ClassVar[tuple[str, ...]] = ("vae",)
    """Networks that stay in float32: those whose 16 bits show."""

    @abstractmethod
    def working(self, checkpoint: Checkpoint, fit: Fit) -> int:
        """Bytes that it needs at work beside its weights, at the largest that it is asked for."""

    def assembled(self, made: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the pipeline is made with, of the parts as they were loaded."""
        return made

    def ways(self, weights: Mapping[str, Path], device: str) -> Sequence[Way]:
        return [way for way, _ in self._fits(self._checkpoint(weights), device)]

    def choose(self, way: Way) -> None:
        self._way = way

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        # Imported here, because PyTorch takes seconds and the server reads cards without it.
        from replate_server.operations.diffusion.pipeline import Pipeline

        self.device = device
        checkpoint = self._checkpoint(weights)
        ways = list(self._fits(checkpoint, device))
        chosen = getattr(self, "_way", ways[0][0])
        fit = next(fit for way, fit in ways if way == chosen)
        made = self.assembled(loaded_parts(checkpoint, tuple(checkpoint.parts), self.precise, fit))
        self.pipeline: Pipeline = Pipeline(self.kind, made, checkpoint.settings, self.precise, fit, device)
        self._prompts: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def prompt(self, parameters: Mapping[str, Value]) -> str:
        """What the model is told, in the words of its card."""
        return worded(self.card.wording, parameters)

    def encoded(self, key: tuple[Any, ...], encode: Callable[[], Any]) -> Any:
        """What was made of a prompt, kept for the next take: text encoders are large, and take their turn for it."""
        if key not in self._prompts:
            self._prompts[key] = encode()
            while len(self._prompts) > _PROMPTS:
                self._prompts.popitem(last=False)
        self._prompts.move_to_end(key)
        return self._prompts[key]

    def _fits(self, checkpoint: Checkpoint, device: str) -> Iterator[tuple[Way, Fit]]:
        return fits(checkpoint, self.precise, lambda fit: self.working(checkpoint, fit), device)

    def _checkpoint(self, weights: Mapping[str, Path]) -> Checkpoint:
        """The parts that it is made of."""
        whole = read_checkpoint(
            weights[self.card.weights[0]], {name: weights[weight] for name, weight in self.beside.items()}
        )
        return replace(whole, parts={name: whole.part(name) for name in (*self.parts, *self.beside)})
