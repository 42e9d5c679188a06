"""A restyle paints in the style's manner, and leaves alone what it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from replate.errors import BadRequest
from replate.frame import Box, Frame
from replate_server.darkroom.development import develop
from replate_server.operations.compliance import Recorder, still, synthetic
from replate_server.operations.contract import Model
from replate_server.operations.restyle.colours import with_colours_of

Run = Callable[..., dict[str, list[Frame]]]


def bits(frame: Frame) -> np.ndarray:
    return np.ascontiguousarray(frame.pixels).view(np.uint16)


def half_matte(plate: Frame, matte_frame: Callable[[np.ndarray, int], Frame]) -> tuple[Frame]:
    matte = np.zeros(plate.pixels.shape[:2], np.float32)
    matte[:, : matte.shape[1] // 2] = 1
    return (matte_frame(matte, plate.spec.number),)


def test_outside_the_matte_the_plate_stays_bit_for_bit(run: Run, matte_frame: Any) -> None:
    (plate,) = synthetic(1, Box(0, 0, 128, 96))
    plate.pixels.flags.writeable = True
    plate.pixels[2, 120] = np.array([np.nan, np.inf, -np.inf, 1.0], np.float16)
    matte = half_matte(plate, matte_frame)
    (out,) = run("restyle/adain", {"plate": (plate,), "style": (still(),), "matte": matte})["plate"]
    assert np.array_equal(bits(out)[:, 64:], bits(plate)[:, 64:])
    assert (bits(out)[:, :64, :3] != bits(plate)[:, :64, :3]).any(axis=-1).mean() > 0.9


def test_a_feathered_matte_is_exact_beyond_its_feather(run: Run, matte_frame: Any) -> None:
    (plate,) = synthetic(1, Box(0, 0, 128, 96))
    inputs = {"plate": (plate,), "style": (still(),), "matte": half_matte(plate, matte_frame)}
    (out,) = run("restyle/adain", inputs, {"matte_feather": 8.0})["plate"]
    assert np.array_equal(bits(out)[:, 73:], bits(plate)[:, 73:])
    assert not np.array_equal(bits(out)[:, 64:72], bits(plate)[:, 64:72])


def test_strength_goes_from_the_plate_to_the_style(run: Run) -> None:
    (plate,) = synthetic(1, Box(0, 0, 96, 64))
    inputs = {"plate": (plate,), "style": (still(),)}
    seen = develop(plate, "ocio://default").display

    def distance(strength: float) -> float:
        (out,) = run("restyle/adain", inputs, {"strength": strength})["plate"]
        return float(np.abs(develop(out, "ocio://default").display - seen).mean())

    distances = [distance(strength) for strength in (0.0, 0.05, 0.2, 0.6, 1.0)]
    assert distances[0] == 0
    assert distances == sorted(distances)


def test_it_takes_on_the_styles_colours(run: Run) -> None:
    (plate,) = synthetic(1, Box(0, 0, 160, 120))
    style = still(160, 120)
    red = replace(style, pixels=(style.pixels * np.array([1, 0.05, 0.02])).astype(np.float16))
    (out,) = run("restyle/adain", {"plate": (plate,), "style": (red,)})["plate"]
    reddish = [
        float(np.mean(frame.pixels[..., 0].astype(float) > 1.5 * frame.pixels[..., 1])) for frame in (plate, out)
    ]
    assert reddish[1] > 0.8 > 0.4 > reddish[0]


def test_keep_colour_keeps_the_hue_of_every_pixel(run: Run) -> None:
    (plate,) = synthetic(1, Box(0, 0, 96, 64), channels=("R", "G", "B"))
    (out,) = run("restyle/adain", {"plate": (plate,), "style": (still(),)}, {"keep_colour": True})["plate"]
    before, after = (develop(frame, "ocio://default").display for frame in (plate, out))
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
    chroma = [picture - (picture @ weights)[..., None] for picture in (before, after)]
    across = np.abs(np.cross(chroma[0], chroma[1])).max()
    assert across < 2e-3
    assert np.abs(after - before).mean() > 0.02


def test_colours_are_kept_within_range_at_the_cost_of_chroma() -> None:
    generator = np.random.default_rng(3)
    plate, painted = generator.random((2, 32, 32, 3), np.float32)
    mixed = with_colours_of(plate, painted)
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
    assert mixed.min() >= 0
    assert mixed.max() <= 1
    np.testing.assert_allclose(mixed @ weights, painted @ weights, atol=1e-5)


def test_tiles_show_no_seams(run: Run, model: Callable[[str], Model], monkeypatch: Any) -> None:
    """Two tiles of a picture differ from the whole no more at their joint than elsewhere."""
    adain: Any = model("restyle/adain")
    plate = synthetic(1, Box(0, 0, 640, 256), channels=("R", "G", "B"))
    inputs = {"plate": plate, "style": (still(200, 150),)}
    (whole,) = run("restyle/adain", inputs)["plate"]
    sizes = replace(adain.card.sizes, most_pixels=384 * 256, overlap=192)
    monkeypatch.setattr(adain, "card", replace(adain.card, sizes=sizes), raising=False)
    (tiled,) = run("restyle/adain", inputs)["plate"]

    def steps(frame: Frame) -> np.ndarray:
        picture = develop(frame, "ocio://default").display
        return np.abs(np.diff(picture, axis=1)).mean(axis=(0, 2))

    change = steps(tiled) / np.maximum(steps(whole), 1e-6)
    assert change[256:384].max() < 1.5 * np.percentile(change, 95)
    shift = develop(tiled, "ocio://default").display.mean(axis=(0, 1)) - develop(whole, "ocio://default").display.mean(
        axis=(0, 1)
    )
    assert np.abs(shift).max() < 0.06


def test_highlights_survive(run: Run) -> None:
    (plate,) = synthetic(1, Box(0, 0, 96, 64))
    (out,) = run("restyle/adain", {"plate": (plate,), "style": (still(),)})["plate"]
    assert float(out.pixels[..., :3].max()) > 1.5


def test_a_matte_of_another_format_is_refused(run: Run, matte_frame: Any) -> None:
    plate = synthetic(1, Box(0, 0, 96, 64))
    inputs = {"plate": plate, "style": (still(),), "matte": (matte_frame(np.ones((32, 32)), 1001),)}
    with pytest.raises(BadRequest, match="The matte is 32x32 and the plate 96x64 at frame 1001; reformat"):
        run("restyle/adain", inputs)


def test_nan_in_the_plate_is_said_once_a_frame(run: Run) -> None:
    (plate,) = synthetic(1, Box(0, 0, 96, 64))
    plate.pixels.flags.writeable = True
    plate.pixels[5, 5, 0] = np.nan
    steps = Recorder()
    (out,) = run("restyle/adain", {"plate": (plate,), "style": (still(),)}, steps=steps)["plate"]
    assert len(steps.warnings) == 1
    assert "Frame 1001 has 1 NaN sample" in steps.warnings[0]
    assert np.isfinite(out.pixels).all()
