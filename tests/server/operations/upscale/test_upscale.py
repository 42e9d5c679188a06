"""A plate comes back larger, with all that it had."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pictures import LINEAR
from replate.errors import BadRequest, Failed
from replate.frame import Box, Frame, FrameSpec, PixelType
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.contract import Card, Sizes, Steps, Tensor, Windows
from replate_server.operations.parameters import check_parameters
from replate_server.operations.upscale.clip import Clip
from replate_server.operations.upscale.lanczos import Lanczos
from replate_server.operations.upscale.operation import Upscale

Paint = Callable[[Tensor], Tensor]


class Painted:
    """Repeats each pixel, and paints what comes out."""

    card = Card("upscale/painted", "Painted", "A test's own.", "1", "MIT", windows=Windows(length=2, before=1, after=1))

    def __init__(self, paint: Paint = lambda picture: picture, sizes: Sizes | None = None) -> None:
        self.card = replace(self.card, sizes=sizes or Sizes())
        self._paint = paint
        self.clips: list[Clip] = []

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        """There is nothing to load."""

    def enlarge(self, clip: Clip, scale: int, parameters: Mapping[str, Value], steps: Steps) -> Iterator[Tensor]:
        self.clips.append(clip)
        for index in clip.wanted:
            steps.progress(0.0)
            yield self._paint(clip.pictures[index].repeat(scale, 0).repeat(scale, 1))


def upscaled(model: object, plate: tuple[Frame, ...], **given: Value) -> list[Frame]:
    operation = Upscale()
    parameters = check_parameters(operation, model.card, given)
    return [
        delivery.frame
        for window in windows_of({"plate": plate}, "plate", parameters, model.card.windows)
        for delivery in operation.run(model, window, Recorder())
    ]


def frame(pixels: np.ndarray, number: int = 1001, box: Box | None = None, channels: str = "RGBA") -> Frame:
    height, width, count = pixels.shape
    spec = FrameSpec(
        number,
        box or Box(0, 0, width, height),
        Box(0, 0, 24, 16),
        tuple(channels[:count]),
        PixelType.HALF,
        LINEAR,
        pixel_aspect=2.0,
        metadata={"reel": "A7"},
    )
    return Frame(spec, pixels.astype(np.float16))


def noise(seed: int = 1, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).random((16, 24, channels), np.float32)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_every_pixel_lies_where_it_lay(scale: int) -> None:
    """A model that repeats pixels gives the plate back, repeated, whatever tiles it is given."""
    plate = tuple(frame(noise(number), number) for number in (1001, 1002, 1003, 1007, 1008))
    model = Painted(sizes=Sizes(multiple=4, minimum=8, most_pixels=144, overlap=4))
    made = upscaled(model, plate, scale=f"{scale}x")
    assert [one.spec.number for one in made] == [1001, 1002, 1003, 1007, 1008]
    for source, large in zip(plate, made, strict=True):
        assert large.spec == replace(
            source.spec,
            data_window=Box(0, 0, 24 * scale, 16 * scale),
            display_window=Box(0, 0, 24 * scale, 16 * scale),
        )
        assert np.allclose(large.pixels, source.pixels.repeat(scale, 0).repeat(scale, 1), atol=2e-3)


def test_a_model_sees_the_frames_around_and_is_told_which() -> None:
    model = Painted()
    upscaled(model, tuple(frame(noise(number), number) for number in range(1001, 1006)))
    assert [(clip.numbers, clip.wanted) for clip in model.clips] == [
        ((1001, 1002, 1003), range(0, 2)),
        ((1002, 1003, 1004, 1005), range(1, 3)),
        ((1004, 1005), range(1, 2)),
    ]


def test_windows_that_move_stay_where_they_are() -> None:
    """A data window that follows its subject, smaller than the format and beyond it."""
    plate = (frame(noise(1), 1, Box(-5, 2, 24, 16)), frame(noise(2)[:7, :9], 2, Box(3, -1, 9, 7)))
    first, second = upscaled(Painted(), plate)
    assert first.spec.data_window == Box(-10, 4, 48, 32)
    assert second.spec.data_window == Box(6, -2, 18, 14)
    assert np.allclose(second.pixels, plate[1].pixels.repeat(2, 0).repeat(2, 1), atol=2e-3)


def test_light_above_1_survives_and_none_is_made_up() -> None:
    lit = np.full((16, 24, 3), 0.2, np.float32)
    lit[4:9, 4:9] = 1200.0, 800.0, 300.0
    lit[12:] = -0.05
    (kept,) = upscaled(Lanczos(), (frame(lit),))
    assert np.allclose(kept.pixels[12:14, 12:14], lit[6, 6], rtol=2e-3)
    assert kept.pixels.max() <= 1200
    assert np.allclose(kept.pixels[-3:], -0.05, atol=1e-4)
    (white,) = upscaled(Painted(np.ones_like), (frame(lit),))
    assert white.pixels[10, 44].max() <= 1
    assert white.pixels.max() <= 1200


def test_nothing_becomes_negative_that_was_not() -> None:
    """Of saturated colours of a wide gamut, which lie outside that of the model's picture."""
    source = frame(np.random.default_rng(4).choice([0.0, 1.0], (16, 24, 3)))
    wide = Frame(replace(source.spec, colour_space="ACEScg"), source.pixels)
    (large,) = upscaled(Lanczos(), (wide,))
    assert large.pixels.min() >= 0
    below = source.pixels.copy()
    below[2:7, 2:7] = -0.25, 0.5, 0.5
    (kept,) = upscaled(Lanczos(), (Frame(wide.spec, below),))
    assert np.allclose(kept.pixels[8:10, 8:10, 0], -0.25, atol=2e-3)


def test_an_edge_of_alpha_has_no_fringe() -> None:
    """What lies under the edge is the subject's colour, not a mix with the black around it."""
    planes = np.zeros((16, 24, 4), np.float32)
    y, x = np.mgrid[:16, :24]
    alpha = np.clip(6 - np.hypot(x - 11.5, y - 7.5), 0, 1)
    planes[..., :3] = alpha[..., None] * np.array([0.8, 0.4, 0.1], np.float32)
    planes[..., 3] = alpha
    (large,) = upscaled(Lanczos(), (frame(planes),), scale="4x")
    rgb, cover = large.pixels[..., :3].astype(np.float32), large.channel("A").astype(np.float32)
    edge = (cover > 0.05) & (cover < 0.95)
    assert edge.sum() > 100
    assert np.allclose(rgb[edge] / cover[edge][:, None], [0.8, 0.4, 0.1], atol=0.01)
    assert not rgb[cover == 0].any()
    assert (cover[28:36, 40:52] == 1).all()


def test_light_under_no_alpha_is_kept() -> None:
    planes = np.zeros((16, 24, 4), np.float32)
    planes[2:6, 2:6, :3] = 3.0, 1.5, 0.2
    planes[8:, 12:] = 0.5, 0.5, 0.5, 1.0
    (large,) = upscaled(Lanczos(), (frame(planes),))
    assert np.allclose(large.pixels[7:9, 7:9], [3.0, 1.5, 0.2, 0.0], rtol=5e-3)
    assert np.allclose(large.pixels[20:, 28:], [0.5, 0.5, 0.5, 1.0], atol=2e-3)


def test_a_grey_plate_stays_grey() -> None:
    plate = frame(noise(channels=1), channels="Y")
    (large,) = upscaled(Painted(), (plate,), scale="3x")
    assert large.spec.channels == ("Y",)
    assert np.allclose(large.pixels, plate.pixels.repeat(3, 0).repeat(3, 1), atol=2e-3)


def test_detail_mixes_what_the_model_makes_with_a_plain_enlargement() -> None:
    plate = (frame(noise()),)
    checks = np.indices((32, 48)).sum(0)[..., None] % 2 * np.float32(0.2) - np.float32(0.1)
    model = Painted(lambda picture: picture + checks)

    def grain(frame: Frame) -> float:
        pixels = frame.pixels.astype(np.float32)
        return float(np.abs(pixels[1:] - pixels[:-1]).mean())

    (none,), (some,), (whole,) = (upscaled(model, plate, detail=share) for share in (0.0, 0.5, 1.0))
    assert np.array_equal(none.pixels, upscaled(Lanczos(), plate)[0].pixels)
    assert grain(none) < grain(some) < grain(whole)
    assert len(model.clips) == 2, "for a plain enlargement no model is asked"


def test_frames_of_two_formats_are_refused() -> None:
    other = frame(noise(), 1002)
    plate = (frame(noise()), Frame(replace(other.spec, display_window=Box(0, 0, 48, 32)), other.pixels))
    with pytest.raises(BadRequest, match="reformat one to the other"):
        upscaled(Painted(), plate)


def test_a_model_that_gives_another_size_or_count_is_told() -> None:
    with pytest.raises(Failed, match="shape"):
        upscaled(Painted(lambda picture: picture[1:]), (frame(noise()),))

    class Silent(Painted):
        def enlarge(self, *_: object) -> Iterator[Tensor]:
            return iter(())

    with pytest.raises(Failed, match="0 pictures of 1"):
        upscaled(Silent(), (frame(noise()),))
