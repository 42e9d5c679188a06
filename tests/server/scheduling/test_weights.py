"""Recipes know what weights are and which LoRA files are worn, also where a weight comes with the first window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from replate.connection import Client
from replate.errors import BadRequest, NotFound
from server.weights.conftest import checkpoint_files, folder_row, sha256, written
from serving import Server, Studio, noise, serving


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("loras")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, studio: Studio, shelf: Path) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("folded")
    written(folder / "share", checkpoint_files())
    registry = folder / "studio.toml"
    registry.write_text(folder_row("studio-folder", ["path:share"]), "utf-8")
    settings = {
        **studio.settings,
        "REPLATE_WEIGHTS__REGISTRIES": json.dumps([str(registry)]),
        "REPLATE_WEIGHTS__LORAS": str(shelf),
    }
    with serving(folder / "data", settings=settings) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with server.connect() as client:
        yield client


def test_what_was_made_while_a_folder_came_is_known_by_what_came(client: Client, studio: Studio) -> None:
    gate, inputs, weights = studio.gate("folded", 99), {"plate": noise()}, []
    for _ in range(2):
        job = client.submit("matte", inputs, model="matte/folded", parameters={"gate": gate.name})
        job.wait()
        weights.append(json.loads(job.recipe)["weights"]["studio-folder"])
    assert gate.finished == 1
    assert weights[0].endswith("/share") and len(weights[1]) == 64
    (model,) = (model for model in client.catalog().models if model.name == "matte/folded")
    (weight,) = model.weights
    assert (weight.sha256, weight.present) == (weights[1], True) and weight.bytes > 0


def test_a_lora_is_in_the_recipe_by_what_it_holds(client: Client, studio: Studio, shelf: Path) -> None:
    gate, inputs = studio.gate("worn", 99), {"plate": noise()}
    file = shelf / "noir.safetensors"

    def recipe() -> dict[str, str]:
        parameters = {"gate": gate.name, "loras": "noir:0.5"}
        job = client.submit("matte", inputs, model="matte/folded", parameters=parameters)
        job.wait()
        loras: dict[str, str] = json.loads(job.recipe)["loras"]
        return loras

    for value, finished in ((1.0, 1), (1.0, 1), (2.0, 2)):
        save_file({"up": np.full(4, value, np.float32)}, file)
        assert recipe() == {"noir": sha256(file.read_bytes())}
        assert gate.finished == finished


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("grain", NotFound, r"There is no LoRA grain: there are noir, other\."),
        ("noir:loud", BadRequest, 'The strength "loud" of the LoRA noir is no number'),
        ("../noir", NotFound, "There is no LoRA"),
    ],
)
def test_what_cannot_be_worn_is_refused_at_submit(
    client: Client, shelf: Path, text: str, error: type[Exception], said: str
) -> None:
    for name in ("noir", "other"):
        save_file({"up": np.ones(4, np.float32)}, shelf / f"{name}.safetensors")
    with pytest.raises(error, match=said):
        client.submit("matte", {"plate": noise()}, model="matte/folded", parameters={"loras": text})
