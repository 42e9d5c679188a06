"""Classic 3D in Nuke's stand-in: cameras, cards, meshes, projections, against numbers that were worked out by hand,
and `scene.nk`, which gives the plate back."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, Vt

from nuke_engine import RGBA, Engine, Refused, Seen, read, save
from replate.frame import Box
from replate.scene import Kind, write
from scene_plates import Shape, taken_apart
from scene_renders import plate

LIMIT = 2 / 255
SHAPES: dict[str, tuple[Shape, dict[str, Any]]] = {
    "plain": (Shape(Box(0, 0, 80, 48)), {}),
    "overscan": (Shape(Box(0, 0, 60, 40), Box(-9, -5, 80, 52)), {}),
    "small data window": (Shape(Box(0, 0, 60, 40), Box(10, 7, 40, 26)), {}),
    "anamorphic": (Shape(Box(0, 0, 40, 36), pixel_aspect=2.0), {}),
    "shifted lens": (Shape(Box(0, 0, 80, 48)), {"offset": (5.0, -3.0), "focal": 24.0}),
    "all at once": (
        Shape(Box(0, 0, 40, 64), Box(-4, -6, 50, 76), pixel_aspect=2.0, opaque=False, numbers=(1001, 1002, 1003)),
        {"offset": (3.0, 2.0), "focal": 80.0, "longest": 20},
    ),
}
"""As in test_scene.py for Blender."""


# A film of 40 pixels, as wide as the focal length: at the distance Z a unit is 40 / Z pixels.
FORMAT = 'Constant {\n inputs 0\n channels rgba\n format "40 30 0 0 40 30 1 "\n name format\n}\n'


def camera(knobs: str = "", inputs: int = 0) -> str:
    return f"Camera3 {{\n inputs {inputs}\n focal 10\n haperture 10\n {knobs}\n name camera\n}}\n"


def card(colour: str, knobs: str) -> str:
    """A card 1 wide and high, of one colour."""
    flat = f'Constant {{\n inputs 0\n channels rgba\n color {{{colour}}}\n format "4 4 0 0 4 4 1 "\n name flat\n}}\n'
    return f"{flat}Card2 {{\n {knobs}\n name card\n}}\n"


def rendered(engine: Engine, *geometry: str, eye: str = "", knobs: str = "", frame: float = 1) -> Seen:
    scene = f"Scene {{\n inputs {len(geometry)}\n name scene\n}}\n"
    render = f"ScanlineRender {{\n inputs 3\n {knobs}\n name render\n}}\n"
    return engine.seen((eye or camera()) + "".join(geometry) + scene + FORMAT + render, frame)


def area(plane: NDArray[np.float32]) -> tuple[int, int, int, int]:
    """Where it is not 0: x, y, right, top."""
    rows, columns = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def test_a_card_is_where_the_lens_has_it(engine: Engine) -> None:
    """4 units at the distance 20 are 8 pixels: from 16 to 24 of 40, and 11 to 19 of 30."""
    seen = rendered(engine, card("0.5 0.25 1.5 1", "translate {0 0 -20}\n scaling {4 4 1}"))
    assert area(seen.planes["A"]) == (16, 11, 24, 19)
    np.testing.assert_array_equal(seen.rgba()[15, 20], [0.5, 0.25, 1.5, 1])
    # 1 over the distance, along the axis and not along the ray; nothing is infinitely far.
    depth = seen.planes["depth.Z"]
    np.testing.assert_allclose(depth[11:19, 16:24], 1 / 20, rtol=1e-6)
    assert depth[0, 0] == 0 and area(depth) == (16, 11, 24, 19)


@pytest.mark.parametrize(
    ("knobs", "expected"),
    [
        ("translate {2 0 0}", (12, 11, 20, 19)),
        ("translate {0 -2 0}", (16, 15, 24, 23)),
        ("translate {0 0 20}", (18, 13, 22, 17)),
        ("focal 20", (12, 7, 28, 23)),
        # The window goes by half the film's width, both ways: 20 pixels.
        ("win_translate {0.2 0}", (12, 11, 20, 19)),
        ("win_translate {0 0.2}", (16, 7, 24, 15)),
        ("win_scale 0.5", (12, 7, 28, 23)),
        ("vaperture 3", (16, 11, 24, 19)),
        ("rotate {0 0 90}", (16, 11, 24, 19)),
        ("translate {{curve L x1 0 x3 4} 0 0}", (12, 11, 20, 19)),
    ],
)
def test_what_a_camera_sees(engine: Engine, knobs: str, expected: tuple[int, ...]) -> None:
    thing = card("1 1 1 1", "translate {0 0 -20}\n scaling {4 4 1}")
    assert area(rendered(engine, thing, eye=camera(knobs), frame=2).planes["A"]) == expected


def test_a_camera_turns_about_z_then_x_then_y(engine: Engine) -> None:
    """Turned by 30 degrees upwards and 40 to the left it looks along (-sin 40 cos 30, sin 30, -cos 40 cos 30)."""
    up, left = math.radians(30), math.radians(40)
    way = (-math.sin(left) * math.cos(up), math.sin(up), -math.cos(left) * math.cos(up))
    place = " ".join(str(20 * each) for each in way)
    thing = card("1 1 1 1", f"translate {{{place}}}\n rotate {{30 40 0}}\n scaling {{4 4 1}}")
    seen = rendered(engine, thing, eye=camera("rotate {30 40 0}"))
    assert area(seen.planes["A"]) == (16, 11, 24, 19)
    np.testing.assert_allclose(seen.planes["depth.Z"][11:19, 16:24], 1 / 20, rtol=1e-5)


def test_an_axis_carries_what_hangs_on_it(engine: Engine) -> None:
    """Turned to the left, and 20 that way; the camera behind looks the same way."""
    axis = "Axis3 {\n inputs 0\n translate {-20 0 0}\n rotate {0 90 0}\n name axis\n}\n"
    thing = card("1 1 1 1", "translate {-40 0 0}\n rotate {0 90 0}\n scaling {4 4 1}")
    seen = rendered(engine, thing, eye=axis + camera(inputs=1))
    assert area(seen.planes["A"]) == (16, 11, 24, 19)


def test_the_formats_pixels_count_and_the_overscan_goes_beyond(engine: Engine) -> None:
    thing = card("1 1 1 1", "translate {0 0 -20}\n scaling {4 4 1}")
    wide = FORMAT.replace("30 1 ", "30 2 ")
    script = camera() + thing + wide + "ScanlineRender {\n inputs 3\n overscan {5 3}\n name render\n}\n"
    seen = engine.seen(script)
    # Pixels twice as wide as high: 4 units at 20 are 8 across, and 16 up.
    assert area(seen.planes["A"]) == (16 + 5, 7 + 3, 24 + 5, 23 + 3)
    assert seen.box == (-5, -3, 45, 33) and seen.format == (40, 30, 2.0)


def test_the_near_hides_the_far_and_what_is_seen_through_lets_it_by(engine: Engine) -> None:
    """Whatever the order of the inputs: the depth says it. Light under alpha 0 is added."""
    near = card("0.5 0 0 0.5", "translate {0 0 -5}\n scaling {1 1 1}")
    far = card("0 0.75 0 0.75", "translate {0 0 -20}\n scaling {8 8 1}")
    glow = card("0 0 0.125 0", "translate {0 0 -4}\n scaling {0.5 0.5 1}")
    one, other = rendered(engine, near, far, glow), rendered(engine, glow, far, near)
    np.testing.assert_array_equal(one.rgba(), other.rgba())
    np.testing.assert_allclose(one.rgba()[15, 20], [0.5, 0.375, 0.125, 0.875])
    np.testing.assert_allclose(one.rgba()[15, 13], [0, 0.75, 0, 0.75])
    # What has no alpha has no depth.
    np.testing.assert_allclose(one.planes["depth.Z"][15, [20, 13]], [1 / 5, 1 / 20])
    np.testing.assert_array_equal(one.planes["depth.Z"], other.planes["depth.Z"])


def test_it_is_rendered_over_its_background(engine: Engine) -> None:
    near = card("0.5 0 0 0.5", "translate {0 0 -20}\n scaling {4 4 1}")
    back = FORMAT.replace("channels rgba", "channels rgba\n color {1 1 0 1}")
    script = camera() + near + back + "ScanlineRender {\n inputs 3\n name render\n}\n"
    seen = engine.seen(script)
    np.testing.assert_allclose(seen.rgba()[15, 20], [1, 0.5, 0, 1])
    np.testing.assert_allclose(seen.rgba()[0, 0], [1, 1, 0, 1])
    before = back + "AddChannels {\n channels depth\n color 0.1\n name D\n}\n"
    hidden = engine.seen(script.replace(back, before))
    np.testing.assert_allclose(hidden.rgba()[15, 20], [1, 1, 0, 1])


def test_a_picture_lies_on_a_card_upright(engine: Engine, tmp_path: Path) -> None:
    """8 x 8 pixels on a card that is 8 pixels of the render."""
    picture = np.zeros((8, 8, 4), np.float32)
    picture[1, 2] = [1, 0.5, 0.25, 1]
    source = read(save(tmp_path / "a.exr", picture, RGBA))
    thing = source + "Card2 {\n translate {0 0 -20}\n scaling {4 4 1}\n name card\n}\n"
    seen = rendered(engine, thing)
    np.testing.assert_allclose(seen.rgba()[11:19, 16:24], picture, atol=1e-6)
    halved = thing.replace("a.exr", "b.exr")
    save(tmp_path / "b.exr", np.ones((4, 8, 4), np.float32), RGBA)
    assert area(rendered(engine, halved).planes["A"]) == (16, 13, 24, 17)
    whole = rendered(engine, halved.replace("name card", "image_aspect false\n name card"))
    assert area(whole.planes["A"]) == (16, 11, 24, 19)


def projected(source: str, knobs: str, project: str = "", eye: str = "") -> str:
    """A card onto which the picture is thrown, from a camera at the origin unless `eye` is another."""
    thrower = (eye or camera()).replace("name camera", "name thrower")
    return f"{thrower}{source}Project3D2 {{\n inputs 2\n {project}\n name P\n}}\nCard2 {{\n {knobs}\n name card\n}}\n"


def test_a_projection_is_seen_unchanged_from_where_it_is_thrown(engine: Engine, tmp_path: Path) -> None:
    """On a card askew, and from a lens that is shifted."""
    rng = np.random.default_rng(3)
    picture = rng.random((30, 40, 4)).astype(np.float32)
    picture[:, :, 3] = 1
    source = read(save(tmp_path / "a.exr", picture, RGBA))
    eye = camera("win_translate {0.3 -0.1}\n translate {1 2 3}\n rotate {5 -8 12}")
    thing = projected(source, "translate {1 2 -9}\n rotate {20 30 40}\n scaling {90 90 1}", eye=eye)
    seen = rendered(engine, thing, eye=eye)
    np.testing.assert_allclose(seen.rgba(), picture, atol=1e-5)


@pytest.mark.parametrize("crop", [True, False])
def test_beyond_its_edge_a_projection_ends_or_goes_on(engine: Engine, tmp_path: Path, crop: bool) -> None:
    source = read(save(tmp_path / "a.exr", np.ones((30, 40, 4), np.float32), RGBA))
    thing = projected(source, "translate {0 0 -20}\n scaling {400 400 1}", f"crop {str(crop).lower()}")
    seen = rendered(engine, thing, eye=camera("translate {0 0 60}"))
    # From four times as far: 10 by 7.5 pixels.
    assert area(seen.planes["A"]) == ((15, 11, 25, 19) if crop else (0, 0, 40, 30))


def test_to_the_right_the_near_goes_farther_than_the_far(engine: Engine, tmp_path: Path) -> None:
    """By 40 pixels, times the way over the distance: a way of 0.5 is 4 pixels at 5, and 1 pixel at 20."""
    lines = []
    for name, column in (("far", 10), ("near", 25)):
        picture = np.zeros((30, 40, 4), np.float32)
        picture[:, column] = 1 if name == "near" else 0.5
        lines.append(read(save(tmp_path / f"{name}.exr", picture, RGBA)))
    far = projected(lines[0], "translate {0 0 -20}\n scaling {60 60 1}")
    near = projected(lines[1], "translate {0 0 -5}\n scaling {15 15 1}")
    for way, columns in ((0.0, {10: 0.5, 25: 1.0}), (0.5, {9: 0.5, 21: 1.0}), (-0.5, {11: 0.5, 29: 1.0})):
        row = rendered(engine, far, near, eye=camera(f"translate {{{way} 0 0}}")).planes["R"][15]
        expected = np.zeros(40)
        for column, value in columns.items():
            expected[column] = value
        np.testing.assert_allclose(row, expected, atol=1e-5)


def test_a_floor_that_goes_under_the_camera(engine: Engine) -> None:
    """It is cut at the near plane; a row y below the middle sees it at the distance 40 / y, for the height 1."""
    floor = card("1 1 1 1", "translate {0 -1 -95}\n rotate {-90 0 0}\n scaling {400 200 1}")
    seen = rendered(engine, floor)
    below = 15 - (np.arange(15) + 0.5)
    # The horizon is the middle; the floor ends 195 away.
    np.testing.assert_allclose(seen.planes["depth.Z"][:14, 20], below[:14] / 40, rtol=1e-4)
    assert seen.planes["A"][15:].max() == 0 and seen.planes["A"][:14].min() == 1


def mesh(file: Path, points: Mapping[float, NDArray[np.float64]], faces: NDArray[np.int64]) -> Path:
    """A USD file of one mesh whose points move; `points` by time."""
    stage = Usd.Stage.CreateNew(str(file))
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    made = UsdGeom.Mesh.Define(stage, "/thing")
    made.CreateFaceVertexCountsAttr([faces.shape[1]] * len(faces))
    made.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(faces.reshape(-1).astype(np.int32)))
    for time, each in points.items():
        made.CreatePointsAttr().Set(Vt.Vec3fArray.FromNumpy(each.astype(np.float32)), time)
    stage.Save()
    return file


def read_geo(file: Path, knobs: str = "", alpha: float = 1.0, chosen: str = "/thing") -> str:
    flat = f'Constant {{\n inputs 0\n channels rgba\n color {alpha}\n format "4 4 0 0 4 4 1 "\n name flat\n}}\n'
    return f'{flat}ReadGeo2 {{\n file "{file.as_posix()}"\n scene_graph "{chosen}"\n {knobs}\n name geo\n}}\n'


def test_a_mesh_that_moves(engine: Engine, tmp_path: Path) -> None:
    square = np.array([[-2, -2, -20], [2, -2, -20], [2, 2, -20], [-2, 2, -20]], float)
    file = mesh(tmp_path / "a.usdc", {1: square, 3: square + np.array([4, 0, 0])}, np.array([[0, 1, 2, 3]]))
    moving = read_geo(file, "read_on_each_frame true")
    for frame, left in ((1, 16), (2, 20), (3, 24), (9, 24)):
        assert area(rendered(engine, moving, frame=frame).planes["A"]) == (left, 11, left + 8, 19)
    assert area(rendered(engine, read_geo(file), frame=3).planes["A"])[0] == 16
    placed = read_geo(file, "scaling {0.5 0.5 1}\n uniform_scale 2\n translate {0 1 20}\n rotate {0 0 180}")
    # Scaled to 2, 2 and 2 times, so it is at 40; then moved back to 20, and up by 1 that are 2 pixels.
    assert area(rendered(engine, placed).planes["A"]) == (16, 13, 24, 21)
    assert rendered(engine, read_geo(file, "render_mode off")).planes["A"].max() == 0
    for nothing in ("", "/other"):
        assert rendered(engine, read_geo(file, chosen=nothing)).planes["A"].max() == 0
    with pytest.raises(Refused, match="is not there"):
        rendered(engine, read_geo(tmp_path / "b.usdc"))


def test_triangles_that_share_an_edge_share_no_pixel(engine: Engine, tmp_path: Path) -> None:
    """Half transparent, so that a pixel that is covered twice shows; turned, so that edges go every way."""
    rng = np.random.default_rng(11)
    y, x = np.mgrid[:21, :21].astype(float)
    inner = ((x > 0) & (x < 20) & (y > 0) & (y < 20))[:, :, None]
    shaken = np.dstack([x, y]) + inner * rng.uniform(-0.3, 0.3, (21, 21, 2))
    points = np.concatenate([shaken.reshape(-1, 2) / 20 * 16 - 8, np.full((441, 1), -20.0)], axis=1)
    corner = (np.arange(20)[:, None] * 21 + np.arange(20)).reshape(-1)
    faces = np.concatenate([corner[:, None] + [0, 1, 22], corner[:, None] + [0, 22, 21]])
    thing = read_geo(mesh(tmp_path / "a.usdc", {1: points}, faces), "rotate {0 0 0}", 0.5)
    for turn in (0, 13, 45, 90):
        alpha = rendered(engine, thing, eye=camera(f"rotate {{0 0 {turn}}}")).planes["A"]
        assert set(np.unique(alpha)) == {0.0, 0.5}
        if turn in (0, 90):  # 16 units at 20 are 32 pixels; the picture is 30 high.
            assert area(alpha) == (4, 0, 36, 30) and (alpha > 0).sum() == 32 * 30


def test_samples_smooth_edges_and_blur_what_moves(engine: Engine) -> None:
    """A card whose edge is a quarter into a pixel; and one that goes 8 pixels a frame, 4 while the shutter is open."""
    still = card("1 1 1 1", "translate {0.125 0 -20}\n scaling {4 4 1}")
    smooth = rendered(engine, still, knobs="samples 64").planes["A"]
    np.testing.assert_allclose(smooth[15, [15, 16, 17, 23, 24, 25]], [0, 0.75, 1, 1, 0.25, 0], atol=0.05)
    moving = card("1 1 1 1", "translate {{curve L x1 0 x2 4} 0 -20}\n scaling {4 4 1}")
    blurred = rendered(engine, moving, knobs="samples 64\n spatial_jitter 0").planes["A"]
    np.testing.assert_allclose(
        blurred[15, [15, 16, 18, 20, 23, 24, 26, 28]], [0, 1 / 8, 5 / 8, 1, 1, 7 / 8, 3 / 8, 0], atol=0.02
    )
    backwards = rendered(engine, moving, knobs="samples 64\n spatial_jitter 0\n shutteroffset end", frame=2).planes["A"]
    assert area(backwards) == (20, 11, 32, 19)


def test_what_is_out_of_focus_spreads(engine: Engine) -> None:
    """The depth is 1 where it is sharp; a disc of the radius 3 keeps its light, and everything its sum."""
    point = card("0 8 0 1", "translate {0.25 0.25 -20}\n scaling {0.5 0.5 1}")
    scene = camera() + point + FORMAT + "ScanlineRender {\n inputs 3\n name render\n}\n"
    depth = "Grade {\n channels depth\n multiply FACTOR\n black_clamp false\n name scaled\n}\n"
    flat = 'Shuffle2 {\n out1 depth\n mappings "1 white -1 -1 depth.Z 0 0"\n name flat\n}\n'
    defocus = "ZDefocus2 {\n channels rgba\n center 1\n size 6\n max_size 10\n name defocus\n}\n"
    sharp = engine.seen(scene + flat + defocus).planes["G"]
    assert area(sharp) == (20, 15, 21, 16) and sharp.max() == 8
    soft = engine.seen(scene + flat + depth.replace("FACTOR", "0.5") + defocus).planes["G"]
    assert area(soft) == (17, 12, 24, 19) and soft.sum() == pytest.approx(8, rel=0.02)
    assert soft.max() == pytest.approx(8 / (math.pi * 9), rel=0.05)


def test_what_is_not_known_of_3d_is_refused(engine: Engine) -> None:
    thing = card("1 1 1 1", "translate {0 0 -20}")
    with pytest.raises(Refused, match="no antialiasing"):
        rendered(engine, thing, knobs="antialiasing low")
    with pytest.raises(Refused, match="have an alpha"):
        rendered(engine, card("1 1 1 1", "translate {0 0 -20}").replace("rgba", "rgb", 1))
    with pytest.raises(Refused, match="is to be a camera"):
        rendered(engine, thing, eye=FORMAT.replace("name format", "name camera"))
    with pytest.raises(Refused, match="textured or off"):
        rendered(engine, card("1 1 1 1", "render_mode wireframe"))
    with pytest.raises(Refused, match="perspective cameras alone"):
        rendered(engine, thing, eye=camera("projection_mode orthographic"))


# scene.nk


def opened(file: Path) -> str:
    """A script as Nuke has it once it is open: what its nodes do then is choose what is read of their files."""
    script = file.read_text(encoding="utf-8")
    return re.sub(
        r"onCreate \{.*?\.setSelectedItems\(\[\"(\S+)\"\]\).*?\}\n", r"scene_graph \1\n", script, flags=re.DOTALL
    )


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("name", SHAPES)
def test_at_rest_a_scene_is_the_plate(engine: Engine, tmp_path: Path, name: str, kind: Kind) -> None:
    """As `replate layers` writes it: from its own camera, in its format and in its overscan."""
    shape, options = SHAPES[name]
    taken = taken_apart(shape)
    scene = write(tmp_path, taken.frames, kind=kind, **options)
    script = opened(tmp_path / "scene.nk")
    for frame in shape.numbers[:1]:
        seen = engine.seen(script, frame)
        assert seen.format == (scene.display_window.width, scene.display_window.height, shape.pixel_aspect)
        error = np.abs(_in_format(seen) - plate(scene, shape, taken, frame))
        assert float(error.max()) < LIMIT
    outside = scene.display_window.height != seen.rgba().shape[0]
    assert outside == (shape.data is not None and shape.data.y < 0)


def test_from_elsewhere_a_scene_is_not_the_plate(engine: Engine, tmp_path: Path) -> None:
    """And nearer layers are nearer: depth.Z falls into three, the pole's before the hill's before the floor's."""
    shape = SHAPES["plain"][0]
    taken = taken_apart(shape)
    scene = write(tmp_path, taken.frames, kind=Kind.CARD)
    script = opened(tmp_path / "scene.nk")
    rest, moved = engine.seen(script, 1001), engine.seen(script, 1048)
    distances = sorted({round(float(1 / each), 3) for each in np.unique(rest.planes["depth.Z"]) if each})
    assert distances == pytest.approx(sorted(layer.distance for layer in scene.layers), rel=1e-3)
    assert np.abs(_in_format(moved) - plate(scene, shape, taken, 1001)).max() > 0.3


def _in_format(seen: Seen) -> NDArray[np.float32]:
    """The format's pixels, rows downwards as the plates have them."""
    width, height, _ = seen.format
    left, low, right, top = seen.box
    around = [(max(low, 0), max(height - top, 0)), (max(left, 0), max(width - right, 0)), (0, 0)]
    whole = np.pad(seen.rgba(), around)
    return whole[max(-low, 0) :][:height, max(-left, 0) :][:, :width][::-1]
