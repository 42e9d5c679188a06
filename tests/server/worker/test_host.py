"""Models on a device, under a memory budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from replate.errors import Exhausted, NotFound
from replate_server.operations.contract import Card
from replate_server.weights import Policy, WeightStore
from replate_server.worker.host import ModelHost

CARD = Card("restyle/x", "X", "For tests.", "1", "CC0-1.0")


def model(name: str, memory: int, loads: list[str], fails: bool = False) -> type:
    class Model:
        card = replace(CARD, name=name, memory_bytes=memory)

        def load(self, weights: Mapping[str, Path], device: str) -> None:
            loads.append(name)
            if fails:
                raise MemoryError

    return Model


def use(host: ModelHost, name: str) -> None:
    with host.at_work(name, lambda *_: None):
        pass


def host(folder: Path, models: Mapping[str, type], memory: int) -> ModelHost:
    return ModelHost(models, WeightStore(folder, Policy()), "cpu", memory)


def test_the_model_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    loads: list[str] = []
    models = {name: model(name, 4, loads) for name in "abc"}
    under = host(tmp_path, models, 10)
    for name in "abacab":
        use(under, name)
    assert loads == ["a", "b", "c", "b"]


def test_a_model_over_the_budget_is_refused_and_evicts_nothing(tmp_path: Path) -> None:
    loads: list[str] = []
    under = host(tmp_path, {"a": model("a", 4, loads), "big": model("big", 11, loads)}, 10)
    use(under, "a")
    with pytest.raises(Exhausted, match=r"raise worker\.memory_gb\.$"):
        use(under, "big")
    use(under, "a")
    assert loads == ["a"]


def test_a_model_that_failed_to_load_is_not_there(tmp_path: Path) -> None:
    loads: list[str] = []
    under = host(tmp_path, {"a": model("a", 4, loads, fails=True)}, 10)
    for _ in range(2):
        with pytest.raises(MemoryError):
            use(under, "a")
    assert loads == ["a", "a"]


def test_models_that_are_not_used_go(tmp_path: Path) -> None:
    loads: list[str] = []
    under = host(tmp_path, {"a": model("a", 4, loads)}, 10)
    use(under, "a")
    under.evict_unused(3600)
    use(under, "a")
    assert loads == ["a"]
    under.evict_unused(-1)
    use(under, "a")
    assert loads == ["a", "a"]


def test_a_model_at_work_stays(tmp_path: Path) -> None:
    loads: list[str] = []
    under = host(tmp_path, {name: model(name, 4, loads) for name in "abc"}, 9)
    use(under, "b")
    with under.at_work("a", lambda *_: None):
        assert under.fits("b") and under.fits("c")
        use(under, "c")
        under.evict_unused(-1)
        under.evict_all_but("c")
        use(under, "a")
    assert loads == ["b", "a", "c"]


def test_what_does_not_fit_beside_a_model_at_work_is_known_before(tmp_path: Path) -> None:
    under = host(tmp_path, {"a": model("a", 6, []), "b": model("b", 6, [])}, 9)
    with under.at_work("a", lambda *_: None):
        assert not under.fits("b")
        assert under.fits("a")
    assert under.fits("b")


def test_an_unknown_model_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="replate models"):
        use(host(tmp_path, {}, 10), "a")
