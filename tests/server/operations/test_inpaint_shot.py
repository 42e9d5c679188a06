"""What a hole hides comes from other frames; what none shows is made up once, and does not flicker."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from replate.frame import Box, Frame, FrameSpec, PixelType
from replate_server.operations.compliance import MemoryWindow, Recorder
from replate_server.operations.flow.dis import Dis
from replate_server.operations.inpaint.filling import fill
from replate_server.operations.inpaint.patch import Patch
from replate_server.operations.inpaint.plates import Plates, looked_at
from replate_server.operations.inpaint.shot import filled

HEIGHT, WIDTH = 120, 200


@dataclass
class Footage:
    """A `Shot` in memory."""

    pictures: Sequence[np.ndarray]
    holes: Sequence[np.ndarray]
    parts: Sequence[np.ndarray] | None = None

    @property
    def numbers(self) -> range:
        return range(len(self.pictures))

    context = numbers

    def picture(self, number: int) -> np.ndarray:
        return self.pictures[number]

    def hole(self, number: int) -> np.ndarray:
        return self.holes[number]

    def wanted(self, number: int) -> np.ndarray:
        return (self.parts or self.holes)[number]


def scenery(seed: int = 3) -> np.ndarray:
    """Something to follow, larger than a picture: [height, width, 3]."""
    noise = np.random.default_rng(seed).random((HEIGHT + 60, WIDTH + 120, 3)).astype(np.float32)
    picture = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (1.5, 4.0, 10.0))
    return (picture - picture.min()) / np.ptp(picture) * 0.8 + 0.1


def pan(frames: int, step: float) -> list[np.ndarray]:
    """The scenery, fetched so that it moves by `step` pixels a frame to the left."""
    whole = scenery()
    return [
        cv2.warpAffine(
            whole, np.float32([[1, 0, -20 - step * at], [0, 1, -20]]), (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC
        )
        for at in range(frames)
    ]


def discs(*centres: tuple[float, float], radius: float = 16) -> list[np.ndarray]:
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    return [np.hypot(across - x, down - y) < radius for x, y in centres]


def covered(pictures: Sequence[np.ndarray], holes: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The pictures, with a striped subject in the holes."""
    stripes = (np.arange(WIDTH) // 3 % 2).astype(np.float32)[None, :, None]
    return [
        np.where(hole[..., None], stripes, picture).astype(np.float32)
        for picture, hole in zip(pictures, holes, strict=True)
    ]


def run(shot: Footage, steps: Recorder | None = None) -> list[np.ndarray]:
    return [picture for _, picture in filled(shot, Patch(), Dis(), {}, 0, steps or Recorder())]


def error(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(one - other)[where].mean()))


def test_a_pan_shows_what_the_subject_hides() -> None:
    truth = pan(12, 4.3)
    holes = discs(*[(100, 60)] * 12)
    made = run(Footage(covered(truth, holes), holes))
    for number in (0, 5, 11):
        assert error(made[number], truth[number], holes[number]) < 0.012
        assert (made[number][~holes[number]] == truth[number][~holes[number]]).all()


def test_before_a_camera_that_stands_still_the_very_pixels_come_back() -> None:
    truth = [pan(1, 0)[0]] * 10
    holes = discs(*[(40.0 + 12 * at, 60.0) for at in range(10)])
    made = run(Footage(covered(truth, holes), holes))
    for number in range(10):
        assert np.abs(made[number] - truth[number])[holes[number]].max() < 2e-3


def test_what_no_frame_shows_is_made_up_once_and_stays() -> None:
    grain = np.random.default_rng(5)
    still = pan(1, 0)[0]
    truth = [(still + grain.normal(0, 0.004, still.shape)).astype(np.float32) for _ in range(6)]
    holes = discs(*[(100, 60)] * 6)
    shot = Footage(covered(truth, holes), holes)
    made = run(shot)
    alone = [fill(Patch(), shot.picture(at), holes[at], {}, at, Recorder()) for at in range(6)]
    inside = holes[0]
    flicker, by_itself = (
        np.mean([error(one, other, inside) for one, other in itertools.pairwise(some)]) for some in (made, alone)
    )
    assert flicker < 0.004
    assert flicker < by_itself / 4


def test_the_fill_has_the_brightness_of_its_frame() -> None:
    truth = [picture * np.float32(1 - 0.02 * at) for at, picture in enumerate(pan(12, 4.0))]
    holes = discs(*[(100, 60)] * 12)
    made = run(Footage(covered(truth, holes), holes))
    for number in (0, 6, 11):
        difference = (made[number] - truth[number])[holes[number]]
        assert abs(float(difference.mean())) < 0.004


def test_something_else_that_passes_is_not_taken_for_what_is_behind() -> None:
    """A second thing crosses, not in the hole, where the first was: the picture behind both is what comes back."""
    truth = [pan(1, 0)[0]] * 14
    holes = discs(*[(30.0 + 10 * at, 60.0) for at in range(14)], radius=10)
    other = discs(*[(-40.0 + 10 * at, 60.0) for at in range(14)], radius=22)
    passing = [
        np.where(disc[..., None], np.float32(0.95), picture)
        for picture, disc in zip(covered(truth, holes), other, strict=True)
    ]
    made = run(Footage(passing, holes))
    for number in (3, 6, 9):
        clear = holes[number] & ~other[number]
        assert error(made[number], truth[number], clear) < 0.05


def test_only_what_is_wanted_is_filled() -> None:
    truth = pan(5, 5.0)
    holes = discs(*[(100, 60)] * 5)
    parts = [hole & (np.arange(WIDTH) < 100) for hole in holes]
    shot = Footage(covered(truth, holes), holes, parts)
    for number, made in enumerate(run(shot)):
        assert (made[~parts[number]] == shot.picture(number)[~parts[number]]).all()
        assert (made[parts[number]] != shot.picture(number)[parts[number]]).any()


def test_a_still_is_filled_as_one_picture() -> None:
    (hole,) = discs((100, 60))
    picture = covered(pan(1, 0), [hole])[0]
    (made,) = run(Footage([picture], [hole]))
    assert (made == fill(Patch(), picture, hole, {}, 0, Recorder())).all()


def test_it_says_often_how_far_it_is() -> None:
    truth = pan(4, 3.0)
    holes = discs(*[(100, 60)] * 4)
    steps = Recorder()
    run(Footage(covered(truth, holes), holes), steps)
    assert len(steps.fractions) > 12
    assert steps.fractions == sorted(steps.fractions)


def test_a_single_frame_of_a_long_shot_looks_at_few_others() -> None:
    every = tuple(range(1, 301))
    looked = looked_at(MemoryWindow({}, {}, (150,), every))
    assert len(looked) < 25
    assert {149, 150, 151} < set(looked)
    assert list(looked) == sorted(looked)
    assert looked_at(MemoryWindow({}, {}, every, every)) == every


def test_frames_with_data_windows_of_their_own_lie_over_each_other(
    matte_frame: Callable[[np.ndarray, int], Frame],
) -> None:
    whole = scenery()[:HEIGHT, :WIDTH]
    display = Box(0, 0, WIDTH, HEIGHT)
    frames = []
    for number, left in ((1, 0), (2, 10), (3, 0)):
        spec = FrameSpec(
            number, Box(left, 0, WIDTH - left, HEIGHT), display, ("R", "G", "B"), PixelType.HALF, "lin_rec709"
        )
        frames.append(Frame(spec, np.ascontiguousarray(whole[:, left:], np.float16)))
    (hole,) = discs((100, 60))
    mattes = [matte_frame(hole.astype(np.float32), number) for number in (1, 2, 3)]
    given = {"threshold": 0.1, "grow": 0, "feather": 0.0, "other_frames": True}
    window = MemoryWindow({"plate": frames, "matte": mattes}, given, (1, 2, 3), (1, 2, 3))
    plates = Plates.of(window, Recorder(), (1, 2, 3), (1, 2, 3))
    assert plates.picture(2).shape == (HEIGHT, WIDTH, 3)
    assert plates.hole(2)[:, :10].all() and not plates.wanted(2)[:, :10].any()
    assert np.allclose(plates.picture(1)[:, 10:], plates.picture(2)[:, 10:])
    made = dict(filled(plates, Patch(), Dis(), {}, 0, Recorder()))
    assert plates.filled(2, made[2]).shape == (HEIGHT, WIDTH - 10, 3)


def test_a_wall_behind_a_bicycle_is_found_in_other_frames(
    davis: Callable[..., tuple[Frame, ...]], model: Callable[[str], object]
) -> None:
    """Holes painted over what is known, in a real pan with motion blur and parallax: far nearer the truth than a
    network's guess."""
    from replate_server.darkroom.development import develop

    truth = [develop(frame, "ocio://default").display for frame in davis("davis_bmx-trees", *range(4, 12))]
    hole = np.zeros(truth[0].shape[:2], bool)
    hole[70:120, 60:110] = True
    holes = [hole] * len(truth)
    shot = Footage([np.where(hole[..., None], np.float32(0.5), picture) for picture in truth], holes)
    migan = model("inpaint/migan")
    made = [picture for _, picture in filled(shot, migan, Dis(), {}, 0, Recorder())]  # type: ignore[arg-type]
    guess = fill(migan, shot.picture(4), hole, {}, 0, Recorder())  # type: ignore[arg-type]
    assert error(made[4], truth[4], hole) < 0.4 * error(guess, truth[4], hole)
