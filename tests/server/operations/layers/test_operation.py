"""The operation: a plate, its depth and mattes in, layers and their depths out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from replate.depth import CHANNEL, Depth, distances
from replate.errors import BadRequest
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate_server.operations.compliance import Recorder
from replate_server.operations.layers.exact import over
from scenery import Card, Scene, blue, disc, scene

Run = Callable[..., dict[str, list[Frame]]]
MODEL = "layers/patch"
RED = (0.9, 0.02, 0.01)
HEIGHT, WIDTH = 72, 120


def plate(made: Scene, number: int = 1001, alpha: np.ndarray | None = None, at: tuple[int, int] = (0, 0)) -> Frame:
    """A half-float plate, premultiplied where there is an alpha, whose format is 16 pixels narrower where it is
    not at the origin."""
    planes = made.picture if alpha is None else np.dstack([made.picture * alpha[..., None], alpha])
    format_ = Box(0, 0, WIDTH + 2 * at[0], HEIGHT + 2 * at[1])
    channels = ("R", "G", "B") if alpha is None else ("R", "G", "B", "A")
    spec = FrameSpec(number, Box(*at, WIDTH, HEIGHT), format_, channels, PixelType.HALF, "lin_rec709")
    return Frame(spec, planes.astype(np.float16))


def depth(of: Frame, far: np.ndarray, inverse: bool = True, said: bool = True) -> Frame:
    meaning = Depth(metric=True, inverse=inverse, near=float(far.min()), far=float(far.max()), focal=150.0)
    samples = 1 / far if inverse else far
    spec = replace(of.spec, channels=(CHANNEL,), pixel_type=PixelType.FLOAT, colour_space=DATA)
    return Frame(replace(spec, depth=meaning if said else None), samples[..., None].astype(np.float32))


def mattes(of: Frame, **covers: np.ndarray) -> Frame:
    spec = replace(of.spec, channels=tuple(f"{name}.A" for name in covers), colour_space=DATA)
    return Frame(spec, np.dstack(list(covers.values())).astype(np.float16))


def names(layers: Frame) -> list[str]:
    """Back to front."""
    return [channel[:-2] for channel in layers.spec.channels if channel.endswith(".R")]


def composited(layers: Frame) -> np.ndarray:
    """R, G, B and A, as a host puts the layers over each other."""
    planes = layers.pixels.astype(np.float32)
    four = [planes[..., at : at + 4] for at in range(0, planes.shape[2], 4)]
    alpha = over([np.repeat(one[..., 3:], 3, 2) for one in four], [one[..., 3] for one in four])
    return np.dstack([over([one[..., :3] for one in four], [one[..., 3] for one in four]), alpha[..., 0]])


def channel(frame: Frame, name: str) -> np.ndarray:
    return frame.channel(name).astype(np.float32)


@pytest.fixture(scope="module")
def shot() -> tuple[Scene, ...]:
    """A card that goes by before a wall, while the camera stands."""
    return tuple(scene([Card(disc(x, 36, 14), RED, 2.0)]) for x in (40, 50, 60, 70))


@pytest.fixture(scope="module")
def taken(run: Run, shot: Sequence[Scene]) -> dict[str, list[Frame]]:
    plates = [plate(made, 1001 + at) for at, made in enumerate(shot)]
    return run(
        MODEL, {"plate": plates, "depth": [depth(one, made.distances) for one, made in zip(plates, shot, strict=True)]}
    )


def test_every_frame_is_its_plate_again(taken: dict[str, list[Frame]], shot: Sequence[Scene]) -> None:
    assert [frame.spec.number for frame in taken["layers"]] == [1001, 1002, 1003, 1004]
    for layers, made in zip(taken["layers"], shot, strict=True):
        assert np.abs(composited(layers)[..., :3] - plate(made).pixels.astype(np.float32)).max() < 0.5 / 255


def test_a_shot_s_layers_are_the_same_in_every_frame(taken: dict[str, list[Frame]], shot: Sequence[Scene]) -> None:
    for layers, made in zip(taken["layers"], shot, strict=True):
        assert names(layers) == ["layer1", "layer2"]
        assert layers.spec.pixel_type is PixelType.HALF and layers.spec.colour_space == "lin_rec709"
        assert np.abs(channel(layers, "layer2.A") - made.covers[0]).mean() < 0.01
        assert (channel(layers, "layer1.A") == 1).all()


def test_behind_what_moves_is_what_other_frames_show_and_it_does_not_flicker(taken: dict[str, list[Frame]]) -> None:
    wall = blue()
    behind = [np.dstack([channel(layers, f"layer1.{one}") for one in "RGB"]) for layers in taken["layers"]]
    assert max(np.abs(one[..., 0]).max() for one in behind) < 0.1
    # The card, 28 pixels wide, goes 10 a frame: at its middle no frame shows the wall.
    seen_elsewhere = (disc(40, 36, 14) > 0) & (disc(70, 36, 17) == 0)
    assert np.abs(behind[0] - wall)[seen_elsewhere].mean() < 0.02
    assert np.abs(np.diff(behind, axis=0)).mean() < 0.004


def test_depths_say_what_they_are(taken: dict[str, list[Frame]]) -> None:
    (frame, *_) = taken["depths"]
    said = frame.spec.depth
    assert frame.spec.channels == ("layer1.Z", "layer2.Z") and frame.spec.pixel_type is PixelType.FLOAT
    assert said is not None and said.metric and said.inverse and said.focal == 150.0
    wall, card = (distances(frame.channel(name), said) for name in frame.spec.channels)
    np.testing.assert_allclose(wall, 10.0, rtol=0.02)
    np.testing.assert_allclose(card, 2.0, rtol=0.02)


def test_overscan_and_the_plate_s_own_alpha_are_kept(run: Run) -> None:
    """An element with a hole in it, a soft edge, and light where it is not."""
    made = scene([Card(disc(60, 36, 20), RED, 2.0)])
    alpha = 1 - disc(70, 30, 12) * (1 - disc(20, 20, 6))
    one = plate(made, alpha=alpha.astype(np.float32), at=(-8, -6))
    pixels = one.pixels.copy()
    pixels[28:31, 68:71, :3] += np.float16(0.5)
    one = one.with_pixels(pixels)
    (layers,) = run(MODEL, {"plate": [one], "depth": [depth(one, made.distances)]})["layers"]
    assert layers.spec.data_window == one.spec.data_window and layers.spec.display_window == one.spec.display_window
    error = np.abs(composited(layers) - one.pixels.astype(np.float32))
    assert error[..., :3].max() < 0.5 / 255
    assert error[..., 3].max() < 1 / 255


def test_an_object_is_a_layer_of_its_name(run: Run) -> None:
    made = scene([Card(disc(60, 36, 20), RED, 2.0)])
    one = plate(made)
    inputs = {"plate": [one], "depth": [depth(one, made.distances)], "mattes": [mattes(one, dog=made.covers[0])]}
    (layers,) = run(MODEL, inputs)["layers"]
    assert names(layers) == ["layer1", "dog"]
    assert np.abs(channel(layers, "dog.A") - made.covers[0]).max() < 1e-3
    assert np.abs(composited(layers)[..., :3] - one.pixels.astype(np.float32)).max() < 0.5 / 255
    assert channel(layers, "layer1.R").max() < 0.01


def test_a_still_that_is_held_is_the_same_in_every_frame(run: Run) -> None:
    made = scene([Card(disc(60, 36, 20), RED, 2.0)])
    plates = [plate(made, number) for number in (1, 2, 3)]
    out = run(MODEL, {"plate": plates, "depth": [depth(one, made.distances) for one in plates]})
    for frames in out.values():
        assert [frame.spec.number for frame in frames] == [1, 2, 3]
        assert all(frame.pixels.tobytes() == frames[0].pixels.tobytes() for frame in frames)


@pytest.mark.parametrize("encoding", ["1/Z", "Z"])
def test_depth_that_says_nothing_of_itself_is_read_as_asked(run: Run, encoding: str) -> None:
    made = scene([Card(disc(60, 36, 20), RED, 2.0)])
    one = plate(made)
    given = depth(one, made.distances, encoding == "1/Z", said=False)
    out = run(MODEL, {"plate": [one], "depth": [given]}, {"encoding": encoding})
    said = out["depths"][0].spec.depth
    assert said is not None and said.inverse == (encoding == "1/Z")
    np.testing.assert_allclose(distances(out["depths"][0].channel("layer2.Z"), said), 2.0, rtol=0.02)


def test_of_a_renderer_s_depth_the_nearest_is_found(run: Run) -> None:
    made = scene([Card(disc(60, 36, 20), RED, 2.0)])
    one, far = plate(made), made.distances.copy()
    far[:20, :20] = np.inf
    given = depth(one, far, inverse=False)
    known = Depth(metric=False, inverse=False, near=float(far.min()), far=float("inf"))
    unknown = replace(known, near=0.0)
    found = [
        run(MODEL, {"plate": [one], "depth": [Frame(replace(given.spec, depth=meaning), given.pixels)]})
        for meaning in (known, unknown)
    ]
    for output in ("layers", "depths"):
        (with_near,), (without,) = (out[output] for out in found)
        assert with_near.spec == without.spec
        np.testing.assert_array_equal(with_near.pixels, without.pixels)


def test_fewer_layers_than_were_asked_for_are_told(run: Run) -> None:
    made = scene([])
    one = plate(made)
    steps = Recorder()
    run(MODEL, {"plate": [one], "depth": [depth(one, made.distances)]}, {"count": 3}, steps)
    assert steps.warnings == ["There are 1 layers, not 3: the depth has no more to part."]
    assert steps.fractions == sorted(steps.fractions)


def broken(what: str) -> dict[str, list[Frame]]:
    made = scene([Card(disc(60, 36, 20), RED, 2.0)])
    one = plate(made)
    inputs: dict[str, Any] = {"plate": [one], "depth": [depth(one, made.distances)]}
    if what == "size":
        inputs["depth"] = [depth(plate(made, at=(4, 4)), made.distances)]
    if what == "channels":
        spec = replace(one.spec, channels=("a.x", "b.y"), pixel_type=PixelType.FLOAT, colour_space=DATA)
        inputs["depth"] = [Frame(spec, np.ones((HEIGHT, WIDTH, 2), np.float32))]
    if what == "nothing":
        inputs["depth"] = [depth(one, made.distances).with_pixels(np.full((HEIGHT, WIDTH, 1), np.nan, np.float32))]
    if what == "mattes":
        inputs["mattes"] = [one]
    if what == "many":
        inputs["mattes"] = [mattes(one, **{f"dog{at}": made.covers[0] for at in range(16)})]
    return inputs


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("size", r"The depth is 128x80 and the plate 120x72 at frame 1001; reformat one to the other."),
        ("channels", r'Frame 1001 of the depth has the channels a.x, b.y; shuffle the depth into "depth.Z".'),
        ("nothing", r"Frame 1001: The depth knows no distance at any pixel; give a depth that belongs to the plate."),
        ("mattes", r'Frame 1001 of the mattes has the channels R, G, B, and none is a matte; name one "subject.A"'),
        ("many", r"There are 16 mattes, and 16 layers at the most; give 15 mattes or fewer."),
    ],
)
def test_what_cannot_be_taken_apart_is_said_in_a_sentence(run: Run, what: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        run(MODEL, broken(what))
