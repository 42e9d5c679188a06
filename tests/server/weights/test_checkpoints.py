"""A weight may be a folder: taken whole from the hub or a share, known by its manifest, and nothing in it that runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from filelock import FileLock

from replate.errors import Cancelled, Damaged, Unavailable
from replate_server.weights import WeightStore
from server.weights.conftest import checkpoint_files, folder_row, lying_in, pin_row, read, store_of, weight_row, written

FILES = checkpoint_files()
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


def store_with(tmp_path: Path, source: str, *rows: str, **changes: object) -> WeightStore:
    return store_of(tmp_path, folder_row("tiny", [source], **changes), *rows)


def doings(store: WeightStore) -> set[str]:
    """What is said while the folder is got."""
    said: set[str] = set()
    store.get("tiny", lambda fraction, message: said.add(message.split(" (")[0]))
    return said


def test_a_folder_is_copied_whole_and_of_it_what_belongs_to_it(tmp_path: Path) -> None:
    others = {"README.md": b"read me", "sheet.png": b"\x89PNG", ".cache/huggingface/notes": b"x", "LICENSE": b"MIT"}
    written(tmp_path / "share", FILES | others)
    store = store_with(tmp_path, "path:share")
    assert not store.present("tiny") and store.weight("tiny").sha256 == ""
    place = store.get("tiny")
    assert place == store.folder / "tiny" and read(place) == FILES | {"LICENSE": b"MIT"}
    assert store.present("tiny")
    weight = store.weight("tiny")
    assert len(weight.sha256) == 64 and weight.bytes == sum(map(len, read(place).values()))


def test_its_files_are_read_again_only_where_they_changed_whoever_asks(tmp_path: Path) -> None:
    written(tmp_path / "share", FILES)
    store_with(tmp_path, "path:share").get("tiny")
    assert doings(store_with(tmp_path, "path:share")) == set()
    place = store_with(tmp_path, "path:share").path("tiny")
    os.utime(place / WEIGHTS, ns=(1, 1))
    assert doings(store_with(tmp_path, "path:share")) == {"Checking tiny"}
    assert doings(store_with(tmp_path, "path:share")) == set()


@pytest.mark.parametrize("spoil", ["other bytes", "cut", "gone", "one more", "code"])
def test_a_spoiled_folder_is_taken_anew(tmp_path: Path, spoil: str) -> None:
    written(tmp_path / "share", FILES)
    store = store_with(tmp_path, "path:share")
    place, digest = store.get("tiny"), store.weight("tiny").sha256
    weights = place / WEIGHTS
    if spoil == "other bytes":
        weights.write_bytes(FILES[WEIGHTS][:-1] + b"!")
    elif spoil == "cut":
        weights.write_bytes(FILES[WEIGHTS][:-1])
    elif spoil == "gone":
        weights.unlink()
    elif spoil == "one more":
        weights.with_name("another.safetensors").write_bytes(FILES[WEIGHTS])
    else:
        (place / "unet" / "pipeline.py").write_text("import os")
    assert read(store.get("tiny")) == FILES
    assert store.weight("tiny").sha256 == digest
    assert lying_in(store) >= {"tiny", "tiny.manifest.json"} and ".fetching" not in lying_in(store)


def test_what_came_first_holds_until_somebody_says_otherwise(tmp_path: Path) -> None:
    share = written(tmp_path / "share", FILES)
    store = store_with(tmp_path, "path:share")
    store.get("tiny")
    written(share, checkpoint_files(5))
    (store.path("tiny") / WEIGHTS).unlink()
    with pytest.raises(Damaged, match=r"is another than it was when it came first: remove (.*)/tiny\.manifest\.json"):
        store.get("tiny")
    (store.folder / "tiny.manifest.json").unlink()
    assert read(store.get("tiny")) == checkpoint_files(5)


def test_a_linked_folder_is_used_where_it_lies_and_never_written_to(tmp_path: Path) -> None:
    share = written(tmp_path / "share", FILES | {"README.md": b"read me"})
    for folder in (share, *(path for path in share.rglob("*") if path.is_dir())):
        folder.chmod(0o555)
    store = store_with(tmp_path, "link:share")
    assert store.get("tiny") == share == store.path("tiny")
    assert lying_in(store) == {"tiny.manifest.json", ".seen", "tiny.json"}
    assert doings(store_with(tmp_path, "link:share")) == set()


def test_a_linked_folder_that_became_another_is_told(tmp_path: Path) -> None:
    share = written(tmp_path / "share", FILES)
    store_with(tmp_path, "link:share").get("tiny")
    written(share, checkpoint_files(5))
    with pytest.raises(Damaged, match="is another than it was when it came first"):
        store_with(tmp_path, "link:share").get("tiny")


def test_a_studio_says_where_a_folder_lies_and_what_it_is(tmp_path: Path) -> None:
    share = written(tmp_path / "share", FILES)
    row = folder_row("tiny", ["hf:studio/tiny@main"])
    store = store_of(tmp_path, row, '[[pin]]\nname = "tiny"\nsources = ["link:share"]')
    assert store.get("tiny") == share
    digest = store.weight("tiny").sha256
    pinned = store_of(tmp_path, row, f'[[pin]]\nname = "tiny"\nsha256 = "{digest}"\nsources = ["link:share"]')
    assert pinned.get("tiny") == share
    wrong = store_of(tmp_path, row, f'[[pin]]\nname = "tiny"\nsha256 = "{"0" * 64}"\nsources = ["link:share"]')
    assert not wrong.present("tiny")
    with pytest.raises(Damaged, match=f"it has the digest {digest} where 0+ is pinned"):
        wrong.get("tiny")


def test_the_digest_is_that_of_paths_sizes_and_contents(tmp_path: Path) -> None:
    digests = set()
    for number, files in enumerate([FILES, dict(reversed(FILES.items())), checkpoint_files(5)]):
        (tmp_path / str(number)).mkdir()
        written(tmp_path / str(number) / "share", files)
        store = store_with(tmp_path / str(number), "path:share")
        store.get("tiny")
        digests.add(store.weight("tiny").sha256)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"unet/diffusion_pytorch_model.bin": b"\x80\x04."}, "which may hold code"),
        ({"pipeline.py": b"import os"}, "it has pipeline.py, which may hold code"),
        ({"unet/model.ckpt": b""}, "which may hold code"),
        ({"text_encoder/config.json": b'{"auto_map": {"AutoModel": "evil.Model"}}'}, "wants code of its own to be run"),
        ({"model_index.json": b'{"_class_name": ["evil", "Pipeline"]}'}, "wants a class of its own"),
        ({"unet/config.json": b"{nothing"}, "its unet/config.json is no JSON"),
        ({"unet/config.json": b"[" * 100_000}, "its unet/config.json is no JSON"),
        ({"vae/model.safetensors": b"\x80\x04pickled"}, "model.safetensors is no whole safetensors file"),
        ({"vae/model.safetensors": FILES[WEIGHTS][:-4]}, "model.safetensors is no whole safetensors file"),
        ({WEIGHTS: None}, "it has no weights in safetensors"),
    ],
)
@pytest.mark.parametrize("kind", ["path", "link"])
def test_what_could_run_is_refused(tmp_path: Path, kind: str, files: dict[str, bytes | None], said: str) -> None:
    written(tmp_path / "share", {path: content for path, content in (FILES | files).items() if content is not None})
    store = store_with(tmp_path, f"{kind}:share")
    with pytest.raises(Damaged, match=said):
        store.get("tiny")
    assert lying_in(store) == set()


@pytest.mark.parametrize("place", ["unet/more.safetensors", "vae"])
def test_links_that_lead_out_of_a_folder_are_refused(tmp_path: Path, place: str) -> None:
    share = written(tmp_path / "share", FILES)
    outside = written(tmp_path / "outside", {"model.safetensors": FILES[WEIGHTS]})
    (share / place).symlink_to(outside if place == "vae" else outside / "model.safetensors")
    with pytest.raises(Damaged, match=f"its {place} is a link that leads out of it"):
        store_with(tmp_path, "link:share").get("tiny")


@pytest.mark.parametrize("kind", ["a link to a folder in it", "a link to nothing", "a pipe"])
def test_what_is_no_plain_file_is_refused(tmp_path: Path, kind: str) -> None:
    share = written(tmp_path / "share", FILES)
    odd = share / "tokenizer" / "odd.json"
    if kind == "a pipe":
        os.mkfifo(odd)
    else:
        odd.symlink_to(share / "unet" if kind == "a link to a folder in it" else share / "nothing")
    with pytest.raises(Damaged, match=r"its tokenizer/odd\.json is no plain file"):
        store_with(tmp_path, "path:share").get("tiny")


def test_a_manifest_that_was_tampered_with_leads_nowhere(tmp_path: Path) -> None:
    written(tmp_path / "share", FILES)
    store = store_with(tmp_path, "path:share")
    store.get("tiny")
    file = store.folder / "tiny.manifest.json"
    record = json.loads(file.read_text())
    record["manifest"]["files"][0]["path"] = "../../secret.json"
    file.write_text(json.dumps(record))
    assert not store.present("tiny") and store.weight("tiny").sha256 == ""


def test_a_folder_that_is_not_there_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        store_with(tmp_path, "link:nowhere").get("tiny")
    assert str(caught.value) == (
        f"tiny (900 bytes) could not be fetched from {tmp_path / 'nowhere'} (there is no such folder); bring it in "
        "with `replate-server weights import BUNDLE`, or name a folder that has it in a [[pin]]."
    )


def test_nobody_waits_for_a_folder_that_another_fetches(tmp_path: Path) -> None:
    def wait(fraction: float, message: str) -> None:
        raise Cancelled(message)

    written(tmp_path / "share", FILES)
    (tmp_path / "a").write_bytes(b"small")
    store = store_with(tmp_path, "path:share", weight_row("a", b"small", ["path:a"]))
    store.folder.mkdir()
    with FileLock(store.folder / ".lock-tiny"):
        assert store.get("a").read_bytes() == b"small"
        with pytest.raises(Cancelled, match="Waiting for another process"):
            store.get("tiny", wait)


def test_without_names_no_folder_is_fetched_that_is_not_here(tmp_path: Path) -> None:
    written(tmp_path / "share", FILES)
    store = store_with(tmp_path, "path:share")
    assert "tiny" in [weight.name for weight in store.permitted()]
    assert "tiny" not in [weight.name for weight in store.usual()]
    store.get("tiny")
    assert "tiny" in [weight.name for weight in store.usual()]


def test_a_pin_of_a_file_is_as_before(tmp_path: Path) -> None:
    (tmp_path / "tuned").write_bytes(b"tuned")
    store = store_of(tmp_path, pin_row("u2netp", b"tuned", ["path:tuned"]))
    assert store.get("u2netp").read_bytes() == b"tuned" and store.weight("u2netp").bytes == 5
