"""A repository of the hub comes whole at one commit, each large file as the hub states it, or nothing of it does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from replate.errors import Cancelled, Damaged, Exhausted, Unavailable
from replate_server.weights import WeightStore
from replate_server.weights.cli import app_for
from server.weights.conftest import PackageRegistry, checkpoint_files, folder_row, lying_in, read, store_of, use_only

FILES = checkpoint_files()
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"
ROW = folder_row("tiny", ["hf:studio/tiny@main"])


@pytest.fixture
def store(tmp_path: Path) -> WeightStore:
    return store_of(tmp_path, ROW)


def given(registry: PackageRegistry) -> list[str]:
    return sorted(name.split("/", 4)[4] for name in registry.given)


def test_pulling_fetches_what_is_needed_and_writes_down_which_commit_it_was(
    store: WeightStore, registry: PackageRegistry
) -> None:
    others = {"unet/model.bin": b"\x80\x04", "pipeline.py": b"import os", "big.safetensors": b"?", "a.png": b"?"}
    commit = registry.publish("studio/tiny", FILES | others)
    result = CliRunner().invoke(app_for(lambda: store), ("pull", "tiny"))
    assert result.exit_code == 0, result.output
    assert "Fetching tiny (" in result.stderr and "from hub repository studio/tiny at main" in result.stderr
    assert read(store.path("tiny")) == FILES
    assert given(registry) == sorted(FILES)
    record = store.record("tiny")
    assert record is not None and record.commit == commit
    assert record.source == f"hub repository studio/tiny at {commit}"
    assert lying_in(store) == {"tiny.manifest.json", ".seen", "tiny.json"} | _parts(FILES) | {"tiny"}
    listed = CliRunner().invoke(app_for(lambda: store), ("list",), env={"COLUMNS": "250"})
    assert "as first fetched" in listed.stdout


def test_a_branch_that_went_on_does_not_change_what_came_first(store: WeightStore, registry: PackageRegistry) -> None:
    registry.publish("studio/tiny", FILES)
    digest = store.get("tiny") and store.weight("tiny").sha256
    registry.publish("studio/tiny", checkpoint_files(5))
    (store.path("tiny") / WEIGHTS).unlink()
    assert read(store.get("tiny")) == FILES
    assert store.weight("tiny").sha256 == digest


def test_a_file_that_is_not_what_the_hub_states_is_refused(store: WeightStore, registry: PackageRegistry) -> None:
    registry.publish("studio/tiny", FILES)
    registry.stated[WEIGHTS] = "0" * 64
    with pytest.raises(Damaged, match=f"{WEIGHTS} has the SHA-256 .* where the hub states 0+"):
        store.get("tiny")
    assert lying_in(store) == set()


def test_too_little_disk_is_known_before_anything_is_fetched(store: WeightStore, registry: PackageRegistry) -> None:
    registry.publish("studio/tiny", FILES)
    registry.claimed[WEIGHTS] = 10**14
    with pytest.raises(Exhausted, match=r"Fetching tiny needs 100 TB of disk"):
        store.get("tiny")
    assert registry.given == []


def test_names_that_lead_elsewhere_are_left(store: WeightStore, registry: PackageRegistry, tmp_path: Path) -> None:
    registry.publish("studio/tiny", FILES | {"../../evil.safetensors": FILES[WEIGHTS], "/evil.json": b"{}"})
    assert read(store.get("tiny")) == FILES
    assert not list(tmp_path.rglob("*evil*"))


def test_cancelling_ends_the_download_and_leaves_nothing(store: WeightStore, registry: PackageRegistry) -> None:
    registry.publish("studio/tiny", FILES)
    registry.stall.set()
    others, children = set(psutil.Process().children(recursive=True)), set()

    def cancel_half_way(fraction: float, message: str) -> None:
        children.update(set(psutil.Process().children(recursive=True)) - others)
        if registry.given:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        store.get("tiny", cancel_half_way)
    assert children and not any(child.is_running() for child in children)
    assert lying_in(store) == set()


def test_where_the_connection_broke_the_next_try_goes_on(store: WeightStore, registry: PackageRegistry) -> None:
    commit = registry.publish("studio/tiny", FILES)
    lost = registry.files.pop(f"studio/tiny/resolve/{commit}/{WEIGHTS}")
    with pytest.raises(Unavailable, match=r"hub repository studio/tiny at main \(it cannot be reached\)"):
        store.get("tiny")
    before = given(registry)
    assert before and not store.present("tiny")
    registry.files[f"studio/tiny/resolve/{commit}/{WEIGHTS}"] = lost
    assert read(store.get("tiny")) == FILES
    assert given(registry).count("model_index.json") == 1
    assert not (store.folder / ".partial").exists()


def test_out_of_reach_it_says_so(store: WeightStore, monkeypatch: pytest.MonkeyPatch) -> None:
    use_only(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(
        Unavailable, match=r"^tiny \(900 bytes\) could not be fetched from hub .* \(it cannot be reached\); bring it"
    ):
        store.get("tiny")
    assert lying_in(store) == set()


def test_two_processes_fetch_once(store: WeightStore, registry: PackageRegistry, tmp_path: Path) -> None:
    registry.publish("studio/tiny", FILES)
    script = (
        "import sys; from pathlib import Path; from replate_server.weights import *;"
        "print(WeightStore(Path(sys.argv[1]), Policy(), [Path(sys.argv[2])]).get('tiny'))"
    )
    command = [sys.executable, "-c", script, str(store.folder), str(tmp_path / "studio.toml")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [child.communicate(timeout=120)[0].strip() for child in both] == [str(store.path("tiny"))] * 2
    assert given(registry) == sorted(FILES)


def _parts(files: dict[str, bytes]) -> set[str]:
    return {part for path in files for part in Path(path).parts}
