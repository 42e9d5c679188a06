"""A LoRA is a safetensors file of the studio's folder, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from replate.errors import NotFound, Unmet
from replate_server.weights.loras import Loras
from server.weights.conftest import sha256


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "loras"
    folder.mkdir()
    for name in ("film-grain", "noir"):
        save_file({"up": np.full((2, 2), len(name), np.float32)}, folder / f"{name}.safetensors")
    return folder


def test_the_files_of_the_folder_are_there_by_name(shelf: Path) -> None:
    (shelf / "notes.txt").write_text("not one")
    (shelf / "sub.safetensors").mkdir()
    loras = Loras(shelf)
    assert set(loras.all()) == {"film-grain", "noir"}
    digest = loras.sha256("noir")
    assert digest == sha256((shelf / "noir.safetensors").read_bytes())
    assert loras.get("noir", digest) == shelf / "noir.safetensors"


def test_one_that_is_not_there_is_answered_with_those_that_are(shelf: Path) -> None:
    with pytest.raises(NotFound, match=r"\(did you mean film-grain\?\): there are film-grain, noir\."):
        Loras(shelf).sha256("filmgrain")
    for none in (None, shelf / "nowhere"):
        with pytest.raises(NotFound, match=r"put it into the folder weights\.loras"):
            Loras(none).sha256("noir")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "..", "noir.safetensors", ""])
def test_a_name_leads_nowhere_else(shelf: Path, name: str) -> None:
    save_file({"up": np.zeros(1, np.float32)}, shelf.parent / "secret.safetensors")
    with pytest.raises(NotFound):
        Loras(shelf).sha256(name)


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04pickled", (1 << 40).to_bytes(8, "little") + b"{}", b"\x02\0\0\0\0\0\0\0{}"]
)
def test_what_is_no_safetensors_is_refused(shelf: Path, content: bytes) -> None:
    (shelf / "evil.safetensors").write_bytes(content)
    with pytest.raises(Unmet, match=r"The LoRA evil cannot be used \(evil\.safetensors .*\): put the file into"):
        Loras(shelf).sha256("evil")


def test_a_digest_follows_the_file(shelf: Path) -> None:
    loras = Loras(shelf)
    before = loras.sha256("noir")
    save_file({"up": np.zeros((3, 3), np.float32)}, shelf / "noir.safetensors")
    assert loras.sha256("noir") != before
    with pytest.raises(Unmet, match="noir changed since the job was submitted: submit it again"):
        loras.get("noir", before)
