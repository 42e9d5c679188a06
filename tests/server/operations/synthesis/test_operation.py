"""The operation `synthesize`: layers are guides, pixels stay as they are, and what does not fit is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from replate.errors import BadRequest
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate.values import Value

Run = Callable[..., dict[str, list[Frame]]]

QUICK: Mapping[str, Value] = {"uniformity": 0.0, "rounds": 4, "sweeps": 3}
PASSES = ("diffuse.R", "diffuse.G", "diffuse.B", "normals.X", "normals.Y")


def noise(channels: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((40, 48, channels)).astype(np.float32)


def frame(pixels: np.ndarray, channels: tuple[str, ...], number: int = 1, space: str = "ACEScg", **rest: Box) -> Frame:
    box = Box(0, 0, pixels.shape[1], pixels.shape[0])
    data, display = rest.get("data", box), rest.get("display", box)
    spec = FrameSpec(number, data, display, channels, PixelType.FLOAT, space)
    return Frame(spec, np.ascontiguousarray(pixels, np.float32))


@pytest.fixture
def style() -> Frame:
    return frame(noise(3, 1) * 8 - 1, ("R", "G", "B"))


def test_a_render_is_painted_in_the_style_of_another(run: Run, style: Frame) -> None:
    passes = noise(5, 2)
    inputs = {
        "plate": [frame(np.roll(passes, 8 * step, axis=1), PASSES, 1000 + step, DATA) for step in (1, 2)],
        "style": [style],
        "source": [frame(passes, PASSES)],
    }
    made = run("synthesize/patches", inputs, QUICK)["plate"]
    assert [one.spec.number for one in made] == [1001, 1002]
    for step, one in enumerate(made, 1):
        assert one.spec.channels == ("R", "G", "B")
        assert one.spec.colour_space == "ACEScg"
        assert np.abs(one.pixels - np.roll(style.pixels, 8 * step, axis=1))[:, 24:].mean() < 0.05


def test_a_layer_without_weight_says_nothing(run: Run, style: Frame) -> None:
    passes = noise(5, 2)
    misled = passes.copy()
    misled[..., 3:] = noise(2, 3)
    inputs = {"plate": [frame(misled, PASSES)], "style": [style], "source": [frame(passes, PASSES)]}
    made = run("synthesize/patches", inputs, {**QUICK, "weights": "normals=0, diffuse=4"})["plate"]
    assert np.abs(made[0].pixels - style.pixels).max() < 1e-4


def test_overscan_is_painted_too(run: Run, style: Frame) -> None:
    passes = noise(5, 2)
    wider = frame(passes, PASSES, data=Box(-4, -3, 48, 40), display=Box(0, 0, 40, 34))
    made = run("synthesize/patches", {"plate": [wider], "style": [style], "source": [frame(passes, PASSES)]}, QUICK)
    assert made["plate"][0].spec.data_window == wider.spec.data_window
    assert np.abs(made["plate"][0].pixels - style.pixels).max() < 1e-4


@pytest.mark.parametrize(
    ("channels", "counts", "says"),
    [
        (("diffuse.R", "diffuse.G", "diffuse.B", "p.X", "p.Y"), "", "has the channel normals.X and the plate has not"),
        (PASSES, "specular=2", "none of diffuse, normals"),
        (PASSES, "diffuse", "write LAYER=NUMBER"),
        (PASSES, "diffuse=-1", "write LAYER=NUMBER"),
        (PASSES, "diffuse=nan", "write LAYER=NUMBER"),
    ],
)
def test_what_does_not_fit_is_said(run: Run, style: Frame, channels: tuple[str, ...], counts: str, says: str) -> None:
    plate, source = frame(noise(5, 2), channels), frame(noise(5, 2), PASSES)
    with pytest.raises(BadRequest, match=says):
        run(
            "synthesize/patches",
            {"plate": [plate], "style": [style], "source": [source]},
            {**QUICK, "weights": counts},
        )
