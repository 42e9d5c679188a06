"""Finished keyframes are kept as they are, and all frames around them are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from replate.errors import BadRequest
from replate.frame import Box, Frame, PixelType
from replate_server.darkroom.development import develop
from replate_server.operations.compliance import Recorder, synthetic
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.contract import Tensor, windows_wanted
from replate_server.operations.parameters import check_parameters
from replate_server.operations.restyle.keyframes import Keyframes
from replate_server.operations.restyle.operation import Restyle

BOX = Box(0, 0, 96, 64)


def negative(frame: Frame, share: float = 1.0) -> Frame:
    """A keyframe as a painter might make it: 8 bits, sRGB, another size if that is asked for."""
    picture = np.clip(frame.pixels[..., :3].astype(np.float32), 0, 1)
    painted = picture + (1 - 2 * picture) * np.float32(share)
    spec = replace(frame.spec, channels=("R", "G", "B"), pixel_type=PixelType.HALF, metadata={})
    return Frame(spec, np.ascontiguousarray(painted.astype(np.float16)))


def carried(
    plate: Sequence[Frame], keyframes: Sequence[Frame], steps: Recorder | None = None, **given: object
) -> list[Frame]:
    operation, model = Restyle(), Keyframes()
    parameters = check_parameters(operation, model.card, given)
    inputs = {"plate": plate, "keyframes": keyframes}
    windows = windows_wanted(operation, model.card, inputs.keys(), parameters)
    return [
        delivery.frame
        for window in windows_of(inputs, "plate", parameters, windows, ("keyframes",))
        for delivery in operation.run(model, window, steps or Recorder())
    ]


def seen(frame: Frame) -> Tensor:
    return develop(frame, "ocio://default").display


def astray(frame: Frame, due: Frame) -> Tensor:
    """How far a frame is from another, without what is finer than motion is exact, in the middle of the picture."""
    return np.abs(seen(frame) - seen(due))[4:-4, 4:-4].max(axis=-1)


def dark_plate(count: int) -> tuple[Frame, ...]:
    """Without highlights, which come from the plate whatever is painted there."""
    return tuple(
        Frame(frame.spec, np.clip(frame.pixels, 0, 1)) for frame in synthetic(count, BOX, channels=("R", "G", "B"))
    )


@pytest.mark.parametrize("at", [(0,), (3,), (6,), (0, 6), (2, 4)])
def test_a_keyframe_stays_and_reaches_all_frames(at: tuple[int, ...]) -> None:
    plate = dark_plate(7)
    keys = [negative(plate[index]) for index in at]
    made = carried(plate, keys)
    assert [frame.spec.number for frame in made] == [frame.spec.number for frame in plate]
    for index, frame in enumerate(made):
        assert replace(frame.spec, figures=()) == plate[index].spec
        if index in at:
            assert np.abs(seen(frame) - seen(negative(plate[index]))).max() < 0.01
        assert np.percentile(astray(frame, negative(plate[index])), 90) < 0.05


def test_between_two_keyframes_one_becomes_the_other() -> None:
    plate = dark_plate(7)
    made = carried(plate, [negative(plate[0], 0.3), negative(plate[6], 0.9)])
    means = [float(seen(frame).mean()) for frame in made]
    ends = [float(seen(negative(plate[at], share)).mean()) for at, share in ((0, 0.3), (6, 0.9))]
    assert means[0] == pytest.approx(ends[0], abs=0.003) and means[6] == pytest.approx(ends[1], abs=0.003)
    assert all(np.diff(means) * np.sign(ends[1] - ends[0]) > 0)


def test_a_keyframe_may_have_another_size_but_not_another_shape() -> None:
    plate = dark_plate(3)
    large = negative(plate[1])
    spec = replace(large.spec, data_window=Box(0, 0, 192, 128), display_window=Box(0, 0, 192, 128))
    made = carried(plate, [Frame(spec, np.ascontiguousarray(large.pixels.repeat(2, axis=0).repeat(2, axis=1)))])
    assert np.percentile(np.abs(seen(made[1]) - seen(large)), 99) < 0.02
    square = replace(large.spec, data_window=Box(0, 0, 64, 64), display_window=Box(0, 0, 64, 64))
    with pytest.raises(BadRequest, match="Keyframe 1002 is 64x64 and the plate 96x64: paint it on the plate's own"):
        carried(plate, [Frame(square, np.ascontiguousarray(large.pixels[:, :64]))])


def test_beyond_a_cut_there_is_no_keyframe_and_that_is_said() -> None:
    first = dark_plate(3)
    pixels = (np.ascontiguousarray(1 - frame.pixels[::-1, :, ::-1]) for frame in first)
    others = tuple(
        Frame(replace(one.spec, number=one.spec.number + 3), px) for one, px in zip(first, pixels, strict=True)
    )
    steps = Recorder()
    made = carried((*first, *others), [negative(first[0])], steps)
    for frame, plate in zip(made[3:], others, strict=True):
        assert np.array_equal(frame.pixels, plate.pixels)
    assert steps.warnings == [
        "Frames 1004-1006 lie beyond a cut and have no keyframe, so they stay as they are: paint one of them."
    ]


def test_strength_is_how_much_of_the_keyframe_there_is() -> None:
    plate = dark_plate(2)
    half = carried(plate, [negative(plate[0])], strength=0.5)
    due = (seen(plate[0]) + seen(negative(plate[0]))) / 2
    assert np.abs(seen(half[0]) - due).max() < 0.01
