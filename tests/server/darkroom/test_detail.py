"""What is painted small gets the plate's fine detail back where it follows the plate, and nothing of it elsewhere."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from replate_server.darkroom.detail import with_detail_of
from replate_server.darkroom.resize import Nature, resize

Picture = np.ndarray
SIZES = [(80, 48), (106, 64), (160, 97)]


@pytest.fixture(scope="module")
def plate() -> Picture:
    """Structure of every size, in several colours."""
    generator = np.random.default_rng(7)
    picture = np.full((144, 240, 3), 0.5, np.float32)
    for size in (1, 3, 9, 27):
        noise = cv2.GaussianBlur(generator.normal(0, 1, picture.shape).astype(np.float32), (0, 0), size)
        picture += 0.08 * noise / noise.std()
    picture[:, 120:] = 0.7 * picture[:, 120:, :1] + 0.3 * picture[:, 120:]
    return picture.clip(0.02, 0.98)


def small(picture: Picture, size: tuple[int, int]) -> Picture:
    return resize(picture, *size, Nature.COLOUR)


def large(picture: Picture) -> Picture:
    return resize(picture, 240, 144, Nature.COLOUR)


def psnr(one: Picture, other: Picture) -> float:
    return float(-10 * np.log10(np.mean(np.square(one - other))))


@pytest.mark.parametrize("size", SIZES)
def test_the_plate_painted_small_is_the_plate(plate: Picture, size: tuple[int, int]) -> None:
    soft = large(small(plate, size))
    made = psnr(with_detail_of(plate, small(plate, size)), plate)
    assert made > 55 and made > psnr(soft, plate) + 20
    assert np.array_equal(with_detail_of(plate, small(plate, size), 0.0), soft)


@pytest.mark.parametrize("size", SIZES)
def test_other_colours_and_contrast_keep_the_detail(plate: Picture, size: tuple[int, int]) -> None:
    for graded in (plate[..., ::-1] * 0.6 + 0.2, 1 - plate, np.repeat(plate.mean(axis=-1, keepdims=True), 3, axis=-1)):
        assert psnr(with_detail_of(plate, small(graded, size)), graded) > psnr(large(small(graded, size)), graded) + 15


def test_nothing_of_the_plate_shines_through_what_is_new(plate: Picture) -> None:
    size = SIZES[1]
    noise = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 1, (64, 106, 3)).astype(np.float32), (0, 0), 2)
    new = (0.5 + 0.2 * noise / noise.std()).clip(0, 1)
    fine = plate - large(small(plate, size))
    for painted in (new, np.full_like(new, 0.4)):
        added = with_detail_of(plate, painted) - large(painted)
        shining = (added * fine).sum() / np.square(fine).sum()
        assert abs(shining) < 0.02 and added.std() < 0.12 * fine.std()


def test_where_one_half_is_new_the_other_keeps_its_detail(plate: Picture) -> None:
    size = SIZES[1]
    painted = small(plate, size)
    painted[:, :53] = 0.4
    made = with_detail_of(plate, painted)
    assert psnr(made[:, 150:], plate[:, 150:]) > 50
    assert np.abs(made[:, :90] - large(painted)[:, :90]).max() < 0.01


def test_of_the_same_size_it_stays_as_it_was_painted(plate: Picture) -> None:
    painted = np.ascontiguousarray(plate[::-1])
    assert np.array_equal(with_detail_of(plate, painted), painted)
