"""What a matte covers goes; all else stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from replate.errors import BadRequest
from replate.frame import Frame, PixelType
from replate_server.darkroom.development import develop
from replate_server.operations.inpaint.holes import holes

Run = Callable[..., dict[str, list[Frame]]]
MatteFrame = Callable[[np.ndarray, int], Frame]
MODEL = "inpaint/migan"


@pytest.fixture
def street(davis: Callable[..., tuple[Frame, ...]]) -> Frame:
    return davis("davis_judo", 8)[0]


def disc(height: int, width: int, x: int, y: int, radius: int) -> np.ndarray:
    down, across = np.mgrid[:height, :width]
    return (np.hypot(across - x, down - y) < radius).astype(np.float32)


def changed(before: Frame, after: Frame) -> np.ndarray:
    one, other = (np.ascontiguousarray(frame.pixels).view(np.uint16) for frame in (before, after))
    return (one != other).any(axis=-1)


def test_a_person_goes_and_the_wall_behind_is_made_up(
    run: Run, street: Frame, truth: Callable[[str, int], np.ndarray], matte_frame: MatteFrame
) -> None:
    person = truth("davis_judo", 8)
    matte = matte_frame(person.astype(np.float32), 8)
    (clean,) = run(MODEL, {"plate": (street,), "matte": (matte,)})["plate"]
    assert clean.spec == street.spec
    changes = changed(street, clean)
    assert changes[person].mean() > 0.98
    rows, columns = np.nonzero(person)
    outside = np.ones_like(person)
    outside[max(rows.min() - 9, 0) : rows.max() + 10, max(columns.min() - 9, 0) : columns.max() + 10] = False
    assert not changes[outside].any()
    assert np.isfinite(clean.pixels).all()


@pytest.mark.parametrize(("grow", "feather"), [(0, 0.0), (6, 0.0), (0, 10.0), (5, 3.0)])
def test_outside_the_feathered_hole_nothing_changes(
    run: Run, street: Frame, matte_frame: MatteFrame, grow: int, feather: float
) -> None:
    matte = disc(480, 854, 400, 360, 40)
    given = {"grow": grow, "feather": feather}
    (clean,) = run(MODEL, {"plate": (street,), "matte": (matte_frame(matte, 8),)}, given)["plate"]
    reach = 40 + grow + 2 * int(np.ceil(feather)) + 3
    changes = changed(street, clean)
    assert not changes[disc(480, 854, 400, 360, reach) == 0].any()
    assert changes[disc(480, 854, 400, 360, 38) > 0].mean() > 0.9


def test_an_empty_matte_leaves_the_plate_untouched(run: Run, street: Frame, matte_frame: MatteFrame) -> None:
    matte = matte_frame(np.full((480, 854), 0.09), 8)
    assert run(MODEL, {"plate": (street,), "matte": (matte,)})["plate"] == [street]


def test_a_hole_that_leaves_nothing_is_refused(run: Run, street: Frame, matte_frame: MatteFrame) -> None:
    with pytest.raises(BadRequest, match=r"The matte of frame 8 covers the whole picture, .* smaller"):
        run(MODEL, {"plate": (street,), "matte": (matte_frame(np.ones((480, 854)), 8),)})


def test_the_fill_is_not_banded(run: Run, matte_frame: MatteFrame, street: Frame) -> None:
    """Over a smooth ramp the fill has values between the steps of 8 bits."""
    ramp = np.linspace(0.05, 0.2, 320, dtype=np.float32)
    picture = np.broadcast_to(ramp[None, :, None], (200, 320, 3))
    box = street.spec.data_window.__class__(0, 0, 320, 200)
    spec = street.spec.__class__(8, box, box, ("R", "G", "B"), PixelType.FLOAT, "lin_rec709")
    plate = Frame(spec, np.ascontiguousarray(picture))
    matte = disc(200, 320, 160, 100, 30)
    (clean,) = run(MODEL, {"plate": (plate,), "matte": (matte_frame(matte, 8),)})["plate"]
    display = develop(clean, "ocio://default").display[matte > 0] * 255
    assert np.unique(display).size > 2000
    fill = clean.pixels[matte > 0]
    assert abs(float(fill.mean()) - float(plate.pixels[matte > 0].mean())) < 0.02


def test_holes_apart_are_filled_each_from_its_own_neighbourhood() -> None:
    hole = disc(600, 1000, 150, 300, 30) + disc(600, 1000, 800, 300, 40) > 0
    found = list(holes(hole, 0.5, 64))
    assert len(found) == 2
    assert sum(int(mine.sum()) for _, mine in found) == hole.sum()
    for box, mine in found:
        assert mine.shape == (box.height, box.width)
        assert box.width < 400


def test_holes_side_by_side_are_filled_together() -> None:
    hole = disc(300, 500, 200, 150, 30) + disc(300, 500, 270, 150, 30) > 0
    assert len(list(holes(hole, 0.5, 64))) == 1


def test_a_speckled_matte_is_one_hole() -> None:
    hole = np.zeros((900, 900), bool)
    hole[40::100, 40::100] = True
    found: Any = list(holes(hole, 0.5, 64))
    assert len(found) == 1
    assert found[0][1].sum() == hole.sum()


def test_other_frames_are_looked_at_unless_they_are_not_to_be(
    run: Run, davis: Callable[..., tuple[Frame, ...]], matte_frame: MatteFrame
) -> None:
    """A hole in one frame alone, before a camera that follows: its neighbours show the very picture."""
    frames = davis("davis_bmx-trees", 20, 21, 22)
    hole = disc(240, 432, 100, 90, 14)
    mattes = tuple(matte_frame(hole if at == 1 else np.zeros_like(hole), 20 + at) for at in range(3))
    errors = []
    for others in (True, False):
        clean = run(MODEL, {"plate": frames, "matte": mattes}, {"other_frames": others})["plate"]
        assert clean[0] == frames[0]
        assert clean[2] == frames[2]
        difference = clean[1].pixels[hole > 0].astype(np.float32) - frames[1].pixels[hole > 0].astype(np.float32)
        errors.append(float(np.square(difference).mean()))
    assert errors[0] < errors[1] / 4
