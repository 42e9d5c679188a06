"""What a job asks for is held against the catalog, and refused in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from replate.errors import BadRequest
from replate.values import Parameter, ParameterType, Point, Region
from replate_server.operations.contract import Card, Operation
from replate_server.operations.parameters import check_parameters, check_value
from replate_server.operations.registry import models, operations


def of(name: str) -> tuple[Operation, Card]:
    return operations()[name.split("/")[0]], models()[name].card


def test_defaults_are_filled_in() -> None:
    values = check_parameters(*of("restyle/adain"), {"strength": 0.5})
    assert values == {
        "strength": 0.5,
        "keep_colour": False,
        "style_scale": 1.0,
        "hold": "keyframes",
        "key_every": 12,
        "tie_colour": True,
        "area": "subject",
        "matte_feather": 0.0,
        "size": "full",
        "detail": 1.0,
        "figures": True,
    }


def test_the_models_own_parameters_are_taken_too() -> None:
    assert check_parameters(*of("flow/dis"), {"preset": "fast"}) == {"preset": "fast"}


def test_a_whole_number_is_a_real_one() -> None:
    strength = check_parameters(*of("restyle/adain"), {"strength": 1})["strength"]
    assert strength == 1.0
    assert isinstance(strength, float)


@pytest.mark.parametrize(
    ("model", "given", "said"),
    [
        (
            "restyle/adain",
            {"strenght": 1.0},
            'The model restyle/adain has no parameter "strenght"; perhaps "strength" is meant.',
        ),
        ("identity/copy", {"x": 1}, 'The model identity/copy has no parameter "x"; it takes none.'),
        ("restyle/adain", {"strength": 1.5}, 'The parameter "strength" is 1.5; give a number from 0 to 1.'),
        ("restyle/adain", {"strength": float("nan")}, 'The parameter "strength" is nan; give a number from 0 to 1.'),
        ("restyle/adain", {"strength": "much"}, 'The parameter "strength" is "much"; give a number.'),
        ("restyle/adain", {"strength": True}, 'The parameter "strength" is True; give a number.'),
        ("restyle/adain", {"keep_colour": 1}, 'The parameter "keep_colour" is 1; give true or false.'),
        ("inpaint/migan", {"grow": 2.5}, 'The parameter "grow" is 2.5; give a whole number.'),
        ("inpaint/migan", {"grow": 1 << 60}, f'The parameter "grow" is {1 << 60}; give a number from 0 to 200.'),
        (
            "flow/dis",
            {"preset": "best"},
            'The parameter "preset" has no choice "best"; take "ultrafast", "fast" or "medium".',
        ),
        (
            "segment/sam2-tiny",
            {"prompts": ()},
            "Nothing is pointed at; click on the subject in one frame at least.",
        ),
        ("segment/sam2-tiny", {"prompts": "here"}, 'The parameter "prompts" is "here"; give points and regions.'),
        (
            "segment/sam2-tiny",
            {"prompts": (Point(1, 2, 3),) * 1001},
            'The parameter "prompts" has 1001 prompts; give at most 1000.',
        ),
        (
            "segment/sam2-tiny",
            {"prompts": (Point(1, float("inf"), 3),)},
            'A prompt for "subject" on frame 1 has no place; give finite pixels.',
        ),
        (
            "segment/sam2-tiny",
            {"prompts": (Region(1, 2, 3, 0, 4),)},
            'The region for "subject" on frame 1 is empty; give it a width and a height above 0.',
        ),
        (
            "segment/sam2-tiny",
            {"prompts": (Point(4, 2, 3, False, "car"),)},
            '"car" has only outside points on frame 4, the first it was pointed at on; click inside it as well.',
        ),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_a_sentence(model: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRequest) as caught:
        check_parameters(*of(model), given)
    assert str(caught.value) == said


@pytest.mark.parametrize("name", ["1car", "", "my car", "car.A", "../x", "a" * 65, "Auto\n"])
def test_an_object_has_a_name_that_a_layer_can_have(name: str) -> None:
    with pytest.raises(BadRequest, match="cannot name an object"):
        check_parameters(*of("segment/sam2-tiny"), {"prompts": (Point(1, 2, 3, True, name),)})


def test_a_text_has_an_end() -> None:
    text = Parameter("text", "Text", ParameterType.TEXT, "", "Any text.")
    assert check_value(text, "x" * 10_000)
    with pytest.raises(BadRequest, match="10001 characters"):
        check_value(text, "x" * 10_001)
