"""Models on a device, under a memory budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from replate.errors import Exhausted, NotFound
from replate_server.operations.contract import Card, Way
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


def fitting(name: str, sizes: Sequence[int], loads: list[str], weights: tuple[str, ...] = ()) -> type:
    """A model with a way for each size; notes in which it was loaded, as "name 4"."""

    class Model:
        card = replace(CARD, name=name, memory_bytes=sizes[-1], weights=weights)

        def ways(self, weights: Mapping[str, Path], device: str) -> list[Way]:
            assert all(path.exists() for path in weights.values())
            return [Way(f"in {size}", size) for size in sizes]

        def choose(self, way: Way) -> None:
            self._chosen = way.memory_bytes

        def load(self, weights: Mapping[str, Path], device: str) -> None:
            loads.append(f"{name} {self._chosen}")

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


def test_the_quickest_way_that_fits_is_taken_and_idle_models_make_room(tmp_path: Path) -> None:
    loads: list[str] = []
    under = host(tmp_path, {"a": fitting("a", (12, 8, 4), loads), "b": model("b", 4, loads)}, 10)
    for name in "bab":
        use(under, name)
    assert loads == ["b", "a 8", "b"]


def test_beside_a_model_at_work_a_smaller_way_is_taken_and_the_quicker_one_later(tmp_path: Path) -> None:
    loads: list[str] = []
    under = host(tmp_path, {"a": fitting("a", (8, 4), loads), "b": model("b", 6, loads)}, 10)
    with under.at_work("b", lambda *_: None):
        assert under.fits("a")
        with under.at_work("a", lambda *_: None):
            assert under.way("a").memory_bytes == 4
            use(under, "a")
        use(under, "a")
    assert loads == ["b", "a 4"]
    use(under, "a")
    use(under, "b")
    assert loads == ["b", "a 4", "a 8", "b"]


def test_a_way_that_ran_out_of_memory_is_not_taken_again(tmp_path: Path) -> None:
    loads: list[str] = []
    under = host(tmp_path, {"a": fitting("a", (9, 8, 4), loads)}, 10)
    use(under, "a")
    assert under.shrink("a")
    use(under, "a")
    under.evict_unused(-1)
    use(under, "a")
    assert loads == ["a 9", "a 8", "a 8"]


def test_what_no_way_suffices_for_says_nothing_of_what_comes_next(tmp_path: Path) -> None:
    loads: list[str] = []
    under = host(tmp_path, {"a": fitting("a", (9, 8, 4), loads), "b": model("b", 4, loads)}, 10)
    use(under, "a")
    assert under.shrink("a")
    use(under, "a")
    for more in (True, False):
        with pytest.raises(MemoryError), under.at_work("a", lambda *_: None):
            raise MemoryError
        assert under.shrink("a") is more
    use(under, "a")
    assert loads == ["a 9", "a 8", "a 4", "a 8"]
    use(under, "b")
    assert not under.shrink("b")


def test_a_model_whose_smallest_way_is_over_the_budget_is_refused(tmp_path: Path) -> None:
    under = host(tmp_path, {"a": fitting("a", (8 << 30, 6 << 30), [])}, 4 << 30)
    with pytest.raises(Exhausted, match=r"X needs 6\.0 GiB on cpu where 4\.0 GiB may be used: choose a smaller model"):
        use(under, "a")


def test_before_its_weights_are_there_a_model_fits_if_its_card_does(tmp_path: Path) -> None:
    store = WeightStore(tmp_path, Policy())
    weight = next(iter(store.registry.weights))
    models = {"a": fitting("a", (8, 6), [], (weight,)), "b": model("b", 4, []), "c": model("c", 5, [])}
    under = ModelHost(models, store, "cpu", 10)
    with under.at_work("b", lambda *_: None):
        assert under.fits("a")
    with under.at_work("c", lambda *_: None):
        assert not under.fits("a")
