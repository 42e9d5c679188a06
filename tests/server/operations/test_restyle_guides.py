"""Along motion a restyle is held still, without ghosts and without blur; and any range of it is the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from replate.depth import Depth
from replate.errors import BadRequest
from replate.frame import DATA, Box, Frame, PixelType, digest_of, pixel_bytes
from replate_server.darkroom.development import develop
from replate_server.darkroom.motion import unsteadiness
from replate_server.operations.compliance import MemoryWindow, Recorder, still, synthetic
from replate_server.operations.compliance.plates import motion as true_motion
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.contract import Card, Steps, Tensor, Windows, windows_wanted
from replate_server.operations.flow.operation import MOTION
from replate_server.operations.parameters import check_parameters
from replate_server.operations.restyle.operation import Restyle
from replate_server.operations.restyle.steadying import REACH

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


def test_without_motion_and_without_steadiness_every_frame_is_for_itself() -> None:
    inputs = moving(4)
    alone = restyled(Painter(grain), {role: inputs[role] for role in ("plate", "style")})
    steps, painter = Recorder(), Painter(grain)
    assert same(restyled(painter, inputs, steps, steadiness=0.0), alone)
    assert (painter.painted, steps.kept) == (4, {})
    assert windows_wanted(Restyle(), painter.card, ("plate", "style"), {"steadiness": 1.0}) == painter.card.windows
    assert not same(restyled(Painter(grain), inputs), alone)


def test_a_flickering_model_is_held_still_and_stays_as_sharp() -> None:
    inputs, painter = moving(9), Painter(grain)
    alone = restyled(painter, inputs, steadiness=0.0)
    steady = restyled(painter, inputs)
    assert flicker(steady, inputs["motion"]) < 0.5 * flicker(alone, inputs["motion"])
    assert 0.85 < sharpness(steady) / sharpness(alone) < 1.05
    # And more so, the more is asked for.
    little = restyled(painter, inputs, steadiness=0.3)
    assert flicker(steady, inputs["motion"]) < flicker(little, inputs["motion"]) < flicker(alone, inputs["motion"])


def test_adain_is_held_still(run: Run) -> None:
    inputs = moving(4, channels=("R", "G", "B"))
    alone, steady = (run("restyle/adain", inputs, {"steadiness": much})["plate"] for much in (0.0, 0.8))
    assert flicker(steady, inputs["motion"]) < 0.7 * flicker(alone, inputs["motion"])
    assert 0.85 < sharpness(steady) / sharpness(alone) < 1.1


def test_what_moves_before_something_leaves_no_ghost() -> None:
    inputs = moving(7)
    for frame, plate, picture in zip(restyled(Painter(), inputs), inputs["plate"], seen(inputs["plate"]), strict=True):
        astray = np.abs(develop(frame, "ocio://default").display - picture)
        assert np.percentile(astray, 99.5) < 0.03 and astray.max() < 0.15
        # Nothing that is hidden is mixed in, and highlights and negatives survive.
        assert float(frame.pixels[..., :3].max()) > 0.8 * float(plate.pixels[..., :3].max()) > 5
        assert float(frame.pixels[..., :3].min()) < 0


def test_depth_tells_apart_what_looks_alike() -> None:
    levels = [0.40, 0.41, 0.42]
    plate = tuple(
        Frame(frame.spec, np.full_like(frame.pixels, level))
        for frame, level in zip(synthetic(3, BOX, channels=("R", "G", "B")), levels, strict=True)
    )
    first = float(seen(plate[:1])[0].mean())
    painter = Painter(lambda picture: np.full_like(picture, 0.7 if float(picture.mean()) > first + 1e-4 else 0.3))
    near = np.zeros((64, 96, 1), np.float32)
    near[20:40, 30:60] = 1
    far = [np.where(near > 0, 4.0, 10.0), *[np.full((64, 96, 1), 10.0)] * 2]
    inputs = {"plate": plate, "style": STYLE, "motion": data(plate, MOTION, [0, 0, 0])}
    depth = data(plate, ("depth.Z",), far, depth=Depth(metric=False, inverse=False, near=0.0, far=float("inf")))
    without, told = (seen(restyled(painter, one))[0] for one in (inputs, {**inputs, "depth": depth}))
    assert (np.abs(without - 0.3) > 0.1).all()
    assert np.abs(told[20:40, 30:60] - 0.3).max() < 1e-3
    assert np.allclose(told[50:, :20], without[50:, :20], atol=1e-3)
    # Depth that does not say how it is written is told apart as well.
    unsaid = restyled(painter, {**inputs, "depth": data(plate, ("depth.Z",), far)})
    assert np.abs(seen(unsaid)[0][20:40, 30:60] - 0.3).max() < 1e-3


def test_each_frame_is_painted_once_and_any_range_is_the_same() -> None:
    inputs, painter, steps = moving(19), Painter(grain), Recorder()
    whole = restyled(painter, inputs, steps)
    assert painter.painted == steps.computed == 19
    numbers = [frame.spec.number for frame in inputs["plate"]]
    for at in (0, 7, 8, 18):
        window = next(one for one in windows(painter, inputs) if numbers[at] in one.numbers)
        (alone,) = Restyle().run(painter, replace(window, numbers=(numbers[at],)), Recorder())
        assert same([alone.frame], [whole[at]])
    assert painter.painted - 19 == 4 + 7 + 7 + 4
    # A model that sees the whole shot gives that, too.
    assert same(restyled(Painter(grain, length=None), inputs), whole)


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


def test_data_windows_may_move() -> None:
    plate = synthetic(3, BOX)
    shifted = tuple(
        Frame(replace(frame.spec, data_window=Box(4 * index, 0, 88, 64)), frame.pixels[:, 4 * index : 4 * index + 88])
        for index, frame in enumerate(plate)
    )
    motion = true_motion(plate)
    frames = restyled(Painter(), {"plate": shifted, "style": STYLE, "motion": motion})
    for frame, own in zip(frames, shifted, strict=True):
        assert frame.spec == own.spec
        assert np.percentile(np.abs(seen([frame])[0] - seen([own])[0]), 99.5) < 0.03


@pytest.mark.parametrize("vectors", [np.nan, 1000.0])
def test_vectors_that_lead_nowhere_leave_a_frame_to_itself(vectors: float) -> None:
    inputs = moving(3)
    lost = {**inputs, "motion": data(inputs["plate"], MOTION, [vectors] * 3)}
    assert same(restyled(Painter(grain), lost), restyled(Painter(grain), inputs, steadiness=0.0))


def test_motion_need_not_reach_beyond_the_range() -> None:
    inputs, painter = moving(4), Painter(grain)
    (window,) = windows(painter, inputs)
    part = replace(window, inputs={**inputs, "motion": inputs["motion"][:2]}, numbers=window.numbers[:2])
    made = [delivery.frame for delivery in Restyle().run(painter, part, Recorder())]
    short = {role: frames[:2] if len(frames) > 1 else frames for role, frames in inputs.items()}
    assert same(made, restyled(Painter(grain), short))


def test_over_a_gap_motion_is_as_long_as_the_gap() -> None:
    inputs = moving(5)
    kept = {role: frames[::2] if len(frames) > 1 else frames for role, frames in inputs.items()}
    for frame, picture in zip(restyled(Painter(), kept), seen(kept["plate"]), strict=True):
        assert np.percentile(np.abs(develop(frame, "ocio://default").display - picture), 99.5) < 0.03


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


def test_windows_overlap_by_what_a_frame_is_joined_with() -> None:
    painter = Painter()
    wanted = windows_wanted(Restyle(), painter.card, ("plate", "motion"), {"steadiness": 0.5})
    assert (wanted.before, wanted.after) == (REACH, REACH)
