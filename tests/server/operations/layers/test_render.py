"""At rest layers are the plate; moved, each pixel goes where its distance takes it, and nothing stretches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from replate.frame import Box, FrameSpec
from replate_server.operations.layers.camera import Camera, at_rest
from replate_server.operations.layers.layer import Layer
from replate_server.operations.layers.render import KINDS, render
from replate_server.operations.layers.surface import surfaces

WIDTH, HEIGHT = 96, 64
FOCAL = 100.0
REST = Camera(FOCAL, (WIDTH / 2, HEIGHT / 2))

Picture = NDArray[np.float32]


def texture(seed: int = 1, height: int = HEIGHT, width: int = WIDTH, blur: float = 2.0) -> Picture:
    noise = np.random.default_rng(seed).random((height, width, 3)).astype(np.float32)
    picture = 0.5 + (cv2.GaussianBlur(noise, (0, 0), blur) - 0.5) * 3 if blur else noise
    return np.asarray(picture, np.float32)


def layer(colour: Picture, depth: float | Picture, alpha: Picture | None = None, name: str = "layer") -> Layer:
    shape = colour.shape[:2]
    full = np.ones(shape, np.float32) if alpha is None else alpha
    return Layer(name, colour, full, np.broadcast_to(np.float32(depth), shape).copy())


def disc(radius: float, x: float = WIDTH / 2, y: float = HEIGHT / 2, softness: float = 3.0) -> Picture:
    away = np.hypot(*(np.mgrid[:HEIGHT, :WIDTH] + 0.5 - np.array([y, x])[:, None, None]))
    return np.clip((radius - away) / softness + 0.5, 0, 1).astype(np.float32)


def moved(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> NDArray[np.float64]:
    pose = np.eye(4)
    pose[:3, 3] = x, y, z
    return pose


def seen(layers: list[Layer], camera: Camera, kind: Any = "grid", rest: Camera = REST) -> Picture:
    return np.asarray(render(surfaces(layers), rest, camera, kind).numpy(), np.float32)


def over(layers: list[Layer]) -> Picture:
    picture: Any = 0
    for each in layers:
        shown = np.dstack((each.colour * each.alpha[..., None], each.alpha))
        picture = shown + picture * (1 - each.alpha[..., None])
    return np.asarray(picture, np.float32)


@pytest.fixture
def scene() -> list[Layer]:
    """A wall, a slanted sheet with a jump in it, and a ball with a soft edge and highlights."""
    slant = np.linspace(6, 4, WIDTH, dtype=np.float32) * np.where(np.arange(HEIGHT) < 30, 1, 0.8)[:, None]
    return [
        layer(texture(1, blur=0), 10.0),
        layer(texture(2, blur=0), slant.astype(np.float32), disc(28, 40, 30, 8)),
        layer(texture(3, blur=0) * 40 - 0.2, 2.0, disc(16, 60, 34)),
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "rest", [REST, Camera(60.0, (20.5, 71.25), 2.0)], ids=["plain", "shifted, anamorphic, overscanned"]
)
def test_at_rest_it_is_the_plate(scene: list[Layer], kind: str, rest: Camera) -> None:
    plate = over(scene)
    assert np.array_equal(seen(scene, rest.posed(np.eye(4)), kind, rest), plate)


@pytest.mark.parametrize("kind", KINDS)
def test_next_to_rest_it_is_nearly_the_plate(scene: list[Layer], kind: str) -> None:
    """The exact picture at rest is no special case that the first frame of a move jumps away from."""
    away = seen(scene, REST.posed(moved(x=2e-5, z=-2e-5)), kind) - over(scene)
    assert np.abs(away).max() < 40 * 2e-3


@pytest.mark.parametrize("kind", KINDS)
def test_trucked_a_flat_layer_moves_by_focal_times_baseline_over_distance(kind: str) -> None:
    colour = texture()
    picture = seen([layer(colour, 5.0)], REST.posed(moved(x=0.4)), kind)
    assert np.abs(picture[:, :-9, :3] - colour[:, 8:-1]).max() < 1e-3
    assert not picture[:, -7:].any()
    half = seen([layer(colour, 5.0)], REST.posed(moved(x=0.025)), kind)
    between = (colour[:, :-1] + colour[:, 1:]) / 2
    assert np.abs(half[:, :-1, :3] - between).mean() < 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_height_goes_by_the_pixel_aspect(kind: str) -> None:
    colour = texture()
    rest = replace(REST, pixel_aspect=2.0)
    picture = seen([layer(colour, 10.0)], rest.posed(moved(y=0.4)), kind, rest)
    assert np.abs(picture[9:, :, :3] - colour[1:-8]).max() < 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_nearer_hides_what_is_farther(kind: str) -> None:
    wall, ball = layer(texture(1), 10.0), layer(np.full((HEIGHT, WIDTH, 3), 9, np.float32), 2.0, disc(10, 48, 32))
    picture = seen([wall, ball], REST.posed(moved(x=0.2)), kind)
    assert picture[32, 38, 0] == pytest.approx(9, abs=1e-3)
    assert np.abs(picture[32, 54:80, :3] - wall.colour[32, 56:82]).max() < 2e-3


def test_a_slanted_plane_has_no_gaps() -> None:
    """Inverse depth is linear on a plane; turned towards the camera it grows to several times its width."""
    inverse = np.linspace(1 / 30, 1 / 3, WIDTH, dtype=np.float32) * np.ones((HEIGHT, 1), np.float32)
    floor = layer(texture(), 1 / inverse)
    picture = seen([layer(texture(4), 40.0), floor], REST.posed(moved(x=-2.0)))
    drawn = seen([floor], REST.posed(moved(x=-2.0)))[..., 3]
    columns = np.flatnonzero(drawn[HEIGHT // 2] > 0.5)
    assert len(columns) > 10
    assert (drawn[:, columns[0] + 1 : columns[-1]] == 1).all()
    assert (picture[..., 3] > 0).mean() > 0.9


def test_a_tear_shows_what_is_behind_and_does_not_stretch() -> None:
    """A step in a layer's depth, sharp or blurred over three pixels, moved apart by 15 pixels."""
    for blurred in (False, True):
        row = stepped(5.5, blurred)
        gap = np.flatnonzero(row[:, 1] > 0.5)
        inside = gap[gap < WIDTH - 15]
        assert 10 <= len(inside) <= 15
        assert (row[inside[1] : inside[-1], 0] == 0).all()
        assert (np.diff(inside) == 1).all()


def test_no_tear_is_a_hole_into_another_place() -> None:
    """Where only something far behind would show in a tear, its farther side is drawn out."""
    row = stepped(50.0, False)
    assert (row[: WIDTH - 15, 2] == 1).any() and (row[: WIDTH - 15, 1] == 0).all()
    # The nearer side keeps its outline: no pixel is a mixture but those of the edge.
    mixed = (row[: WIDTH - 15, 0] > 0.01) & (row[: WIDTH - 15, 0] < 0.99)
    assert mixed.sum() <= 4


def stepped(behind: float, blurred: bool) -> Picture:
    """The middle row of a layer that steps from 2 (red) to 5 (blue) before a green one, moved apart by 15 pixels."""
    step = np.where(np.arange(WIDTH) < 48, 1 / 2, 1 / 5).astype(np.float32) * np.ones((HEIGHT, 1), np.float32)
    if blurred:
        step = cv2.blur(step, (3, 1))
    colour = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    colour[:, :48, 0], colour[:, 48:, 2] = 1, 1
    green = np.zeros_like(colour)
    green[..., 1] = 1
    picture = seen([layer(green, behind), layer(colour, 1 / step, name="torn")], REST.posed(moved(x=0.5)))
    return picture[HEIGHT // 2]


def test_the_backmost_layer_has_no_holes() -> None:
    step = np.where(np.arange(WIDTH) < 48, 2.0, 5.0).astype(np.float32) * np.ones((HEIGHT, 1), np.float32)
    alpha = seen([layer(texture(), step)], REST.posed(moved(x=0.5)))[..., 3]
    assert (alpha[:, : WIDTH - 12] == 1).all()


def test_light_under_soft_edges_is_not_darkened(scene: list[Layer]) -> None:
    """A white ball on a white wall, of soft alpha, is white everywhere from anywhere."""
    white = np.ones((HEIGHT, WIDTH, 3), np.float32)
    picture = seen([layer(white, 10.0), layer(white, 3.0, disc(18, softness=6))], REST.posed(moved(x=0.11, z=-0.3)))
    assert np.abs(picture[4:-4, 4:-12] - 1).max() < 1e-5


def test_nothing_rings_next_to_a_highlight() -> None:
    colour = np.full((HEIGHT, WIDTH, 3), 0.1, np.float32)
    colour[20:24, 40:44] = 500.0
    picture = seen([layer(colour, 5.0)], REST.posed(moved(x=0.02, y=0.013)))
    assert picture[:, :-4].min() >= 0
    assert picture[10:50, 10:80, :3].min() == pytest.approx(0.1, abs=1e-5)


def test_what_is_behind_the_camera_is_not_seen(scene: list[Layer]) -> None:
    picture = seen(scene, REST.posed(moved(z=-3.0)))
    alone = seen(scene[:2], REST.posed(moved(z=-3.0)))
    assert np.array_equal(picture, alone)
    assert np.isfinite(picture).all()


def test_the_camera_at_rest_has_the_format_for_its_sensor() -> None:
    spec = FrameSpec(1, Box(-10, -6, 120, 92), Box(0, 0, 100, 80), ("R", "G", "B"), pixel_aspect=2.0)
    camera = at_rest(spec, focal=50, sensor=25, offset=(2.5, -1.25))
    assert camera.focal == 200
    assert camera.centre == pytest.approx((50 + 10 - 10, 40 + 6 - 10))


def test_the_same_view_is_the_same_picture(scene: list[Layer]) -> None:
    camera = REST.posed(moved(0.2, 0.1, -0.4))
    assert torch.equal(render(surfaces(scene), REST, camera), render(surfaces(scene), REST, camera))
