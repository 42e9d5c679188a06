"""Motion vectors say where pixels go, both ways, and occlusion where they cannot be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from replate.errors import BadRequest
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate_server.operations.compliance import Recorder, synthetic

Run = Callable[..., dict[str, list[Frame]]]


def texture(height: int, width: int) -> np.ndarray:
    noise = np.random.default_rng(5).random((height, width, 3)).astype(np.float32)
    fine, coarse = cv2.GaussianBlur(noise, (0, 0), 2), cv2.GaussianBlur(noise, (0, 0), 12)
    return np.clip(0.4 + (fine - 0.5) * 2 + (coarse - 0.5) * 6, 0.01, 0.9)


def moved(picture: np.ndarray, x: float, y: float) -> np.ndarray:
    """The picture's content shifted by x to the right and y down."""
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cv2.warpAffine(picture, matrix, picture.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def plate(*pictures: np.ndarray, numbers: tuple[int, ...] | None = None) -> tuple[Frame, ...]:
    frames = []
    for index, picture in enumerate(pictures):
        box = Box(0, 0, picture.shape[1], picture.shape[0])
        number = numbers[index] if numbers else index + 1
        spec = FrameSpec(number, box, box, ("R", "G", "B"), PixelType.FLOAT, "lin_rec709")
        frames.append(Frame(spec, np.ascontiguousarray(picture, np.float32)))
    return tuple(frames)


@pytest.mark.parametrize("size", [(180, 240), (720, 960)])
@pytest.mark.parametrize("shift", [(3.0, 0.0), (-2.4, 1.7), (9.5, -6.25)])
def test_a_translation_is_recovered_to_a_fifth_of_a_pixel(
    run: Run, size: tuple[int, int], shift: tuple[float, float]
) -> None:
    picture = texture(*size)
    out = run("flow/dis", {"plate": plate(picture, moved(picture, *shift))})["motion"]
    assert out[0].spec.channels == ("forward.u", "forward.v", "backward.u", "backward.v")
    assert (out[0].spec.pixel_type, out[0].spec.colour_space) == (PixelType.FLOAT, DATA)
    inner = (slice(20, -20), slice(20, -20))
    forward, backward = out[0].pixels[inner][..., :2], out[1].pixels[inner][..., 2:]
    assert np.abs(np.median(forward, axis=(0, 1)) - shift).max() < 0.1
    assert np.percentile(np.abs(forward - shift), 95) < 0.2
    assert np.percentile(np.abs(backward + np.array(shift)), 95) < 0.2


def test_there_is_no_motion_beyond_the_ends_of_the_shot(run: Run) -> None:
    picture = texture(96, 128)
    out = run("flow/dis", {"plate": plate(picture, moved(picture, 2, 0), moved(picture, 4, 0))})
    first, last = out["motion"][0], out["motion"][2]
    assert not first.pixels[..., 2:].any()
    assert not last.pixels[..., :2].any()
    assert not out["occlusion"][0].pixels[..., 1].any()
    assert not out["occlusion"][2].pixels[..., 0].any()


def test_over_a_gap_motion_is_still_a_frames(run: Run) -> None:
    picture = texture(96, 128)
    out = run("flow/dis", {"plate": plate(picture, moved(picture, 6, 0), numbers=(10, 13))})["motion"]
    assert np.median(out[0].pixels[20:-20, 20:-20, 0]) == pytest.approx(2.0, abs=0.05)


def test_what_is_covered_is_occluded(run: Run) -> None:
    ground, ball = texture(160, 220), np.float32([0.9, 0.1, 0.1])
    pictures = []
    for x in (60, 80):
        picture = ground.copy()
        inside = np.hypot(*(np.mgrid[:160, :220] - np.array([80, x])[:, None, None])) < 26
        picture[inside] = ball * (0.6 + 0.4 * texture(160, 220)[inside])
        pictures.append(picture)
    occlusion = run("flow/dis", {"plate": plate(*pictures)})["occlusion"]
    # Right of the ball the ground goes under it; left of it, it has just come out.
    assert occlusion[0].channel("occluded_forward.A")[70:90, 88:104].mean() > 0.6
    assert occlusion[1].channel("occluded_backward.A")[70:90, 36:52].mean() > 0.6
    assert occlusion[0].channel("occluded_forward.A")[120:, 130:200].mean() < 0.1


def test_frames_with_other_data_windows_are_measured_in_one_place(run: Run) -> None:
    picture = texture(120, 160)
    first, second = plate(picture, picture)
    spec = replace(second.spec, data_window=Box(12, 8, 100, 80))
    second = Frame(spec, np.ascontiguousarray(picture[8:88, 12:112]))
    out = run("flow/dis", {"plate": (first, second)})["motion"]
    assert out[0].pixels.shape[:2] == (120, 160)
    assert out[1].pixels.shape[:2] == (80, 100)
    assert np.percentile(np.abs(out[1].pixels[10:-10, 10:-10]), 95) < 0.2


def test_windows_join_without_a_step(run: Run) -> None:
    """Nine frames are two windows; the joint is measured from both sides alike."""
    picture = texture(64, 96)
    frames = plate(*(moved(picture, 1.5 * index, 0) for index in range(10)))
    out = run("flow/dis", {"plate": frames})["motion"]
    assert [frame.spec.number for frame in out] == list(range(1, 11))
    for frame in out[1:-1]:
        assert np.median(frame.pixels[10:-10, 20:-20, 0]) == pytest.approx(1.5, abs=0.1)
        assert np.median(frame.pixels[10:-10, 20:-20, 2]) == pytest.approx(-1.5, abs=0.1)


def test_mixed_formats_are_refused(run: Run) -> None:
    with pytest.raises(BadRequest, match=r"frame 2 is 64x48 and the plate 96x64 at frame 1"):
        run("flow/dis", {"plate": plate(texture(64, 96), texture(48, 64))})


def test_a_picture_of_one_pixel_has_no_motion(run: Run) -> None:
    one = synthetic(2, Box(0, 0, 1, 1))
    assert not run("flow/dis", {"plate": one}, steps=Recorder())["motion"][0].pixels.any()
