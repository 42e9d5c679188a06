"""Light above 1 comes through a restyle as light above 1: as bright as the plate's, and as steady."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from replate.frame import Box, Frame, PixelType
from replate.media import open_plate
from replate_server.darkroom.development import LUMINANCE
from replate_server.operations.compliance import Recorder, still
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.contract import windows_wanted
from replate_server.operations.parameters import check_parameters
from replate_server.operations.restyle.keyframes import Keyframes
from replate_server.operations.restyle.operation import Restyle

Run = Callable[..., dict[str, list[Frame]]]
WIDTH, HEIGHT, PAN = 192, 128, 8
LAMP = (445, 385)
"""Row and column of the lamp in the still life, which is 490 at its brightest."""


@pytest.fixture(scope="module")
def lamp(footage: Path) -> tuple[Frame, ...]:
    """A pan of 8 pixels a frame past a burning lamp, photographed in high dynamic range."""
    (frame,) = open_plate(footage / "exr_misc" / "ScanLines_StillLife.exr")
    pixels = frame.pixels[..., :3]
    row, column = LAMP[0] - HEIGHT // 2, LAMP[1] - WIDTH // 2
    box = Box(0, 0, WIDTH, HEIGHT)
    spec = replace(frame.spec, channels=("R", "G", "B"), data_window=box, display_window=box, colour_space="lin_rec709")
    return tuple(
        Frame(
            replace(spec, number=1001 + place, pixel_type=PixelType.HALF),
            np.ascontiguousarray(pixels[row:, column + PAN * place :][:HEIGHT, :WIDTH].astype(np.float16)),
        )
        for place in range(3)
    )


@pytest.fixture(scope="module")
def ball(footage: Path) -> tuple[Frame, ...]:
    """A rendered ball, four stops over: its stripes of full colours are 8."""
    frames = list(open_plate(footage / "exr_beachball" / "singlepart.####.exr", "1-2"))
    return tuple(
        Frame(
            replace(frame.spec, channels=("R", "G", "B", "A"), data_window=(box := Box(0, 0, 228, 219)),
                    display_window=box, colour_space="lin_rec709"),
            np.ascontiguousarray(frame.pixels[::4, ::4][:219, :228] * np.array([16, 16, 16, 1], np.float16)),
        )
        for frame in frames
    )  # fmt: skip


def light(frame: Frame) -> np.ndarray:
    """Luminance, [height, width]."""
    return frame.pixels[..., :3].astype(np.float32) @ np.array(LUMINANCE, np.float32)


def peaks(frame: Frame) -> np.ndarray:
    return frame.pixels[..., :3].astype(np.float32).max(axis=-1)


def test_a_painted_lamp_is_as_bright_as_the_lamp_and_nothing_else_is(run: Run, lamp: Sequence[Frame]) -> None:
    made = run("restyle/adain", {"plate": lamp, "style": (still(),)}, {"hold": "frames"})["plate"]
    for plate, result in zip(lamp, made, strict=True):
        bright = peaks(plate) > 1
        assert bright.mean() > 0.1
        assert (peaks(result)[bright] > 1).mean() > 0.8
        assert (peaks(result)[~bright] <= 1.01).all()
        assert (peaks(result)[bright] <= peaks(plate)[bright] * 1.01).all()
        assert 0.5 < light(result)[bright].sum() / light(plate)[bright].sum() < 1.5
        alike = np.corrcoef(np.log(light(plate)[bright]), np.log(light(result)[bright].clip(1e-2)))[0, 1]
        assert alike > 0.8


@pytest.mark.parametrize("hold", ["frames", "keyframes"])
def test_a_painted_lamp_does_not_flicker_along_a_pan(run: Run, lamp: Sequence[Frame], hold: str) -> None:
    made = run("restyle/adain", {"plate": lamp, "style": (still(),)}, {"hold": hold})["plate"]
    lights = [np.log(light(frame).clip(1e-2)) for frame in made]
    for plate, one, other in zip(lamp, lights, lights[1:], strict=False):
        bright = peaks(plate)[8:-8, PAN + 8 : -8] > 4
        change = np.abs(one[8:-8, PAN + 8 : -8] - other[8:-8, 8 : -PAN - 8])[bright]
        assert change.mean() < (0.1 if hold == "frames" else 0.01)


def test_a_bright_render_stays_bright_and_its_alpha_holds(run: Run, ball: Sequence[Frame]) -> None:
    made = run("restyle/adain", {"plate": ball, "style": (still(),)}, {"hold": "frames"})["plate"]
    for plate, result in zip(ball, made, strict=True):
        assert np.array_equal(plate.channel("A"), result.channel("A"))
        bright = (peaks(plate) > 4) & (plate.channel("A") == 1)
        assert (peaks(result)[bright] > 1).mean() > 0.5
        assert peaks(result).max() < 8.1
        assert np.isfinite(result.pixels).all()


def carried(plate: Sequence[Frame], keyframe: Frame) -> list[Frame]:
    operation, model = Restyle(), Keyframes()
    parameters = check_parameters(operation, model.card, {})
    inputs = {"plate": plate, "keyframes": (keyframe,)}
    windows = windows_wanted(operation, model.card, inputs.keys(), parameters)
    return [
        delivery.frame
        for window in windows_of(inputs, "plate", parameters, windows, ("keyframes",))
        for delivery in operation.run(model, window, Recorder())
    ]


def test_a_keyframe_painted_in_eight_bits_gets_the_plates_light(lamp: Sequence[Frame]) -> None:
    """The lamp is painted green."""
    plate = lamp[0].pixels.astype(np.float32)
    shown = (plate / np.maximum(plate.max(axis=-1, keepdims=True), 1)).clip(0, 1)
    green = (shown[..., [1, 0, 2]]).astype(np.float16)
    for plate_frame, result in zip(lamp, carried(lamp, Frame(lamp[0].spec, green)), strict=True):
        seen = peaks(plate_frame) > 4
        seen[:, -24:] = False  # What came into the picture since is not in the keyframe.
        colours = result.pixels.astype(np.float32)[seen]
        assert np.median(colours.max(axis=-1) / peaks(plate_frame)[seen]) == pytest.approx(1, abs=0.1)
        assert (colours[..., 1] >= colours[..., 0]).mean() > 0.95


def test_a_keyframe_with_light_of_its_own_comes_back_as_it_is(lamp: Sequence[Frame]) -> None:
    """What a restyle gave is a keyframe of the next, and its light does not grow from one to the other."""
    dimmed = Frame(lamp[0].spec, (lamp[0].pixels[..., [1, 0, 2]] * np.float16(0.5)))
    first = carried(lamp, dimmed)[0]
    bright = peaks(lamp[0]) > 1
    assert np.allclose(peaks(first)[bright], peaks(dimmed)[bright], rtol=0.02, atol=0.01)
