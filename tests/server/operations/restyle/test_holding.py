"""A restyle is held still by its keyframes, without ghosts and without blur; and any range of it is the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from replate.errors import BadRequest
from replate.frame import DATA, Box, Frame, PixelType, digest_of, pixel_bytes
from replate_server.darkroom.development import develop
from replate_server.darkroom.motion import unsteadiness
from replate_server.operations.compliance import MemoryWindow, Recorder, still, synthetic
from replate_server.operations.compliance.plates import motion as true_motion
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.contract import Card, Steps, Tensor, Windows, windows_wanted
from replate_server.operations.parameters import check_parameters
from replate_server.operations.restyle.operation import Restyle

Run = Callable[..., dict[str, list[Frame]]]
BOX = Box(0, 0, 96, 64)
STYLE = (still(),)


@dataclass
class Painter:
    """Paints as it is told, and counts."""

    paint: Callable[[Tensor], Tensor] = lambda picture: picture
    length: int | None = 1
    painted: int = 0
    card: Card = field(init=False)

    def __post_init__(self) -> None:
        self.card = Card("restyle/told", "Told", "For tests.", "1", "CC0-1.0", windows=Windows(self.length))

    def load(self, weights: Mapping[str, Path], device: str) -> None: ...

    def look(self, style: Any, name: str, whole: Any, steps: Steps) -> None: ...

    def run(self, picture: Tensor, look: None, parameters: Mapping[str, Any], steps: Steps) -> Tensor:
        self.painted += 1
        return np.ascontiguousarray(self.paint(picture), np.float32)


def grain(picture: Tensor) -> Tensor:
    """Another grain on every frame, as a model's that flickers, and always the same on the same frame."""
    seed = int.from_bytes(digest_of(picture.tobytes()).encode()[:6], "big")
    return np.clip(picture + np.random.default_rng(seed).normal(0, 0.08, picture.shape), 0, 1)


def windows(painter: Painter, inputs: Mapping[str, Sequence[Frame]], **given: Any) -> list[MemoryWindow]:
    parameters = check_parameters(Restyle(), painter.card, given)
    return windows_of(inputs, "plate", parameters, windows_wanted(Restyle(), painter.card, inputs.keys(), parameters))


def restyled(
    painter: Painter, inputs: Mapping[str, Sequence[Frame]], steps: Recorder | None = None, **given: Any
) -> list[Frame]:
    steps = steps or Recorder()
    return [
        delivery.frame
        for window in windows(painter, inputs, **given)
        for delivery in Restyle().run(painter, window, steps)
    ]


def moving(count: int, **more: Any) -> dict[str, Sequence[Frame]]:
    plate = synthetic(count, BOX, **more)
    return {"plate": plate, "style": STYLE, "motion": true_motion(plate)}


def data(plate: Sequence[Frame], channels: tuple[str, ...], values: Sequence[Any], **more: Any) -> tuple[Frame, ...]:
    """Frames of data beside a plate, each a value or a picture [height, width, channels]."""
    made = []
    for frame, value in zip(plate, values, strict=True):
        spec = replace(frame.spec, channels=channels, pixel_type=PixelType.FLOAT, colour_space=DATA, **more)
        shape = (*frame.pixels.shape[:2], len(channels))
        made.append(Frame(spec, np.ascontiguousarray(np.broadcast_to(np.asarray(value, np.float32), shape))))
    return tuple(made)


def seen(frames: Sequence[Frame]) -> list[Tensor]:
    return [develop(frame, "ocio://default").display for frame in frames]


def same(one: Sequence[Frame], other: Sequence[Frame]) -> bool:
    return [digest_of(pixel_bytes(frame.pixels)) for frame in one] == [
        digest_of(pixel_bytes(frame.pixels)) for frame in other
    ]


def flicker(frames: Sequence[Frame], motion: Sequence[Frame]) -> float:
    ways = [(one.pixels[..., :2], other.pixels[..., 2:]) for one, other in pairwise(motion)]
    luma = [picture.mean(axis=-1) for picture in seen(frames)]
    return float(np.mean([unsteadiness(*pair, *way) for pair, way in zip(pairwise(luma), ways, strict=True)]))


def sharpness(frames: Sequence[Frame]) -> float:
    return float(np.mean([sum(np.abs(np.diff(one, axis=axis)).mean() for axis in (0, 1)) for one in seen(frames)]))


def test_each_frame_for_itself_if_that_is_asked_for() -> None:
    inputs, painter, steps = moving(4), Painter(grain), Recorder()
    alone = restyled(painter, inputs, steps, hold="frames")
    assert painter.painted == 4
    given = check_parameters(Restyle(), painter.card, {"hold": "frames"})
    assert windows_wanted(Restyle(), painter.card, ("plate", "style"), given) == Windows(8)
    assert not same(restyled(Painter(grain), inputs), alone)


@pytest.mark.parametrize("roles", [("plate", "style"), ("plate", "style", "motion")])
def test_a_flickering_model_is_held_still_and_stays_as_sharp(roles: Sequence[str]) -> None:
    inputs, painter = moving(9), Painter(grain)
    inputs = {role: inputs[role] for role in roles}
    motion = true_motion(inputs["plate"])
    alone = restyled(painter, inputs, hold="frames")
    held = restyled(painter, inputs)
    assert painter.painted < 9 + 4
    assert flicker(held, motion) < 0.3 * flicker(alone, motion)
    assert 0.85 < sharpness(held) / sharpness(alone) < 1.05


def test_adain_is_held_still(run: Run) -> None:
    inputs = moving(4, channels=("R", "G", "B"))
    alone, held = (run("restyle/adain", inputs, {"hold": hold})["plate"] for hold in ("frames", "keyframes"))
    assert flicker(held, inputs["motion"]) < 0.3 * flicker(alone, inputs["motion"])
    assert 0.85 < sharpness(held) / sharpness(alone) < 1.1


def test_what_moves_before_something_leaves_no_ghost() -> None:
    inputs = moving(7)
    for frame, picture in zip(restyled(Painter(), inputs), seen(inputs["plate"]), strict=True):
        astray = np.abs(develop(frame, "ocio://default").display - picture)
        assert np.percentile(astray, 99) < 0.04 and np.percentile(astray, 99.9) < 0.2
        # Nothing that is hidden is mixed in, and highlights and negatives survive.
        assert float(frame.pixels[..., :3].max()) > 5
        assert float(frame.pixels[..., :3].min()) < 0


def test_any_range_is_the_same_and_what_is_painted_is_kept() -> None:
    inputs, painter, steps = moving(19), Painter(grain), Recorder()
    whole = restyled(painter, inputs, steps, key_every=5)
    painted = painter.painted
    assert 4 <= painted <= 8
    numbers = [frame.spec.number for frame in inputs["plate"]]
    for at in (0, 7, 18):
        (window,) = windows(painter, inputs, key_every=5)
        (alone,) = Restyle().run(painter, replace(window, numbers=(numbers[at],)), steps)
        assert same([alone.frame], [whole[at]])
    assert painter.painted == painted


def test_a_keyframe_comes_sooner_where_much_is_new() -> None:
    still_plate = synthetic(1, BOX)[0]
    numbers = range(1001, 1009)
    quiet = tuple(Frame(replace(still_plate.spec, number=number), still_plate.pixels) for number in numbers)
    inputs = {"plate": quiet, "style": STYLE}
    painter = Painter(grain)
    held = restyled(painter, inputs, key_every=100)
    assert painter.painted == 1 and same(held, held[:1] * 8)
    pixels = [np.roll(frame.pixels, 12 * index, axis=1) for index, frame in enumerate(quiet)]
    fast = tuple(Frame(frame.spec, one) for frame, one in zip(quiet, pixels, strict=True))
    painter = Painter(grain)
    restyled(painter, {**inputs, "plate": fast}, key_every=100)
    assert painter.painted > 2


def test_nothing_is_carried_across_a_cut() -> None:
    first = synthetic(4, BOX, channels=("R", "G", "B"))
    others = tuple(
        Frame(replace(frame.spec, number=frame.spec.number + 4), np.ascontiguousarray(frame.pixels[::-1, :, ::-1]))
        for frame in first
    )
    painter, plate = Painter(grain), (*first, *others)
    whole = restyled(painter, {"plate": plate, "style": STYLE}, key_every=100)
    parts = [restyled(Painter(grain), {"plate": half, "style": STYLE}, key_every=100) for half in (first, others)]
    assert same(whole, [*parts[0], *parts[1]])


def test_outside_the_matte_the_plate_stays_bit_for_bit(matte_frame: Any) -> None:
    inputs = moving(3)
    half = np.zeros((64, 96), np.float32)
    half[:, :48] = 1
    mattes = tuple(matte_frame(half, frame.spec.number) for frame in inputs["plate"])
    painter, none = Painter(grain), matte_frame(0 * half, inputs["plate"][2].spec.number)
    made = restyled(painter, {**inputs, "matte": (*mattes[:2], none)})
    for frame, plate in zip(made, inputs["plate"], strict=True):
        assert np.array_equal(frame.pixels[:, 48:], plate.pixels[:, 48:])
        assert np.array_equal(frame.pixels, plate.pixels) == (frame is made[2])
    world = restyled(painter, {**inputs, "matte": mattes}, area="world", matte_feather=6.0)
    for frame, plate in zip(world, inputs["plate"], strict=True):
        same_as_plate = (frame.pixels == plate.pixels).all(axis=(0, 2))
        assert same_as_plate[:42].all() and not same_as_plate[54:].any()


def test_data_windows_may_move() -> None:
    plate = synthetic(3, BOX)
    shifted = tuple(
        Frame(replace(frame.spec, data_window=Box(4 * index, 0, 88, 64)), frame.pixels[:, 4 * index : 4 * index + 88])
        for index, frame in enumerate(plate)
    )
    motion = true_motion(plate)
    frames = restyled(Painter(), {"plate": shifted, "style": STYLE, "motion": motion})
    for frame, own in zip(frames, shifted, strict=True):
        assert replace(frame.spec, figures=()) == own.spec
        assert np.percentile(np.abs(seen([frame])[0] - seen([own])[0]), 98) < 0.03


def test_motion_is_measured_where_none_was_given() -> None:
    inputs = moving(4)
    part = {**inputs, "motion": inputs["motion"][:2]}
    for frame, picture in zip(restyled(Painter(), part), seen(inputs["plate"]), strict=True):
        assert np.percentile(np.abs(develop(frame, "ocio://default").display - picture), 99) < 0.03


def test_over_a_gap_motion_is_as_long_as_the_gap() -> None:
    inputs = moving(5)
    kept = {role: frames[::2] if len(frames) > 1 else frames for role, frames in inputs.items()}
    for frame, picture in zip(restyled(Painter(), kept), seen(kept["plate"]), strict=True):
        assert np.percentile(np.abs(develop(frame, "ocio://default").display - picture), 99) < 0.03


def test_what_is_no_motion_is_said() -> None:
    inputs = moving(2)
    plate = inputs["plate"]
    with pytest.raises(BadRequest, match="Frame 1001 of the motion has the channels u, v; it needs"):
        restyled(Painter(), {**inputs, "motion": data(plate, ("u", "v"), [0, 0])})
    with pytest.raises(BadRequest, match="Frame 1001 of the depth has the channels a, b; shuffle the depth"):
        restyled(Painter(), {**inputs, "depth": data(plate, ("a", "b"), [0, 0])})
    small = true_motion(synthetic(2, Box(0, 0, 48, 32)))
    with pytest.raises(BadRequest, match="The motion is 48x32 and the plate 96x64 at frame 1001; reformat"):
        restyled(Painter(), {**inputs, "motion": small})


def test_what_is_painted_small_is_laid_on_the_plate(matte_frame: Any) -> None:
    inputs = moving(3)
    half = np.zeros((64, 96), np.float32)
    half[:, :48] = 1
    mattes = tuple(matte_frame(half, frame.spec.number) for frame in inputs["plate"])
    shapes = set()

    def paint(picture: Tensor) -> Tensor:
        shapes.add(picture.shape)
        return picture

    given = {**inputs, "matte": mattes}
    soft = restyled(Painter(paint), given, size="quarter", hold="frames", detail=0.0)
    detailed = restyled(Painter(paint), given, size="quarter", hold="frames")
    assert shapes == {(16, 24, 3)}
    for frame, fine, plate in zip(soft, detailed, inputs["plate"], strict=True):
        assert replace(frame.spec, figures=()) == plate.spec
        assert np.array_equal(frame.pixels[:, 48:], plate.pixels[:, 48:])
        apart = seen([frame])[0] - seen([plate])[0]
        assert sharpness([frame]) < sharpness([plate]) and np.abs(apart[16:, 4:44].mean(axis=(0, 1))).max() < 0.02
        # What was painted is the plate, and so is what it gets of the plate's detail.
        assert np.array_equal(fine.pixels[:, 48:], plate.pixels[:, 48:])
        assert np.abs(seen([fine])[0] - seen([plate])[0]).mean() < 0.3 * np.abs(apart).mean()


def test_a_model_that_sees_many_frames_holds_still_by_itself() -> None:
    inputs = moving(6)
    painter = Painter(grain, length=4)
    held = restyled(painter, inputs)
    assert painter.painted == 6
    assert same(held, restyled(Painter(grain), inputs, hold="frames"))


def figures(frames: Sequence[Frame]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for frame in frames:
        for figure in frame.spec.figures:
            found.setdefault(figure.name, []).append(figure.value)
    return found


def test_numbers_say_how_still_it_is_and_how_much_is_left() -> None:
    inputs = moving(9, channels=("R", "G", "B"))
    alone, held = (figures(restyled(Painter(grain), inputs, hold=hold)) for hold in ("frames", "keyframes"))
    # A window's first frame has none before it.
    assert [len(alone[name]) for name in ("structure", "style_distance", "warping_error")] == [9, 9, 7]
    assert [len(held[name]) for name in ("structure", "style_distance", "warping_error")] == [9, 9, 8]
    assert np.mean(held["warping_error"]) < 0.3 * np.mean(alone["warping_error"])
    assert np.mean(alone["warping_error"]) > 2 * np.mean(alone["plate_warping_error"])
    plain = figures(restyled(Painter(), inputs, hold="frames"))
    assert min(plain["structure"]) > 0.999 > max(alone["structure"])
    assert plain["style_distance"] == pytest.approx([1.0] * 9, abs=0.01)
    assert not figures(restyled(Painter(), inputs, figures=False))


def test_outside_the_matte_nothing_changed_and_so_the_numbers_say(matte_frame: Any) -> None:
    inputs = moving(2, channels=("R", "G", "B"))
    half = np.zeros((64, 96), np.float32)
    half[:, :48] = 1
    mattes = tuple(matte_frame(half, frame.spec.number) for frame in inputs["plate"])
    whole, part = (figures(restyled(Painter(grain), one)) for one in (inputs, {**inputs, "matte": mattes}))
    assert part["structure"][0] > whole["structure"][0]


@pytest.mark.parametrize("hold", ["frames", "keyframes"])
def test_where_the_matte_is_empty_nothing_is_painted(matte_frame: Any, hold: str) -> None:
    inputs = moving(3)
    mattes = tuple(matte_frame(np.zeros((64, 96), np.float32), frame.spec.number) for frame in inputs["plate"])
    painter = Painter(grain)
    made = restyled(painter, {**inputs, "matte": mattes}, hold=hold)
    assert painter.painted == 0 and same(made, inputs["plate"])
