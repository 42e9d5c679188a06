"""`replate segment`: mattes, and the same as a Cryptomatte."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest

from replate.media import open_plate
from replate.media.cryptomatte import id_of

Run = Callable[..., Any]


def test_mattes_come_as_a_cryptomatte_too(replate: Run, plate: Path, tmp_path: Path) -> None:
    clicks = ("--click", "dog=40,40@1001", "--box", "cat=90,10,50,50@1001")
    files = ("-o", "out/matte.####.exr", "--compression", "dwaa", "--cryptomatte", "out/crypto.####.exr")
    said = replate("segment", plate, "--frames", "1001-1002", *clicks, *files, "--json")
    assert said.code == 0, said.err
    written = {wish: [Path(file).name for file in files] for wish, files in said.json["files"].items()}
    assert written == {
        "matte": ["matte.1001.exr", "matte.1002.exr"],
        "matte/cryptomatte": ["crypto.1001.exr", "crypto.1002.exr"],
    }
    file = OpenEXR.File(str(tmp_path / "out" / "crypto.1002.exr"), separate_channels=True)
    header, channels = file.header(), file.channels()
    manifest = json.loads(header["cryptomatte/a3f6a01/manifest"])
    assert manifest == {name: f"{id_of(name):08x}" for name in ("dog", "cat")}
    assert json.loads(header["replate:recipe"]) == said.json["recipe"]
    # Ids are whole whatever the mattes' compression loses.
    ids = np.unique(channels["CryptoReplate00.R"].pixels.view(np.uint32))
    assert set(ids[ids != 0]) <= {id_of("dog"), id_of("cat")} and len(ids) > 1
    mattes = open_plate(tmp_path / "out" / "matte.####.exr").read(1002)
    covered = sum(channels[f"CryptoReplate{layer}"].pixels for layer in ("00.G", "00.A"))
    assert np.abs(covered - np.minimum(mattes.pixels.astype(np.float32).sum(axis=-1), 1)).max() < 0.02


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("crypto.####.png", "A Cryptomatte is an EXR: write crypto.####.exr."),
        ("crypto.exr", "crypto.exr has no place for the frame number: write crypto.####.exr."),
    ],
)
def test_a_place_that_will_not_do_is_said_before_anything_is_sent(
    replate: Run, plate: Path, pattern: str, says: str
) -> None:
    said = replate("segment", plate, "--click", "1,1", "--cryptomatte", pattern)
    assert said.code != 0 and says in " ".join(said.err.split())
