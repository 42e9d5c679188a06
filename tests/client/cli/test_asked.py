"""What an artist writes on a command line is understood, or refused in one sentence."""

from pathlib import Path

import pytest

from replate.catalog import Catalog, Limits, Model, Operation
from replate.cli import asked
from replate.errors import BadRequest, NotFound
from replate.jobs import JobOutput
from replate.values import OutputPlate, Parameter, ParameterType, Point, Preset, Region, Role

OPERATION = Operation(
    "cut",
    "Cut",
    "",
    (Role("plate", "Plate", ""),),
    (OutputPlate("matte", "Matte", ""),),
    (
        Parameter("prompts", "Prompts", ParameterType.PROMPTS, (), ""),
        Parameter("strength", "Strength", ParameterType.REAL, 1.0, ""),
        Parameter("keep_colour", "Keep colour", ParameterType.FLAG, False, ""),
    ),
    "cut/well",
)
MODEL = Model(
    "cut/well",
    "cut",
    "",
    "",
    "1",
    "MIT",
    (
        Parameter("steps", "Steps", ParameterType.WHOLE, 1, ""),
        Parameter("preset", "Preset", ParameterType.CHOICE, "a", "", choices=("a", "b")),
    ),
    (),
    0,
    True,
    "",
    presets=(Preset("soft", "Soft", "", {"strength": 0.25, "steps": 2}),),
)
CATALOG = Catalog("1", (OPERATION,), (MODEL,), Limits(1, 1, 1, 1), ("cpu",), "ocio://default")


def test_clicks_and_boxes_name_their_object_and_frame() -> None:
    assert asked.click("10,20.5", 7, True) == Point(7, 10, 20.5)
    assert asked.click("dog=10,20@1003", 7, False) == Point(1003, 10, 20, False, "dog")
    assert asked.click("1,2@-3", 7, True) == Point(-3, 1, 2)
    assert asked.box("cat_2=1,2,30,40@5", 7) == Region(5, 1, 2, 30, 40, "cat_2")


@pytest.mark.parametrize("text", ["", "1", "1,2,3", "a,b", "1,2@x", "2dog=1,2", "1.2.3,4"])
def test_a_click_that_makes_no_sense_says_how_to_write_one(text: str) -> None:
    with pytest.raises(BadRequest, match=r"X,Y\[@FRAME\]"):
        asked.click(text, 1, True)


def test_parameters_have_the_types_of_the_catalog() -> None:
    assignments = ["strength=1", "keep-colour=yes", "steps=4", "preset=b"]
    found = asked.parameters(CATALOG, OPERATION, "", assignments, [Point(1, 2, 3)])
    assert found == {
        "strength": 1.0,
        "keep_colour": True,
        "steps": 4,
        "preset": "b",
        "prompts": (Point(1, 2, 3),),
    }
    assert isinstance(found["strength"], float)


def test_a_preset_is_what_a_command_line_begins_from() -> None:
    assert asked.parameters(CATALOG, OPERATION, "", [], [], "soft") == {"strength": 0.25, "steps": 2}
    assert asked.parameters(CATALOG, OPERATION, "", ["steps=7"], [], "soft") == {"strength": 0.25, "steps": 7}
    with pytest.raises(NotFound, match="The model cut/well has no preset 'loud'; it has soft"):
        asked.parameters(CATALOG, OPERATION, "", [], [], "loud")


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("strength", "NAME=VALUE"),
        ("force=1", "no parameter force: there are prompts, strength"),
        ("steps=1.5", "a whole number"),
        ("strength=much", "a number"),
        ("keep_colour=perhaps", "true or false"),
        ("prompts=1,2", "--click"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_to_do(assignment: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        asked.parameters(CATALOG, OPERATION, "", [assignment], [])


def test_a_model_may_be_named_without_its_operation() -> None:
    assert asked.model_name(OPERATION, "well") == "cut/well"
    assert asked.model_name(OPERATION, "cut/well") == "cut/well"
    assert asked.model_name(OPERATION, "") == ""


def test_another_jobs_output_is_an_input() -> None:
    assert asked.job_output("job:0a1b/matte") == JobOutput("0a1b", "matte")
    assert asked.job_output("shot.####.exr") is None
    with pytest.raises(BadRequest, match="job:ID/OUTPUT"):
        asked.job_output("job:0a1b")


def files(out: str | None, outputs: tuple[str, ...], stem: str = "", single: bool = False) -> dict[str, Path]:
    writers = asked.writers(out, outputs, stem, single=single, compression="zip")
    return {name: writer.path(7) for name, writer in writers.items()}


def test_each_output_has_its_own_files() -> None:
    both = ("motion", "occlusion")
    assert files("a/x.####.exr", ("plate",)) == {"plate": Path("a/x.0007.exr")}
    assert files("a/x.####.exr", both)["motion"] == Path("a/x.motion.0007.exr")
    assert files("a/{output}/x.%04d.exr", both)["occlusion"] == Path("a/occlusion/x.0007.exr")
    assert files("{output}.####.exr", ("plate",))["plate"] == Path("plate.0007.exr")
    assert files(None, ("plate",), "dog.restyle")["plate"] == Path("out/dog.restyle.0007.exr")
    assert files("x.png", ("plate",), single=True) == {"plate": Path("x.png")}


@pytest.mark.parametrize(
    ("out", "said"),
    [("x.exr", r"write x.####.exr"), ("folder/x", r"no ending"), ("x.####.xyz", r"write .exr")],
)
def test_a_place_that_will_not_do_is_refused_before_anything_is_asked_for(out: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        files(out, ("plate",))
