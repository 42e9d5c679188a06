"""The models on a device, under a memory budget."""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from replate.errors import Exhausted, NotFound
from replate_server.operations.contract import Card, Model
from replate_server.weights.store import WeightStore

log = structlog.get_logger()
Progress = Callable[[float, str], None]


@dataclass(slots=True)
class Loaded:
    model: Model
    used: float


class ModelHost:
    """Loads models when they are asked for, and evicts those not used for longest when memory runs short.

    Used by one thread.
    """

    def __init__(self, models: Mapping[str, type[Model]], weights: WeightStore, device: str, memory_bytes: int) -> None:
        self._models = models
        self._weights = weights
        self._device = device
        self._memory = memory_bytes
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._at_work: Counter[str] = Counter()

    @contextmanager
    def at_work(self, name: str, progress: Progress) -> Iterator[Model]:
        """The model, loaded, and not evicted within the block.

        Raises `NotFound`, `Exhausted`, and what the weight store raises.
        """
        model = self._get(name, progress)
        self._at_work[name] += 1
        try:
            yield model
        finally:
            self._at_work[name] -= 1

    def fits(self, name: str) -> bool:
        """Whether there is memory for the model beside those at work."""
        busy = [other for other in self._loaded if self._at_work[other]]
        if name in busy or name not in self._models:
            return True
        return sum(self._models[n].card.memory_bytes for n in (*busy, name)) <= self._memory

    def _get(self, name: str, progress: Progress) -> Model:
        if name in self._loaded:
            self._loaded.move_to_end(name)
            self._loaded[name].used = time.monotonic()
            return self._loaded[name].model
        if name not in self._models:
            raise NotFound(f"There is no model {name} on this server: list those there are with `replate models`.")
        card = self._models[name].card
        self._make_room(card)
        files = {}
        for weight in card.weights:
            files[weight] = self._weights.get(weight, progress)
        progress(1.0, f"Loading {card.label}")
        model = self._models[name]()
        model.load(files, self._device)
        self._loaded[name] = Loaded(model, time.monotonic())
        log.info("model loaded", model=name, device=self._device)
        return model

    def evict_unused(self, seconds: float) -> None:
        """Lets go of models that were not used for this long."""
        horizon = time.monotonic() - seconds
        for name in self._idle():
            if self._loaded[name].used < horizon:
                self._evict(name)

    def evict_all_but(self, keep: str) -> None:
        """Lets go of every model but one: after a device ran out of memory."""
        for name in self._idle():
            if name != keep:
                self._evict(name)
        release_memory(self._device)

    def _make_room(self, card: Card) -> None:
        if card.memory_bytes > self._memory:
            raise Exhausted(
                f"{card.label} needs {card.memory_bytes / 2**30:.1f} GiB on {self._device} where "
                f"{self._memory / 2**30:.1f} GiB may be used: choose a smaller model, or raise worker.memory_gb."
            )
        for name in self._idle():
            if self._in_use() + card.memory_bytes <= self._memory:
                return
            self._evict(name)

    def _idle(self) -> list[str]:
        """Models that are loaded and not at work, those not used for longest first."""
        return [name for name in self._loaded if not self._at_work[name]]

    def _in_use(self) -> int:
        return sum(self._models[name].card.memory_bytes for name in self._loaded)

    def _evict(self, name: str) -> None:
        del self._loaded[name]
        release_memory(self._device)
        log.info("model evicted", model=name, device=self._device)


def release_memory(device: str) -> None:
    """Hands freed memory back to the device, so that others can have it."""
    gc.collect()
    if device.startswith("cuda"):
        with suppress(ImportError):
            torch: Any = __import__("torch")
            torch.cuda.empty_cache()


def device_works(device: str) -> bool:
    """Whether a device still answers. After some errors CUDA refuses all else that the process asks."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not device.startswith("cuda"):
        return True
    try:
        torch.cuda.synchronize(device)
    except RuntimeError:
        return False
    return True
