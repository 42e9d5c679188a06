"""A model that paints light is not given the plate's: its own comes out, as bright as it says that it can be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from replate.frame import Frame
from replate_server.darkroom.logc import logged, unlogged
from replate_server.darkroom.range import compress, expand
from replate_server.operations.compliance import comply
from replate_server.operations.contract import Steps, Tensor
from replate_server.operations.restyle.repainting import Relighter, Take
from server.operations.restyle.test_filming import frame, pan, restyled
from studio_models import Drifting


def light_of(picture: Tensor) -> Tensor:
    return expand(unlogged(picture))


class Lamp(Drifting):
    """Four times the light that it sees, up to 40; the plate is 128 pixels wide, and it is good at that."""

    light = 40.0
    gain = 4.0

    def __init__(self) -> None:
        self.takes: list[Take] = []

    def repaint(self, take: Take, parameters: Mapping[str, Any], seed: int, steps: Steps) -> list[Tensor]:
        steps.progress(0.0)
        self.takes.append(take)
        return [logged(compress(np.minimum(self.gain * light_of(picture), self.light))) for picture in take.pictures]


class Same(Lamp):
    gain, light = 1.0, 70_000.0


class Blinding(Lamp):
    """Paints more than it says."""

    def repaint(self, take: Take, parameters: Mapping[str, Any], seed: int, steps: Steps) -> list[Tensor]:
        return [np.ones_like(picture) for picture in take.pictures]


@pytest.fixture(scope="module")
def plate() -> tuple[Frame, ...]:
    """Nine frames of a pan; in the middle a lamp of 6, in a corner a sun of 500."""
    made = []
    for one in pan(9):
        light = one.pixels.astype(np.float32)
        light[30:50, 50:80] = 6
        light[:10, :10] = 500
        made.append(frame(light, one.spec.number))
    return tuple(made)


def light(frames: Any) -> Any:
    return np.stack([one.pixels.astype(np.float32) for one in frames])


def test_it_complies() -> None:
    model = Lamp()
    model.load({}, "cpu")
    assert isinstance(model, Relighter)
    comply(Lamp)


def test_what_it_leaves_alone_is_the_plates_to_half_precision(plate: tuple[Frame, ...]) -> None:
    own, made = light(plate), light(restyled({"plate": plate}, Same(), tie_colour=False))
    assert (np.abs(made - own) <= np.maximum(np.abs(own), 2**-14) * 2**-10).all()


def test_it_sees_the_plates_light_and_its_own_comes_out(plate: tuple[Frame, ...]) -> None:
    model = Lamp()
    own, made = light(plate), light(restyled({"plate": plate}, model, tie_colour=False))
    assert light_of(model.takes[0].pictures[0])[40, 60] == pytest.approx(6, rel=1e-3)
    assert made[:, 35:45, 55:75] == pytest.approx(24, rel=2e-3)
    dark = own[:, 60:, 90:]
    assert made[:, 60:, 90:] == pytest.approx(4 * dark, rel=5e-3, abs=1e-3) and dark.max() > 0.3


def test_light_is_bounded_by_what_it_can_mean_and_by_the_plate(plate: tuple[Frame, ...]) -> None:
    made = light(restyled({"plate": plate}, Blinding(), tie_colour=False, figures=True))
    assert made[:, 25:, 25:].max() == pytest.approx(40, rel=2e-3)
    assert made.max() == pytest.approx(500, rel=2e-3)


def test_a_keyframe_keeps_its_light(plate: tuple[Frame, ...]) -> None:
    key = frame(light(plate)[4] * 2, plate[4].spec.number)
    model = Lamp()
    made = restyled({"plate": plate, "keyframes": (key,)}, model, tie_colour=False)
    assert np.array_equal(made[4].pixels[25:, 25:], key.pixels[25:, 25:])
    assert light_of(model.takes[0].known[4])[40, 60] == pytest.approx(12, rel=1e-3)


def test_mixed_with_the_plate_light_is_mixed(plate: tuple[Frame, ...]) -> None:
    lit, faded = (light(restyled({"plate": plate}, Lamp(), tie_colour=False, strength=one)) for one in (1.0, 0.1))
    own = light(plate)
    assert (own[:, 40, 60] < faded[:, 40, 60]).all() and (faded[:, 40, 60] < lit[:, 40, 60]).all()
