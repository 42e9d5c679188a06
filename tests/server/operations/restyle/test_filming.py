"""A shot that is longer than a model's takes holds its colours, and nothing shows where one take joins the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from replate.errors import Failed
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate_server.operations.compliance import Recorder, comply, still
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.contract import Steps, Tensor, Windows, keyed_roles, windows_wanted
from replate_server.operations.parameters import check_parameters
from replate_server.operations.restyle.operation import Restyle
from replate_server.operations.restyle.repainting import Take
from server.operations.restyle.test_holding import figures, same, seen
from studio_models import Drifting

BOX = Box(0, 0, 128, 80)
COUNT = 33
"""Three takes of the drifting model: 1 to 17, 13 to 29, 25 to 33."""


class Plain(Drifting):
    """Paints what it sees, brighter if it is told, and keeps the takes."""

    def __init__(self) -> None:
        self.takes: list[Take] = []

    def repaint(self, take: Take, parameters: Mapping[str, Any], seed: int, steps: Steps) -> list[Tensor]:
        steps.progress(0.0)
        self.takes.append(take)
        return list(take.pictures)


def pan(count: int = COUNT, step: int = 2, seed: int = 5, first: int = 1) -> tuple[Frame, ...]:
    """A camera that goes past a ground of several sizes of structure."""
    generator = np.random.default_rng(seed)
    ground = np.full((BOX.height, BOX.width + step * count, 3), 0.3, np.float32)
    for size in (1.5, 5, 15):
        noise = cv2.GaussianBlur(generator.normal(0, 1, ground.shape).astype(np.float32), (0, 0), size)
        ground += 0.07 * noise / noise.std()
    ground = ground.clip(0.02, 1)
    return tuple(frame(ground[:, step * index : step * index + BOX.width], first + index) for index in range(count))


def frame(picture: Tensor, number: int) -> Frame:
    box = Box(0, 0, picture.shape[1], picture.shape[0])
    spec = FrameSpec(number, box, box, ("R", "G", "B"), PixelType.HALF, "lin_rec709")
    return Frame(spec, np.ascontiguousarray(picture, np.float16))


def pulled(plate: Sequence[Frame], stops: float) -> tuple[Frame, ...]:
    """A plate whose exposure is pulled, evenly."""
    gains = 2 ** np.linspace(0, stops, len(plate))
    return tuple(
        frame(one.pixels.astype(np.float32) * gain, one.spec.number) for one, gain in zip(plate, gains, strict=True)
    )


def restyled(
    inputs: Mapping[str, Sequence[Frame]],
    model: Drifting | None = None,
    steps: Recorder | None = None,
    numbers: tuple[int, ...] = (),
    **given: Any,
) -> list[Frame]:
    model = model or Drifting()
    model.load({}, "cpu")
    operation, recorder = Restyle(), steps or Recorder()
    parameters = check_parameters(operation, model.card, {"figures": False, **given})
    wanted = windows_wanted(operation, model.card, inputs.keys(), parameters)
    assert wanted == (Windows(length=None) if model.frames > 1 else wanted)
    (window,) = windows_of(inputs, "plate", parameters, wanted, keyed_roles(operation))
    window = replace(window, numbers=numbers or window.numbers)
    return [delivery.frame for delivery in operation.run(model, window, recorder)]


def astray(made: Sequence[Frame], due: Sequence[Frame]) -> float:
    """How far colours are from what is due at most, as the mean of a frame and a channel."""
    pairs = zip(seen(made), seen(due), strict=True)
    return max(float(np.abs((one - other).mean(axis=(0, 1))).max()) for one, other in pairs)


@pytest.mark.parametrize("goes_on", [False, True])
def test_drift_and_jumps_are_taken_out(goes_on: bool) -> None:
    plate = {"plate": pan()}
    due = restyled(plate, drift=0.0)
    assert astray(restyled(plate, goes_on=goes_on, tie_colour=False), due) > 0.08
    tied = restyled(plate, goes_on=goes_on)
    assert astray(tied, due) < 0.008
    for one, other in zip(seen(tied), seen(due), strict=True):
        assert np.abs(one - other).mean() < 0.008


def test_drift_is_taken_out_on_real_footage_that_moves_fast(footage: Path) -> None:
    files = sorted((footage / "davis_bmx-trees" / "rgb").glob("*.jpg"))[:COUNT]
    pictures = [cv2.resize(cv2.imread(str(file)), (216, 120), interpolation=cv2.INTER_AREA) for file in files]
    linear = [(one[..., ::-1].astype(np.float32) / 255) ** 2.2 for one in pictures]
    plate = {"plate": tuple(frame(one, number) for number, one in enumerate(linear, 1))}
    due = restyled(plate, drift=0.0)
    untied, tied = (astray(restyled(plate, tie_colour=flag), due) for flag in (False, True))
    assert untied > 0.08 and tied < 0.015


@pytest.mark.parametrize("stops", [1.0, -2.0])
def test_what_the_plate_changes_itself_is_no_drift(stops: float) -> None:
    plate = {"plate": pulled(pan(), stops)}
    untied, tied = (restyled(plate, drift=0.0, tie_colour=flag) for flag in (False, True))
    change = np.abs(seen(untied)[-1].mean() - seen(untied)[0].mean())
    assert change > 0.04 and astray(tied, untied) < 0.1 * change


def test_figures_say_how_far_colours_drifted_and_how_takes_join() -> None:
    plate = {"plate": pan()}
    tied, untied = (figures(restyled(plate, figures=True, tie_colour=flag)) for flag in (True, False))
    assert len(tied["drift"]) == COUNT and len(tied["join"]) == len(untied["join"]) == 10
    assert tied["drift"][0] == 0 and max(tied["drift"]) > 0.05
    assert max(untied["join"]) > 0.03 and max(tied["join"]) < 0.005
    assert max(figures(restyled(plate, figures=True, drift=0.0))["drift"]) < 0.003


def test_a_model_that_paints_what_it_sees_gives_the_plate() -> None:
    big = tuple(frame(cv2.resize(one.pixels.astype(np.float32), (512, 320)), one.spec.number) for one in pan(6))
    model = Plain()
    made = restyled({"plate": big}, model)
    assert model.takes[0].size == (112, 176)
    for one, other in zip(seen(made), seen(big), strict=True):
        assert np.square(one - other).mean() < 1e-5
    exact = restyled({"plate": pan(6)}, Plain())
    assert np.abs(np.stack(seen(exact)) - np.stack(seen(pan(6)))).max() < 2e-3


def test_a_scene_is_cut_into_takes_and_nothing_is_carried_across_a_cut() -> None:
    first, other = pan(24), pan(9, seed=6, first=25)
    model = Plain()
    restyled({"plate": (*first, *other)}, model)
    assert [(take.numbers[0], len(take.numbers), take.place) for take in model.takes] == [
        (1, 17, 0),
        (13, 13, 12),
        (25, 9, 0),
    ]
    assert [sorted(take.known) for take in model.takes] == [[], [0, 1, 2, 3, 4], []]
    # Beyond the scene its last frame is repeated.
    assert model.takes[1].numbers[-2:] == (24, 24)
    assert np.abs(model.takes[1].known[2] - model.takes[1].pictures[2]).max() < 1e-4


def test_what_is_made_is_kept_and_any_range_is_the_same() -> None:
    plate, steps, model = {"plate": pan()}, Recorder(), Plain()
    whole = restyled(plate, model, steps)
    assert len(model.takes) == 3
    part = restyled(plate, model, steps, numbers=(14, 33))
    assert len(model.takes) == 3 and same(part, [whole[13], whole[32]])
    early = Plain()
    assert same(restyled(plate, early, numbers=(5,)), [whole[4]]) and len(early.takes) == 1
    # What the first take was shown is what it was; the others follow from it.
    changed = (*plate["plate"][:20], *pulled(plate["plate"][20:], 0.3))
    restyled({"plate": changed}, model, steps)
    assert [take.place for take in model.takes[3:]] == [12, 24]
    restyled(plate, model, steps, gate="", drift=0.5, keep_colour=True)
    assert len(model.takes) == 8


def test_frames_come_as_takes_are_done() -> None:
    model, steps = Plain(), Recorder()
    model.load({}, "cpu")
    parameters = check_parameters(Restyle(), model.card, {"figures": False})
    (window,) = windows_of({"plate": pan()}, "plate", parameters, Windows(length=None))
    made = []
    for delivery in Restyle().run(model, window, steps):
        made.append((delivery.frame.spec.number, len(model.takes)))
    assert made[:13] == [(number, 1) for number in range(1, 13)] + [(13, 2)]
    assert made[-1] == (COUNT, 3)


def test_a_take_has_the_matte_the_depth_the_style_and_the_keyframes() -> None:
    plate = pan(9)
    half = np.zeros((BOX.height, BOX.width, 1), np.float16)
    half[:, 64:] = 1

    def beside(planes: np.ndarray, channel: str) -> tuple[Frame, ...]:
        return tuple(
            Frame(replace(one.spec, channels=(channel,), colour_space=DATA), planes.astype(np.float16)) for one in plate
        )

    model = Plain()
    inputs = {
        "plate": plate,
        "matte": beside(half, "A"),
        "depth": beside(0.5 + half, "depth.Z"),
        "style": (still(),),
        "keyframes": plate[4:5],
    }
    made = restyled(inputs, model, area="world")
    (take,) = model.takes
    assert take.mattes is not None and take.depths is not None and take.style is not None
    assert take.mattes[3][:, :64].min() == 1 and take.mattes[3][:, 64:].max() == 0
    assert take.depths[0][:, :64].max() == 0 and take.depths[0][:, 64:].min() == 1
    assert take.style.shape == (56, 72, 3) and list(take.known) == [4]
    for one, own in zip(made, plate, strict=True):
        assert np.array_equal(one.pixels[:, 64:], own.pixels[:, 64:])


def test_a_keyframe_gives_a_take_its_colours() -> None:
    plate = {"plate": pan(17)}
    due = restyled(plate, drift=0.0)
    made = restyled({**plate, "keyframes": [due[8]]})
    assert astray(made, due) < 0.01


def test_where_the_matte_leaves_nothing_no_take_is_made() -> None:
    plate = pan()
    empty, full = np.zeros((BOX.height, BOX.width, 1), np.float16), np.ones((BOX.height, BOX.width, 1), np.float16)
    mattes = tuple(
        Frame(replace(one.spec, channels=("A",), colour_space=DATA), full if one.spec.number > 30 else empty)
        for one in plate
    )
    model = Plain()
    made = restyled({"plate": plate, "matte": mattes}, model)
    assert [take.place for take in model.takes] == [24] and same(made[:30], plate[:30])


def test_a_model_of_pictures_paints_keyframes() -> None:
    class Pictures(Plain):
        card = replace(Plain.card, windows=Windows(length=1))
        frames, overlap, stride = 1, 0, 1

    plate, model, steps = pan(13), Pictures(), Recorder()
    big = tuple(frame(cv2.resize(one.pixels.astype(np.float32), (256, 160)), one.spec.number) for one in plate)
    made = restyled({"plate": big}, model, steps)
    assert 1 <= len(model.takes) < 6
    assert {(len(take.numbers), take.place, take.size) for take in model.takes} == {(1, 0, (112, 176))}
    for one, other in zip(seen(made), seen(big), strict=True):
        assert np.abs(one - other).mean() < 0.01
    painted = len(model.takes)
    restyled({"plate": big}, model, steps, size="half", hold="keyframes")
    assert {take.size for take in model.takes[painted:]} == {(80, 128)}


def test_a_model_that_gives_something_else_is_told() -> None:
    class Short(Plain):
        def repaint(self, take: Take, *others: Any) -> list[Tensor]:
            return list(take.pictures)[1:]

    with pytest.raises(Failed, match=r"The model restyle/drifting gave 4 frames of 5; its module must be put right\."):
        restyled({"plate": pan(5)}, Short())


def test_takes_that_share_nothing_are_refused() -> None:
    class Apart(Plain):
        overlap = 0

    with pytest.raises(Failed, match=r"Takes of restyle/drifting share no frame to join them by; its module must"):
        restyled({"plate": pan(5)}, Apart())


def test_it_complies() -> None:
    comply(Drifting)
