"""A host builds its knobs from the server's catalog, and from the last one it saw where no server is."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Protocol

import pytest

from replate_host import Agent, AgentError
from replate_host.catalog import FILE, Catalog


class Server(Protocol):
    address: str


@pytest.fixture(scope="module")
def said(server: Server) -> dict[str, Any]:
    """What the agent answers."""
    agent = Agent((sys.executable, "-m", "replate.agent"), address=server.address)
    answer: dict[str, Any] = agent.call("catalog")
    agent.close()
    return answer


def test_a_servers_catalog_is_there_by_name(said: dict[str, Any]) -> None:
    catalog = Catalog.of(said)
    assert [each.name for each in catalog.operations] == [each["name"] for each in said["operations"]]
    restyle = catalog.operation("restyle")
    assert restyle is not None and catalog.operation("fly") is None
    assert [(each.name, each.kind, each.required) for each in restyle.inputs][:2] == [
        ("plate", "plate", True),
        ("style", "still", False),
    ]
    needed = {
        name: [each.name for each in restyle.inputs if model.requires(each)]
        for name, model in ((model.name, model) for model in catalog.models_of("restyle"))
    }
    assert needed["restyle/adain"] == ["plate", "style"] and needed["restyle/keyframes"] == ["plate", "keyframes"]
    adhere = next(each for each in catalog.models_of("restyle")[0].presets if each.name == "adhere")
    assert adhere.label == "Adhere" and set(adhere.values) <= {each.name for each in restyle.parameters}
    models = catalog.models_of("depth")
    depth = catalog.operation("depth")
    assert depth is not None and models[0].name == depth.default_model
    assert {model.operation for model in models} == {"depth"}
    strength = next(each for each in restyle.parameters if each.name == "strength")
    assert (strength.type, strength.minimum, strength.maximum) == ("real", 0.0, 1.0)
    assert catalog.limits["frame_pixels"] > 0


def test_weights_that_are_still_to_be_fetched_are_counted(said: dict[str, Any]) -> None:
    models = Catalog.of(said).models
    counted = {model.name: model.bytes_to_fetch for model in models}
    for model in said["models"]:
        assert counted[model["name"]] == sum(file["bytes"] for file in model["weights"] if not file["present"])


def test_what_is_kept_is_what_was_said(said: dict[str, Any], tmp_path: Path) -> None:
    catalog = Catalog.of(said)
    assert Catalog.of(json.loads(json.dumps(catalog.as_json()))) == catalog
    assert Catalog.kept(tmp_path / "new") is None
    assert catalog.keep(tmp_path / "new")
    assert Catalog.kept(tmp_path / "new") == catalog
    assert [path.name for path in (tmp_path / "new").iterdir()] == [FILE]
    (tmp_path / "new" / FILE).write_text('{"operations": [{}]')
    assert Catalog.kept(tmp_path / "new") is None
    (tmp_path / "file").write_text("no folder")
    assert not catalog.keep(tmp_path / "file")


def test_a_node_carries_its_part(said: dict[str, Any]) -> None:
    part = Catalog.of(said).part("matte")
    assert [operation.name for operation in part.operations] == ["matte"]
    assert part.models == Catalog.of(said).models_of("matte")
    assert len(json.dumps(part.as_json())) < 20_000


def test_a_later_servers_catalog_can_be_read() -> None:
    catalog = Catalog.of(
        {
            "operations": [
                {"name": "sing", "label": "Sing", "voices": 4, "inputs": [{"name": "a", "label": "A", "x": 1}]}
            ],
            "models": [],
            "mood": "good",
        }
    )
    sing = catalog.operation("sing")
    assert sing is not None and sing.inputs[0].kind == "plate"


@pytest.mark.parametrize("said", [None, [], {}, {"operations": 3, "models": []}, {"operations": [{}], "models": []}])
def test_what_is_no_catalog_is_refused(said: Any) -> None:
    with pytest.raises(AgentError, match="no catalog"):
        Catalog.of(said)
