"""A licence is refused before anything is fetched, with the setting that would permit it."""

from __future__ import annotations

from pathlib import Path

import pytest

from replate.errors import Unmet
from replate_server.weights import Policy, WeightStore
from server.weights.conftest import lying_in, pin_row, store_of, weight_row

CONTENT = b"weights"


def _store(tmp_path: Path, policy: Policy, **changes: object) -> WeightStore:
    (tmp_path / "a.pth").write_bytes(CONTENT)
    return store_of(tmp_path, weight_row("a", CONTENT, ["path:a.pth"], **changes), policy=policy)


@pytest.mark.parametrize("policy", [Policy(allow_non_commercial=True), Policy(allow=frozenset({"a"}))])
def test_a_non_commercial_weight_is_fetched_where_the_settings_permit_it(tmp_path: Path, policy: Policy) -> None:
    store = _store(tmp_path, policy, licence="CC-BY-NC-4.0", commercial=False)
    assert store.get("a").read_bytes() == CONTENT


def test_a_non_commercial_weight_is_refused_by_default(tmp_path: Path) -> None:
    store = _store(tmp_path, Policy(), licence="CC-BY-NC-4.0", commercial=False)
    with pytest.raises(
        Unmet, match=r"CC-BY-NC-4\.0.*weights\.allow_non_commercial = true, or adding a to weights\.allow"
    ):
        store.get("a")
    assert "a" not in [weight.name for weight in store.permitted()]
    assert lying_in(store) == set()


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "MIT AND GPL-3.0-only"])
def test_a_refused_licence_is_refused_wherever_it_is_named(tmp_path: Path, licence: str) -> None:
    policy = Policy(allow_non_commercial=True, refuse=frozenset({"GPL-3.0-only"}))
    with pytest.raises(Unmet, match=r"weights\.refuse has GPL-3\.0-only; adding a to weights\.allow"):
        _store(tmp_path, policy, licence=licence).get("a")


def test_a_weight_that_is_there_is_refused_all_the_same(tmp_path: Path) -> None:
    _store(tmp_path, Policy()).get("a")
    with pytest.raises(Unmet):
        _store(tmp_path, Policy(refuse=frozenset({"MIT"}))).get("a")


def test_a_licence_that_is_only_alike_is_not_refused(tmp_path: Path) -> None:
    _store(tmp_path, Policy(refuse=frozenset({"MIT"})), licence="MIT-0").get("a")


def test_a_weight_that_nobody_has_pinned_is_not_fetched_and_what_to_write_is_said(tmp_path: Path) -> None:
    policy = Policy(allow_non_commercial=True)
    with pytest.raises(Unmet) as caught:
        store_of(tmp_path, policy=policy).get("depth-anything-v2-base")
    said = str(caught.value)
    assert "depth-anything/Depth-Anything-V2-Base-hf" in said and "\n" not in said
    assert '[[pin]] with name = "depth-anything-v2-base", its sha256 and its bytes' in said
    (tmp_path / "base.safetensors").write_bytes(CONTENT)
    pinned = store_of(tmp_path, pin_row("depth-anything-v2-base", CONTENT, ["path:base.safetensors"]), policy=policy)
    assert pinned.get("depth-anything-v2-base").read_bytes() == CONTENT


def test_a_licence_that_some_have_to_pay_for_is_refused_with_what_it_says(tmp_path: Path) -> None:
    with pytest.raises(Unmet, match=r"ltx-video has .*, which asks companies .*; .*adding ltx-video to weights\.allow"):
        store_of(tmp_path, policy=Policy()).get("ltx-video")
    settled = store_of(tmp_path, policy=Policy(allow=frozenset({"ltx-video"})))
    assert "ltx-video" in [weight.name for weight in settled.permitted()]
