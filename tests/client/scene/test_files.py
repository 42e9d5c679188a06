"""scene.json says all of a scene, and nothing that is no scene gets through."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replate.errors import BadRequest, NotFound
from replate.frame import Box
from replate.scene import Camera, Kind, Scene, SceneLayer, read_scene, write_scene
from replate.scene.contract import Area

LAYER = SceneLayer(
    "floor", Kind.GRID, "floor/floor.####.exr", "floor/z.####.exr", "geometry/floor.usdc",
    Area(-6.0, -4.25, 112.0, 68.0), 5.0, 2.0, 40.0, 9, 7,
)  # fmt: skip
SCENE = Scene(
    "shot", Camera(35.0, 36.0, (1.5, -0.25)), Box(0, 0, 100, 60), Box(-4, -2, 108, 64), 2.0, "ACEScg",
    1001, 1024, 23.976, True, (LAYER,),
)  # fmt: skip


def test_a_scene_comes_back(tmp_path: Path) -> None:
    path = write_scene(SCENE, tmp_path)
    assert read_scene(path) == SCENE
    assert read_scene(tmp_path) == SCENE
    assert [file.name for file in tmp_path.iterdir()] == ["scene.json"]


def change(keys: tuple[str | int, ...], value: Any) -> Callable[[Any], None]:
    def apply(top: Any) -> None:
        for key in keys[:-1]:
            top = top[key]
        if value is None:
            del top[keys[-1]]
        else:
            top[keys[-1]] = value

    return apply


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("replate_scene",), 2, "version 2"),
        (("title",), None, "title"),
        (("more",), 1, "look at more"),
        (("metric",), 1, "true or false"),
        (("frames", "first"), 1025, "no range"),
        (("frames", "first"), 1.5, "whole number"),
        (("frames", "fps"), 0, "frames a second"),
        (("frames", "fps"), float("nan"), "number should"),
        (("format", "pixel_aspect"), 0, "pixel aspect"),
        (("format", "display_window"), [0, 0, 0, 5], "holds no picture"),
        (("format", "display_window"), [0, 0, 5], "list of 4"),
        (("format", "data_window"), [1, 0, 98, 60], "does not cover its format"),
        (("layers", 0, "area"), [0, 0, 10, 10], "does not cover the scene"),
        (("layers", 0, "area"), [-1e9, -1e9, 2e9, 2e9], "no part of a picture"),
        (("camera", "focal"), -35, "focal length"),
        (("camera", "sensor"), [36.0, 24.0], "needs a height"),
        (("camera", "offset"), [True, 0], "number should"),
        (("layers",), [], "1 to 64 layers"),
        (("layers",), {}, "no list"),
        (("layers", 0, "name"), "../floor", "no name"),
        (("layers", 0, "kind"), "sphere", "card, grid"),
        (("layers", 0, "picture"), "/etc/passwd", "no path within"),
        (("layers", 0, "depth"), "a/../../b.exr", "no path within"),
        (("layers", 0, "geometry"), "geometry\\floor.usdc", "no path within"),
        (("layers", 0, "near"), 6, "rising order"),
        (("layers", 0, "far"), 1e300, "rising order"),
        (("layers", 0, "cells"), [10**9, 1], "1 to 4096"),
    ],
)
def test_what_is_no_scene_is_said(tmp_path: Path, keys: tuple[str | int, ...], value: Any, said: str) -> None:
    path = write_scene(SCENE, tmp_path)
    found = json.loads(path.read_text())
    change(keys, value)(found)
    path.write_text(json.dumps(found))
    with pytest.raises(BadRequest, match=said) as raised:
        read_scene(path)
    assert str(raised.value).endswith(".")


def test_two_layers_have_two_names(tmp_path: Path) -> None:
    path = write_scene(SCENE, tmp_path)
    found = json.loads(path.read_text())
    found["layers"] *= 2
    found["layers"][1] = {**found["layers"][1], "name": "FLOOR"}
    path.write_text(json.dumps(found))
    with pytest.raises(BadRequest, match="name of its own"):
        read_scene(path)


def test_a_file_that_is_not_there_or_holds_something_else(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no scene file"):
        read_scene(tmp_path)
    for text in ("", "[1]", '"x"', "{", "[" * 100_000, "\0"):
        (tmp_path / "scene.json").write_text(text)
        with pytest.raises(BadRequest):
            read_scene(tmp_path)


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_no_value_anywhere_brings_anything_but_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    folder = tmp_path_factory.mktemp("scene")
    path = write_scene(SCENE, folder)
    found = json.loads(path.read_text())
    place: Any = found
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not (isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.integers())
    )
    path.write_text(json.dumps(found))
    try:
        read_scene(path)
    except BadRequest as error:
        assert str(error).endswith(".")
