"""The models on a device, under a memory budget."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from replate.errors import Exhausted, NotFound, ReplateError
from replate_server.operations.contract import Card, Fitting, Model, Way
from replate_server.weights.store import WeightStore
from replate_server.worker.device import limit_memory, release_memory

log = structlog.get_logger()
Progress = Callable[[float, str], None]


@dataclass(slots=True)
class Loaded:
    model: Model
    ways: Sequence[Way]
    """All in which the model can be had."""
    rank: int
    """Of the one it is in, 0 for the quickest."""
    used: float

    @property
    def way(self) -> Way:
        return self.ways[self.rank]


class ModelHost:
    """Loads models when they are asked for, and evicts those not used for longest when memory runs short.

    A model that can be had in several ways is loaded in the quickest that fits beside the models at work; idle ones
    make room for it, since to load a model again costs once, and to work slowly costs at every step. It is loaded anew
    when a quicker way fits than the one it is in. A way in which it ran out of memory is not taken again in the life of
    this object, once a smaller one has worked.

    Used by one thread.
    """

    def __init__(
        self,
        models: Mapping[str, type[Model]],
        weights: WeightStore,
        device: str,
        memory_bytes: int,
        enforced: bool = False,
    ) -> None:
        """With `enforced`, a GPU is kept from giving more than the budget, whatever models say that they need."""
        self._models = models
        self._weights = weights
        self._device = device
        self._memory = memory_bytes
        self._enforced = enforced
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._at_work: Counter[str] = Counter()
        self._last_rank: dict[str, tuple[int, int]] = {}
        """In which of how many ways a model was last loaded, or was to be."""
        self._least: Counter[str] = Counter()
        """The rank of the first way that is taken of a model."""
        self._proven: Counter[str] = Counter()
        """The same as of the last run that went well."""

    @contextmanager
    def at_work(self, name: str, progress: Progress) -> Iterator[Model]:
        """The model, loaded, and not evicted within the block.

        Raises `NotFound`, `Exhausted`, MemoryError, and what the weight store raises.
        """
        model = self._get(name, progress)
        self._at_work[name] += 1
        try:
            yield model
            self._proven[name] = self._least[name]
        finally:
            self._at_work[name] -= 1

    def way(self, name: str) -> Way:
        """How a model that is at work was loaded."""
        return self._loaded[name].way

    def fits(self, name: str) -> bool:
        """Whether there is memory for the model beside those at work."""
        if self._at_work[name] or name not in self._models:
            return True
        ways = self._loaded[name].ways if name in self._loaded else self._ways_foretold(name)
        return ways[-1].memory_bytes <= self._memory - self._busy()

    def shrink(self, name: str) -> bool:
        """Lets go of a model that ran out of memory, and takes its next smaller way from now on; False for none left.

        Then it is as if it had not been tried: what one window needs too much of says nothing of the next.
        """
        rank, count = self._last_rank.get(name, (0, 1))
        self._let_go(name)
        release_memory(self._device)
        left = rank + 1 < count
        self._least[name] = rank + 1 if left else self._proven[name]
        return left

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
                self._let_go(name)
        release_memory(self._device)

    def _get(self, name: str, progress: Progress) -> Model:
        if name not in self._models:
            raise NotFound(f"There is no model {name} on this server: list those there are with `replate models`.")
        if name in self._loaded:
            if self._at_work[name] or self._loaded[name].rank <= self._rank(name, self._loaded[name].ways):
                self._loaded.move_to_end(name)
                self._loaded[name].used = time.monotonic()
                return self._loaded[name].model
            self._evict(name)
        return self._load(name, progress)

    def _load(self, name: str, progress: Progress) -> Model:
        card = self._models[name].card
        if card.memory_bytes > self._memory:
            # What cannot be had in any way need not be fetched.
            raise self._too_large(card, card.memory_bytes)
        files = {weight: self._weights.get(weight, progress) for weight in card.weights}
        model = self._models[name]()
        ways = self._ways(model, files)
        rank = self._rank(name, ways)
        way = ways[rank]
        self._make_room(way.memory_bytes)
        progress(1.0, f"Loading {card.label}: {way.label}" if way.label else f"Loading {card.label}")
        self._last_rank[name] = rank, len(ways)
        if self._enforced:
            limit_memory(self._device, self._memory)
        if isinstance(model, Fitting):
            model.choose(way)
        model.load(files, self._device)
        self._loaded[name] = Loaded(model, ways, rank, time.monotonic())
        log.info("model loaded", model=name, device=self._device, way=way.label)
        return model

    def _ways(self, model: Model, files: Mapping[str, Path]) -> Sequence[Way]:
        if isinstance(model, Fitting):
            return model.ways(files, self._device)
        return [Way("", model.card.memory_bytes)]

    def _ways_foretold(self, name: str) -> Sequence[Way]:
        """Of a model that is not loaded; where its weights do not say it, what its card says is the least."""
        card = self._models[name].card
        try:
            if all(self._weights.present(weight) for weight in card.weights):
                return self._ways(self._models[name](), {weight: self._weights.path(weight) for weight in card.weights})
        except (ReplateError, OSError) as error:
            log.warning("ways unknown", model=name, error=str(error))
        return [Way("", card.memory_bytes)]

    def _rank(self, name: str, ways: Sequence[Way]) -> int:
        """Of the quickest way that fits beside the models at work, or else the smallest. Raises `Exhausted`."""
        if ways[-1].memory_bytes > self._memory:
            raise self._too_large(self._models[name].card, ways[-1].memory_bytes)
        room = self._memory - self._busy()
        return next(
            (rank for rank, way in enumerate(ways) if rank >= self._least[name] and way.memory_bytes <= room),
            len(ways) - 1,
        )

    def _too_large(self, card: Card, least: int) -> Exhausted:
        return Exhausted(
            f"{card.label} needs {least / 2**30:.1f} GiB on {self._device} where "
            f"{self._memory / 2**30:.1f} GiB may be used: choose a smaller model, or raise worker.memory_gb."
        )

    def _make_room(self, memory_bytes: int) -> None:
        for name in self._idle():
            if sum(loaded.way.memory_bytes for loaded in self._loaded.values()) + memory_bytes <= self._memory:
                return
            self._evict(name)

    def _idle(self) -> list[str]:
        """Models that are loaded and not at work, those not used for longest first."""
        return [name for name in self._loaded if not self._at_work[name]]

    def _busy(self) -> int:
        """Bytes of the models at work."""
        return sum(loaded.way.memory_bytes for name, loaded in self._loaded.items() if self._at_work[name])

    def _evict(self, name: str) -> None:
        self._let_go(name)
        release_memory(self._device)

    def _let_go(self, name: str) -> None:
        if self._loaded.pop(name, None) is not None:
            log.info("model evicted", model=name, device=self._device)
