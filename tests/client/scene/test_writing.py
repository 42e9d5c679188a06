"""What lies in a scene's folder is what the job gave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from replate.depth import Depth
from replate.errors import BadRequest
from replate.frame import Box, Frame
from replate.media import open_plate
from replate.scene import Kind, read_scene, write
from scene_plates import NAMES, Shape, taken_apart

Written = Callable[..., Any]


def test_pictures_are_the_jobs_and_depths_are_distances(written: Written, tmp_path: Path) -> None:
    scene, taken = written(recipe='{"made": "so"}')
    assert read_scene(tmp_path) == scene
    assert [layer.name for layer in scene.layers] == list(NAMES)
    assert (scene.first, scene.last, scene.colour_space, scene.pixel_aspect) == (1001, 1003, "lin_rec709", 2.0)
    assert (scene.display_window, scene.data_window) == (Box(0, 0, 48, 64), Box(-6, -4, 58, 72))
    given = {frame.spec.number: frame for output, frame in taken.frames if output == "layers"}
    for index, layer in enumerate(scene.layers):
        pictures, depths = open_plate(tmp_path / layer.picture), open_plate(tmp_path / layer.depth)
        assert pictures.numbers == depths.numbers == (1001, 1002, 1003)
        for number in pictures.numbers:
            picture, depth = pictures.read(number), depths.read(number)
            assert picture.spec.channels == ("R", "G", "B", "A") and picture.pixels.dtype == np.float16
            assert picture.spec.data_window == scene.data_window
            assert picture.spec.metadata["replate:recipe"] == '{"made": "so"}'
            np.testing.assert_array_equal(picture.pixels, given[number].pixels[:, :, 4 * index : 4 * index + 4])
            assert depth.spec.channels == ("Y",) and depth.pixels.dtype == np.float32
            assert depth.spec.depth is not None and not depth.spec.depth.inverse
            np.testing.assert_allclose(depth.pixels[:, :, 0], taken.distances[number][layer.name], rtol=1e-6)
            assert layer.near <= depth.pixels.min() * 1.01 and depth.pixels.max() * 0.99 <= layer.far


def test_a_still_is_named_as_it_is(written: Written, tmp_path: Path) -> None:
    scene, _ = written(Shape(Box(0, 0, 40, 24), numbers=(7,)))
    assert scene.still and scene.layers[1].picture == "hill/hill.0007.exr"
    for layer in scene.layers:
        for path in (layer.picture, layer.depth, layer.geometry):
            assert (tmp_path / path).is_file()


def test_frames_may_come_in_any_order(tmp_path: Path) -> None:
    taken = taken_apart(Shape(Box(0, 0, 40, 24), numbers=(1, 2, 3)))
    mixed = [taken.frames[place] for place in (5, 0, 3, 1, 4, 2)]
    assert write(tmp_path / "a", mixed) == write(tmp_path / "b", taken.frames)
    for name in ("scene.json", "scene.usda", "geometry/hill.usdc"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_plate_that_is_smaller_than_its_format_is_clear_around(written: Written, tmp_path: Path) -> None:
    scene, taken = written(Shape(Box(0, 0, 40, 24), Box(5, 3, 30, 18)))
    assert scene.data_window == Box(0, 0, 40, 24)
    hill = open_plate(tmp_path / scene.layers[1].picture).read(1001).pixels
    np.testing.assert_array_equal(hill[3:21, 5:35], taken.frames[0][1].pixels[:, :, 4:8])
    assert not hill[:3].any() and not hill[:, 35:].any()
    depth = open_plate(tmp_path / scene.layers[1].depth).read(1001).pixels[:, :, 0]
    np.testing.assert_array_equal(depth[0, 5:35], depth[3, 5:35])


def test_what_stands_behind_stays_behind(tmp_path: Path) -> None:
    """A layer's depth may be anything where it is clear: its surface is still before the one behind it."""
    taken = taken_apart(Shape(Box(0, 0, 40, 24)))
    (_, pictures), (_, depths) = taken.frames
    wrong = depths.pixels.copy()
    wrong[:, :, 1] = np.where(pictures.channel("hill.A") > 0, wrong[:, :, 1], 1e-6)
    scene = write(tmp_path, [("layers", pictures), ("depths", depths.with_pixels(wrong))])
    behind, hill, pole = (open_plate(tmp_path / layer.depth).read(1001).pixels for layer in scene.layers)
    assert (hill < behind).all() and (pole < hill).all()


def test_cards_stand_in_order_at_the_middle_of_what_they_show(written: Written) -> None:
    scene, taken = written(kind=Kind.CARD)
    distances = [layer.distance for layer in scene.layers]
    assert distances == sorted(distances, reverse=True)
    covered = taken.frames[0][1].channel("pole.A") > 0.5
    pole = taken.distances[1001]["pole"][covered]
    assert pole.min() < scene.layers[2].distance < pole.max()
    assert all(layer.columns == layer.rows == 1 for layer in scene.layers)


def test_the_lens_is_what_is_known_of_it(written: Written) -> None:
    shape = Shape(Box(0, 0, 40, 24), depth=Depth(True, True, 2.0, 40.0, focal=60.0))
    assert written(shape)[0].camera.focal == pytest.approx(60.0 * 36.0 / 40)
    assert written(shape)[0].metric
    assert written(shape, focal=50.0, sensor=24.0)[0].camera.focal == 50.0
    assert written(Shape(Box(0, 0, 40, 24)))[0].camera.focal == 35.0


def test_the_rate_is_the_plates(written: Written) -> None:
    assert written(Shape(Box(0, 0, 40, 24), metadata={"framesPerSecond": 25.0}))[0].fps == 25.0
    assert written(Shape(Box(0, 0, 40, 24)))[0].fps == 24.0
    assert written(Shape(Box(0, 0, 40, 24)), fps=30.0)[0].fps == 30.0


def test_the_straight_colour_goes_on_under_the_alpha(written: Written, tmp_path: Path) -> None:
    scene, _ = written(Shape(Box(0, 0, 80, 48)))
    hill = open_plate(tmp_path / scene.layers[1].picture).read(1001).pixels.astype(np.float32)
    straight = open_plate(tmp_path / "hill/hill_colour.1001.exr").read(1001).pixels.astype(np.float32)
    covered = hill[:, :, 3] > 0.01
    np.testing.assert_allclose(straight[covered] * hill[covered][:, 3:], hill[covered][:, :3], atol=2e-3)
    beside = np.zeros_like(covered)
    beside[1:-1, 1:-1] = covered[:-2, 1:-1] | covered[2:, 1:-1] | covered[1:-1, :-2] | covered[1:-1, 2:]
    beside &= hill[:, :, 3] == 0
    assert straight[beside].min(axis=0).max() > 0.02
    # What covers all needs no second picture.
    assert not list((tmp_path / "layer1").glob("*_colour*"))


def test_a_layer_that_shows_nothing_is_a_layer_all_the_same(tmp_path: Path) -> None:
    (_, pictures), depths = taken_apart(Shape(Box(0, 0, 24, 16))).frames
    empty = pictures.pixels.copy()
    empty[:, :, 8:] = 0
    scene = write(tmp_path, [("layers", pictures.with_pixels(empty)), depths])
    assert scene.layers[2].name == "pole" and (tmp_path / scene.layers[2].geometry).is_file()


def broken(edit: Callable[[list[tuple[str, Frame]]], list[tuple[str, Frame]]]) -> list[tuple[str, Frame]]:
    return edit(taken_apart(Shape(Box(0, 0, 24, 16), numbers=(1, 2))).frames)


def without_depth(frames: list[tuple[str, Frame]]) -> list[tuple[str, Frame]]:
    return [(output, Frame(replace(frame.spec, depth=None), frame.pixels)) for output, frame in frames]


def renamed(frames: list[tuple[str, Frame]]) -> list[tuple[str, Frame]]:
    output, frame = frames[0]
    channels = tuple(name.replace("hill", "dune") for name in frame.spec.channels)
    return [(output, Frame(replace(frame.spec, channels=channels), frame.pixels)), *frames[1:]]


def nowhere(frames: list[tuple[str, Frame]]) -> list[tuple[str, Frame]]:
    output, frame = frames[1]
    return [frames[0], (output, frame.with_pixels(np.zeros_like(frame.pixels)))]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda frames: [], "no frames"),
        (lambda frames: frames[:3], "Frame 2 came without"),
        (without_depth, "does not say what its depth means"),
        (renamed, "lacks the channel 'dune.Z'"),
        (nowhere, "No distance is known of the layer layer1"),
    ],
)
def test_frames_that_make_no_scene_are_refused(tmp_path: Path, edit: Any, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        write(tmp_path, broken(edit))
    assert not (tmp_path / "scene.json").exists()


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRequest, match="choose another folder"):
        write(tmp_path / "file", [])
