"""Our own models keep the contract, and the suite finds those that do not."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from replate.errors import Cancelled
from replate.values import Parameter, ParameterType, Preset, Value
from replate_server.operations.compliance import check_model, comply
from replate_server.operations.contract import Card, Steps, Tensor
from replate_server.operations.depth.depth_anything import Small
from replate_server.operations.registry import models
from replate_server.weights.registry import BUILT_IN, read_registries
from replate_server.weights.weight import HubFile, HubFolder
from server.operations.depth import checkpoints

WEIGHTS = read_registries([BUILT_IN]).weights


def from_the_hub(name: str) -> bool:
    """Whether a model's weights are such as a production network does not see."""
    weights = [WEIGHTS[weight] for weight in models()[name].card.weights if weight in WEIGHTS]
    return any(isinstance(source, HubFile | HubFolder) for weight in weights for source in weight.sources)


OWN = sorted(name for name in models() if not from_the_hub(name))


@pytest.mark.parametrize("name", OWN)
def test_our_model_complies(name: str, weight_files: Callable[[str], dict[str, Path]]) -> None:
    comply(models()[name], weight_files(name))


def test_a_model_from_the_hub_complies_with_a_tiny_checkpoint(tmp_path: Path) -> None:
    (size,) = Small.card.parameters
    quick = replace(Small.card, parameters=(replace(size, default=112, maximum=126),))
    checkpoint = checkpoints.depth_anything(tmp_path)
    comply(type("Quick", (Small,), {"card": quick}), {"depth-anything-v2-small": checkpoint})


CARD = Card("matte/mine", "Mine", "A test's own.", "1", "MIT")


class Good:
    card = CARD

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self._calls = 0

    def run(self, picture: Tensor, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        steps.progress(0.5)
        return picture[..., :1].copy()


class HasTwoChannels(Good):
    def run(self, picture: Tensor, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        return np.stack([picture[..., 0]] * 2, axis=-1)


class NeverTheSame(Good):
    def run(self, picture: Tensor, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        self._calls += 1
        return np.full((8, 8, 1), (self._calls % 7) / 7, np.float32)


class SwallowsCancel(Good):
    def run(self, picture: Tensor, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        try:
            return super().run(picture, parameters, steps)
        except Cancelled:
            return picture[..., :1].copy()


class CallsHome(Good):
    def load(self, weights: Mapping[str, Path], device: str) -> None:
        super().load(weights, device)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
            one.settimeout(0.05)
            one.connect_ex(("127.0.0.1", 9))


class GivesNaN(Good):
    def run(self, picture: Tensor, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        return np.full((8, 8, 1), np.nan, np.float32)


def faults(model: type) -> str:
    return "\n".join(check_model(model, {}))


def test_a_good_model_has_no_faults() -> None:
    assert check_model(Good, {}) == []


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (HasTwoChannels, "gave a picture of shape"),
        (NeverTheSame, "The same recipe gave other pixels"),
        (SwallowsCancel, "It went on though it was cancelled"),
        (CallsHome, "It reached for the network"),
        (GivesNaN, "has NaN or infinity"),
    ],
)
def test_a_faulty_model_is_found_out(model: type, said: str) -> None:
    assert said in faults(model)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (replace(CARD, name="Mine"), 'is not "operation/model"'),
        (replace(CARD, name="conjure/mine"), "There is no operation conjure"),
        (replace(CARD, licence="do as you like!"), "no SPDX identifier"),
        (replace(CARD, weights=("mine",)), "No file was given for the weight mine"),
        (
            replace(
                CARD,
                parameters=(Parameter("soft", "Soft", ParameterType.REAL, 3.0, "Softness.", 0.0, 1.0),),
            ),
            'The default of "soft" is refused',
        ),
        (
            replace(CARD, parameters=(Parameter("edge_radius", "Edge", ParameterType.WHOLE, 1, "Edges.", 0, 2),)),
            "Its parameter edge_radius has the name of one of the operation's.",
        ),
        (replace(CARD, needs=("style",)), "It needs style, which is no input of"),
        (replace(CARD, wording=("Make it {mood}.",)), "Its wording names mood, which is no text parameter of it or of"),
        (
            replace(CARD, presets=(Preset("bold", "Bold", "All of it.", {"grain": 1.0}),)),
            "Its preset bold is refused (The model",
        ),
        (replace(CARD, presets=(Preset("bold", "Bold", "", {}),)), 'The preset "bold" has no label or no tooltip.'),
        (replace(CARD, name="restyle/mine"), 'It has no preset "adhere", which every model of restyle has.'),
    ],
)
def test_a_card_that_does_not_hold_is_found_out(card: Card, said: str) -> None:
    assert said in faults(type("Carded", (Good,), {"card": card}))


def test_what_is_no_model_is_said_to_be_none() -> None:
    assert check_model(object, {}) == ["It has no class attribute `card` of type Card."]  # type: ignore[arg-type]


def test_comply_names_the_model_and_its_faults() -> None:
    with pytest.raises(AssertionError, match=r"GivesNaN does not comply:\n- .*NaN"):
        comply(GivesNaN)
