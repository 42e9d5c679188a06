"""A host is given pictures of what is being made, and what a model will be told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from replate.media import write_frame
from replate_host import Agent, JobHandle, Preview
from replate_host.catalog import Catalog
from serving import Server, Studio, noise, serving, until


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio.install(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="module")
def studios_server(tmp_path_factory: pytest.TempPathFactory, studio: Studio) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("server"), settings=studio.settings) as server:
        yield server


@pytest.fixture
def agent(studios_server: Server) -> Iterator[Agent]:
    agent = Agent((sys.executable, "-m", "replate.agent"), address=studios_server.address)
    yield agent
    agent.close()


def test_frames_are_looked_at_while_they_are_made(agent: Agent, studio: Studio, tmp_path: Path) -> None:
    gate, seen = studio.gate("looked"), []

    def look(handle: JobHandle, preview: Preview) -> None:
        with Image.open(preview.path) as picture:
            seen.append((preview, picture.format, picture.size, handle.preview == preview))

    write_frame(tmp_path / "in.1001.exr", noise()[0])
    still = {"path": (tmp_path / "in.1001.exr").as_posix(), "colour_space": "lin_rec709"}
    asked = {
        "operation": "restyle",
        "model": "restyle/sketching",
        "parameters": gate.parameters,
        "inputs": {"plate": still, "style": still},
        "outputs": {"plate": (tmp_path / "out.####.exr").as_posix()},
    }
    handle = agent.submit(asked, on_preview=look)
    until(lambda: bool(agent.drain()) and len(seen) >= 3, "three of them are seen")
    # As a host does that was opened again.
    other = agent.watch(handle.id, {})
    until(lambda: bool(agent.drain()) and other.preview is not None, "the other one sees it, too")
    gate.open()
    assert agent.wait(handle, 60).state == "done" and handle.preview is None
    assert {(each[0].number, *each[1:]) for each in seen} == {(1001, "PNG", (256, 192), True)}
    paths = [Path(each[0].path) for each in seen]
    assert len(set(paths)) == len(paths), "a host that keeps pictures by their names sees each of them"
    folder = paths[0].parent
    agent.wait(other, 60)
    until(lambda: not list(folder.iterdir()), "nothing of it is left")
    agent.close()
    until(lambda: not folder.exists(), "the agent leaves nothing behind")


def test_a_host_says_what_the_model_is_told(agent: Agent) -> None:
    catalog = Catalog.of(agent.call("catalog"))
    model = catalog.model("restyle/sketching")
    assert model is not None
    assert Catalog.of(catalog.as_json()) == catalog
    assert model.prompt({"prompt": " night. ", "keep": "her face"}) == "Make it night. Keep her face exactly as it is."
    assert model.prompt({"prompt": "night", "keep": ""}) == "Make it night."
    silent = catalog.model("restyle/invert")
    assert silent is not None and silent.prompt({"gate": ""}) == ""
