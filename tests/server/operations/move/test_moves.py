"""Cameras that begin at rest, go where the move says, and keep clear of what is nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from replate_server.operations.layers.camera import Camera
from replate_server.operations.move.fill import MOST, filling
from replate_server.operations.move.moves import CLEAR, KINDS, Move, cameras, clear

REST = Camera(1000.0, (480.0, 270.0))
PIVOT = 4.0
SECONDS = [index / 24 for index in range(48)]
ALL = (*KINDS, "handheld")


def move(kind: str, amount: float = 0.2, **rest: object) -> Move:
    return Move(kind, amount, PIVOT, **rest)  # type: ignore[arg-type]


def place(camera: Camera) -> NDArray[np.float64]:
    assert camera.pose is not None
    return camera.pose[:3, 3]


def seen(camera: Camera, point: Sequence[float]) -> NDArray[np.float64]:
    """Where a point of the world is on the picture."""
    x, y, away = camera.intrinsics @ (camera.view @ np.array([*point, 1.0]))
    return np.array([x, y]) / away


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("loop", [False, True])
def test_a_move_begins_at_rest(kind: str, loop: bool) -> None:
    first, *others = cameras(REST, move(kind, loop=loop), SECONDS)
    assert first.sees_as(REST)
    assert not others[len(others) // 3].sees_as(REST)
    for camera in others:
        assert camera.pose is not None
        assert np.allclose(camera.pose[:3, :3] @ camera.pose[:3, :3].T, np.eye(3))


@pytest.mark.parametrize("kind", ["orbit", "dolly-zoom"])
def test_the_pivot_stays_in_the_middle(kind: str) -> None:
    for camera in cameras(REST, move(kind), SECONDS):
        assert seen(camera, (0, 0, -PIVOT)) == pytest.approx((480, 270))


def test_an_orbit_keeps_its_distance_and_goes_right() -> None:
    last = cameras(REST, move("orbit"), SECONDS)[-1]
    assert np.linalg.norm(place(last) - (0, 0, -PIVOT)) == pytest.approx(PIVOT)
    assert place(last)[0] == pytest.approx(PIVOT * np.sin(0.2))
    # What is behind the pivot goes the camera's way on the picture, and what is before it the other.
    assert seen(last, (0, 0, -3 * PIVOT))[0] > 480 > seen(last, (0, 0, -PIVOT / 2))[0]


def test_a_dolly_and_a_truck_go_their_way() -> None:
    assert place(cameras(REST, move("dolly"), SECONDS)[-1]) == pytest.approx((0, 0, -0.2 * PIVOT))
    assert place(cameras(REST, move("dolly", -0.2), SECONDS)[-1]) == pytest.approx((0, 0, 0.2 * PIVOT))
    assert place(cameras(REST, move("truck"), SECONDS)[-1]) == pytest.approx((0.2 * PIVOT, 0, 0))


def test_a_dolly_zoom_keeps_the_size_of_the_pivot_and_of_nothing_else() -> None:
    width, far = [], []
    for camera in cameras(REST, move("dolly-zoom", 0.4), SECONDS):
        width.append(np.ptp([seen(camera, (x, 0.5, -PIVOT))[0] for x in (-1, 1)]))
        far.append(np.ptp([seen(camera, (x, 0.5, -4 * PIVOT))[0] for x in (-1, 1)]))
    assert np.ptp(width) < 1e-9
    assert far[-1] < 0.75 * far[0]


def test_a_loop_ends_where_it_began() -> None:
    """The step from the last frame to the first is no larger than the others."""
    for kind in ALL:
        places = np.array([[*place(camera), camera.focal] for camera in cameras(REST, move(kind, loop=True), SECONDS)])
        steps = np.linalg.norm(np.diff(np.vstack((places, places[:1])), axis=0), axis=1)
        assert steps[-1] <= steps.max()
        assert steps.max() > 0


def test_easing_starts_and_stops_gently() -> None:
    smooth, even = (
        np.diff([place(camera)[0] for camera in cameras(REST, move("truck", smooth=smooth), SECONDS)])
        for smooth in (True, False)
    )
    assert np.ptp(even) < 1e-9
    assert max(smooth[0], smooth[-1]) < 0.2 * smooth.max()
    assert smooth.sum() == pytest.approx(even.sum())


def test_a_hand_is_of_its_seed_and_sways_smoothly() -> None:
    first, again, other = (cameras(REST, move("handheld", seed=seed), SECONDS) for seed in (5, 5, 6))
    same = [np.array_equal(one.view, two.view) for one, two in zip(first, again, strict=True)]
    assert all(same)
    assert not np.allclose(first[-1].view, other[-1].view)
    points = np.array([seen(camera, (0, 0, -PIVOT)) for camera in first])
    speed, jerk = np.diff(points, axis=0), np.diff(points, 2, axis=0)
    assert 2 < np.ptp(points, axis=0).max() < 90
    assert np.abs(jerk).mean() < 0.3 * np.abs(speed).mean()


def test_a_hand_sways_by_the_second() -> None:
    slow = cameras(REST, move("handheld"), SECONDS)
    fast = cameras(REST, move("handheld"), [second / 2 for second in SECONDS])
    assert np.allclose(slow[10].view, fast[20].view)


@pytest.mark.parametrize("kind", ALL)
def test_the_camera_keeps_clear_of_what_is_nearest(kind: str) -> None:
    wild = move(kind, 0.9)
    safe = clear(REST, wild, SECONDS, nearest=0.5)
    way = max(-place(camera)[2] for camera in cameras(REST, safe, SECONDS))
    assert way <= (1 - CLEAR) * 0.5 + 1e-9
    assert clear(REST, replace(wild, amount=0.05), SECONDS, nearest=3.0).amount == 0.05
    if kind == "dolly":
        assert way == pytest.approx((1 - CLEAR) * 0.5)


@pytest.mark.parametrize("kind", ALL)
def test_a_camera_that_looks_closer_sees_no_edge(kind: str) -> None:
    depth = np.full((540, 960), 9.0, np.float32)
    depth[300:] = np.linspace(9, 3, 240, dtype=np.float32)[:, None]
    way = cameras(REST, move(kind, 0.1), SECONDS)
    closer = filling(REST, way, depth)
    assert 1.0 < closer < 1.5
    rim = [(x, y) for x in (0, 480, 959) for y in (0, 539)] + [(x, 270) for x in (0, 959)]
    for camera in way:
        near = replace(camera, focal=camera.focal * closer)
        for x, y in rim:
            away = depth[y, x]
            point = ((x - 480) / 1000 * away, -(y - 270) / 1000 * away, -away)
            at = seen(near, point)
            assert not (0.5 < at[0] < 958.5 and 0.5 < at[1] < 538.5), f"the border at {x}, {y} is seen at {at}"


def test_nothing_looks_closer_than_needed_or_without_end() -> None:
    depth = np.full((540, 960), 9.0, np.float32)
    assert filling(REST, [REST], depth) == pytest.approx(270 / 269)
    assert filling(REST, cameras(REST, move("truck", 5.0), SECONDS), depth) == MOST
