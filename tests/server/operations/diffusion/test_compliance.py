"""Pipelines keep the contract that every model keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from replate_server.operations.compliance import comply
from replate_server.operations.contract import Model
from replate_server.operations.restyle.wan import WanFromPlate, WanVace


def quick(model: type[Model]) -> type[Model]:
    """The model with two denoising steps at the most: a random network makes no more of a hundred."""
    card = model.card
    parameters = (
        replace(one, default=min(2, int(one.default)), maximum=2) if one.name == "steps" else one  # type: ignore[arg-type]
        for one in card.parameters
    )
    return type(model.__name__, (model,), {"card": replace(card, parameters=tuple(parameters))})


@pytest.mark.parametrize("model", [WanVace, WanFromPlate])
def test_wan(model: type[Model], request: pytest.FixtureRequest) -> None:
    weight = model.card.weights[0]
    folder: Path = request.getfixturevalue("wan_vace" if "vace" in weight else "wan")
    comply(quick(model), {weight: folder})
