"""What is being made can be looked at from a command line, and what a model is told stands there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from serving import Server, Studio, serving, until

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio.install(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, studio: Studio) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), settings=studio.settings) as server:
        yield server


def test_a_picture_lies_beside_the_files_while_they_are_made(
    replate: Run, server: Server, studio: Studio, plate: Path, tmp_path: Path
) -> None:
    gate, making = studio.gate("looked"), tmp_path / "out" / "x.making.png"
    options = ("-m", "sketching", "-p", f"gate={gate.name}", "-p", "hold=frames", "-p", "keep=the clouds")
    with ThreadPoolExecutor(1) as artist:
        said = artist.submit(
            replate, "restyle", plate, "--style", tmp_path / "in" / "noise.1001.exr", *options,
            "-f", "1001", "-o", "out/x.####.exr", "-s", server.address,
        )  # fmt: skip
        try:
            until(lambda: making.exists() or said.done(), "something is seen")
            with Image.open(making) as picture:
                assert (picture.format, picture.size) == ("PNG", (256, 177))
        finally:
            gate.open()
    done = said.result()
    assert done.code == 0, done.err
    assert "Prompt: Make it night. Keep the clouds exactly as it is." in done.err
    assert "Look at what is being made in out/x.making.png." in done.err
    assert [file.name for file in making.parent.iterdir()] == ["x.1001.exr"]


def test_a_models_wording_is_listed(replate: Run, server: Server) -> None:
    said = replate("models", "restyle/sketching", "-s", server.address)
    assert "prompt: Make it {prompt}. Keep {keep} exactly as it is." in said.out
    wording = replate("models", "restyle/sketching", "-s", server.address, "--json").json["models"][0]["wording"]
    assert wording == ["Make it {prompt}.", "Keep {keep} exactly as it is."]
