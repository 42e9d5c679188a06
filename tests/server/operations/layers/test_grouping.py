"""A model that tells what belongs together: its groups are layers, through the shot, and the plate stays the plate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from replate.frame import Frame
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.layers.grouping import Grouping
from replate_server.operations.layers.patch import Patch
from replate_server.operations.parameters import check_parameters
from replate_server.operations.registry import operations
from scenery import Card, Scene, disc, scene, slope

from .test_operation import channel, composited, depth, mattes, names, plate

RED, GREEN = (0.9, 0.02, 0.01), (0.02, 0.8, 0.03)
FIRST, LAST = 40, 76


class Told(Patch):
    """Groups as a studio's own model might tell them: here they are given."""

    def __init__(self, *covers: Tensor) -> None:
        self.covers = covers
        self.asked: list[tuple[int, int]] = []

    def grouped(
        self, picture: Tensor, most: int, parameters: Mapping[str, Value], seed: int, number: int, steps: Steps
    ) -> Sequence[Tensor]:
        self.asked.append((number, most))
        return self.covers[:most]


def two(x: float) -> Scene:
    """Two discs that touch, on one slanted card: depth has no step between them, nor behind them."""
    return scene(
        [Card(disc(x, 36, 14), RED, slope(8.0, 4.0)), Card(disc(x + 24, 36, 12), GREEN, slope(8.0, 4.0))],
        far=slope(8.0, 4.0),
    )


def shown(made: Scene) -> tuple[Tensor, Tensor]:
    return made.covers[0] * (1 - made.covers[1]), made.covers[1]


def run(model: Any, shot: Sequence[Scene], extra: Any = None, steps: Recorder | None = None, **given: Value) -> Any:
    plates = [plate(made, 1001 + at) for at, made in enumerate(shot)]
    inputs = {"plate": plates, "depth": [depth(one, made.distances) for one, made in zip(plates, shot, strict=True)]}
    inputs |= extra(plates) if extra else {}
    operation = operations()["layers"]
    parameters = check_parameters(operation, model.card, given)
    (window,) = windows_of(inputs, "plate", parameters, model.card.windows)
    made: dict[str, list[Frame]] = {"layers": [], "depths": []}
    for delivery in operation.run(model, window, steps or Recorder()):
        made[delivery.output].append(delivery.frame)
    return made


@pytest.fixture(scope="module")
def shot() -> list[Scene]:
    return [two(x) for x in np.linspace(FIRST, LAST, 7)]


def test_what_depth_does_not_part_a_model_does(shot: list[Scene]) -> None:
    model = Told(*shown(shot[3]))
    assert isinstance(model, Grouping) and not isinstance(Patch(), Grouping)
    steps = Recorder()
    made = run(model, shot, steps=steps, count=3)
    assert model.asked == [(1004, 2)] and not steps.warnings
    assert steps.fractions == sorted(steps.fractions)
    for layers, one in zip(made["layers"], shot, strict=True):
        assert set(names(layers)) == {"layer1", "object1", "object2"} and names(layers)[0] == "layer1"
        for name, cover in zip(("object1", "object2"), shown(one), strict=True):
            found = channel(layers, f"{name}.A")
            # What is before a disc it goes on behind.
            other = shown(one)[1] if name == "object1" else shown(one)[0]
            assert np.abs(found - cover)[other == 0].mean() < 0.01
        assert np.abs(composited(layers)[..., :3] - plate(one).pixels.astype(np.float32)).max() < 0.5 / 255
    # Behind them is the wall, but for a pixel here and there of what outlines are uncertain of.
    assert (channel(made["layers"][0], "layer1.R") > 0.1).mean() < 0.002


def test_what_was_given_goes_before_and_is_no_group(shot: list[Scene]) -> None:
    (one,) = shot[3:4]
    given = lambda plates: {"mattes": [mattes(plates[0], object1=one.covers[1])]}  # noqa: E731
    (layers,) = run(Told(*shown(one)), [one], given)["layers"]
    assert set(names(layers)) >= {"object1", "object2"} and "object3" not in names(layers)
    assert np.abs(channel(layers, "object1.A") - one.covers[1]).max() < 1e-3
    assert np.abs(composited(layers)[..., :3] - plate(one).pixels.astype(np.float32)).max() < 0.5 / 255


@pytest.mark.parametrize("told", ["nothing", "noise", "specks", "everything", "empty"])
def test_whatever_it_tells_the_plate_comes_back(shot: list[Scene], told: str) -> None:
    rng = np.random.default_rng(5)
    covers = {
        "nothing": [],
        "noise": list(rng.dirichlet(np.ones(4), (30, 50)).astype(np.float32).transpose(2, 0, 1)[:3]),
        "specks": [np.eye(72, 120, dtype=np.float32) * 0.4],
        "everything": [np.ones((72, 120), np.float32)],
        "empty": [np.zeros((72, 120), np.float32)] * 2,
    }[told]
    for layers, one in zip(run(Told(*covers), shot[:3])["layers"], shot, strict=False):
        assert np.isfinite(layers.pixels).all()
        assert np.abs(composited(layers)[..., :3] - plate(one).pixels.astype(np.float32)).max() < 0.5 / 255


def test_without_room_for_it_nobody_is_asked(shot: list[Scene]) -> None:
    model = Told(*shown(shot[0]))
    (layers,) = run(model, shot[:1], count=1)["layers"]
    assert names(layers) == ["layer1"] and not model.asked


def test_what_it_told_is_kept_for_other_edges(shot: list[Scene]) -> None:
    model, steps = Told(*shown(shot[0])), Recorder()
    for softness in (0.0, 1.0):
        run(model, shot[:1], steps=replace(steps, fractions=[]), softness=softness)
    assert len(model.asked) == 1
    run(model, shot[1:2], steps=replace(steps, fractions=[]))
    assert len(model.asked) == 2
