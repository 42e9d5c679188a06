"""A restyled frame on geometry: seen from where it was taken it is the frame, and elsewhere there is the material."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO
import pytest
from numpy.typing import NDArray

from blenders import each_blender
from replate.frame import Box
from replate.media import write_frame
from replate.scene import Kind, write
from scene_plates import Shape, taken_apart
from serving import Server, noise

Told = Callable[..., dict[str, Any]]
LIMIT = 2 / 255


@each_blender
def test_a_frame_is_projected_and_taken_out_again(told: Told, server: Server, style: Path, tmp_path: Path) -> None:
    said = told("projected", server.address, style)
    assert said["nothing"] == "There is no result yet: choose a picture to project."
    assert said["none selected"] == "No mesh is selected: select what the picture is projected onto."
    picture = layer(said["result"].replace("####", "1002"), "", "RGB")
    depth = layer(said["rendered"].replace("####", "1002"), "ViewLayer.Depth.", "Z")

    shots = {name: Shot(tmp_path / f"{name}.exr") for name in ("before", "same", "aside_before", "aside", "half")}
    shares = {name: Seen(said["projector"], shots[name], depth) for name in shots}

    # From the camera it was taken with, it is the frame, pixel by pixel.
    same, seen = shots["same"], shares["same"]
    assert seen.whole.mean() > 0.9
    assert np.abs(same.light - picture)[seen.whole].max() < LIMIT
    half = (shots["before"].light + picture) / 2
    lit_alone = seen.whole & shots["same"].wall
    assert np.abs(shots["half"].light - half)[lit_alone].max() < LIMIT

    # Lit, it is as bright as the sun makes it, evenly but for the cube's shadow.
    shine = (layer(tmp_path / "lit.exr", "ViewLayer.Combined.", "RGB") / picture)[lit_alone]
    assert np.median(shine) > 0.1 and np.isclose(shine, np.median(shine), rtol=0.02).mean() > 0.7

    # From aside there is the frame where that camera saw the surface, and else the material: beside the frame, on
    # what the cube hid, and on its sides.
    aside, seen = shots["aside"], shares["aside"]
    assert seen.whole.sum() > 500 and (seen.whole & ~aside.wall).sum() > 10
    assert np.abs(aside.light - seen.sample(picture))[seen.whole].max() < LIMIT
    left = seen.none & aside.wall
    assert left.sum() > 500 and (left & seen.within).sum() > 50
    assert np.array_equal(aside.light[left], shots["aside_before"].light[left])

    # Done again it is one projection, with what the artist set; at 0 and without it the render is what it was.
    again, removed = said["again"], said["removed"]
    assert (again["nodes"], again["groups"], again["projectors"], again["blend"]) == ([1, 1], 1, 1, 0.5)
    for name in ("none", "after"):
        assert np.array_equal(Shot(tmp_path / f"{name}.exr").light, shots["before"].light)
    assert removed["same"] and (removed["nodes"], removed["slots"]) == ([0], 0)
    assert (removed["groups"], removed["projectors"]) == (0, 0)

    # The sequence is not what one of its frames became.
    assert said["source"] == "SEQUENCE"

    # What was put before the camera later takes the picture, too.
    later = Shot(tmp_path / "later.exr")
    nearer = later.place[:, :, 1] < -3
    assert nearer.sum() > 100 and np.abs(later.light - picture)[nearer].max() < LIMIT

    # A parallel camera shows its frame, too; a material without nodes has none afterwards.
    first = layer(said["result"].replace("####", "1001"), "", "RGB")
    parallel = Shot(tmp_path / "parallel.exr")
    assert np.abs(parallel.light - first)[parallel.wall].max() < LIMIT
    assert said["plain"] in ([True, False], [True, True])


@pytest.mark.parametrize("kind", Kind)
def test_layers_with_soft_edges_have_no_rims(
    told: Told, server: Server, style: Path, tmp_path: Path, kind: Kind
) -> None:
    """Seen from where it was taken a frame is itself across the edges of layers, whose own soft edges are cleared."""
    for name, numbers in {"still": (1001,), "changing": (1001, 1002)}.items():
        taken = taken_apart(Shape(Box(0, 0, 64, 48), numbers=numbers, noise=False))
        write(tmp_path / name, taken.frames, kind=kind, longest=40)
    files = [tmp_path / name / "scene.json" for name in ("still", "changing")]
    said = told("projected_rig", server.address, *files, style)
    result = said["result"].replace("####", "1002")
    same = layer(tmp_path / "same.exr", "ViewLayer.Combined.", "RGBA")
    whole = same[:, :, 3] == 1
    assert whole.mean() > 0.9
    assert np.abs(same[:, :, :3] - layer(result, "", "RGB"))[whole].max() < LIMIT
    # What comes nearer from frame to frame would be cleared, too.
    assert said["through"] == [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]


class Shot:
    """A render, and where what it shows is."""

    def __init__(self, path: Path) -> None:
        self.light = layer(path, "ViewLayer.Combined.", "RGB")
        self.place = layer(path, "ViewLayer.Position.", "XYZ")
        self.normal = layer(path, "ViewLayer.Normal.", "XYZ")
        self.wall = self.place[:, :, 1] > 3.9


class Seen:
    """Where a projector sees the surfaces of a shot, as its frame and the depth that it rendered have it."""

    def __init__(self, projector: dict[str, Any], shot: Shot, depth: NDArray[np.float32]) -> None:
        matrix, corners = np.array(projector["matrix"]), np.array(projector["frame"])
        own = shot.place @ matrix[:3, :3].T + matrix[:3, 3]
        away = -own[:, :, 2]
        sides = corners[:, :2] / -corners[:, 2:]
        least, most = sides.min(axis=0), sides.max(axis=0)
        self.where = (own[:, :, :2] / away[:, :, None] - least) / (most - least)
        room = np.minimum(self.where, 1 - self.where).min(axis=2)
        toward = -own / np.linalg.norm(own, axis=2, keepdims=True)
        cosine = (toward * (shot.normal @ matrix[:3, :3].T)).sum(axis=2)
        near, far = self.around(depth[:, :, 0])
        off = np.maximum(near - away, away - far) / away
        covered = np.linalg.norm(shot.normal, axis=2) > 0.5
        self.within = (room > 1e-3) & (away > 0)
        self.whole = covered & self.within & (cosine > 0.101) & (off < 0.018)
        self.none = covered & ((room < -1e-3) | (away < 0) | (cosine < -1e-3) | (off > 0.022))

    def sample(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bilinear, and beyond the edge as at it."""
        height, width = picture.shape[:2]
        x = np.clip(self.where[:, :, 0] * width - 0.5, 0, width - 1)
        y = np.clip((1 - self.where[:, :, 1]) * height - 0.5, 0, height - 1)
        left, top = np.minimum(x.astype(int), width - 2), np.minimum(y.astype(int), height - 2)
        right, down = (x - left)[:, :, None], (y - top)[:, :, None]
        upper = picture[top, left] * (1 - right) + picture[top, left + 1] * right
        lower = picture[top + 1, left] * (1 - right) + picture[top + 1, left + 1] * right
        return np.asarray(upper * (1 - down) + lower * down)

    def around(self, depth: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The nearest and the farthest of the four samples around each place."""
        height, width = depth.shape
        x, y = self.where[:, :, 0] * width, (1 - self.where[:, :, 1]) * height
        columns = [np.clip(np.floor(x + by).astype(int), 0, width - 1) for by in (-0.5, 0.5)]
        rows = [np.clip(np.floor(y + by).astype(int), 0, height - 1) for by in (-0.5, 0.5)]
        found = np.stack([depth[row, column] for row in rows for column in columns])
        return found.min(axis=0), found.max(axis=0)


def layer(path: str | Path, front: str, channels: str) -> NDArray[np.float32]:
    wanted = [front + name for name in channels]
    # Blender 5 gives each layer a part of its own.
    for part in range(OpenImageIO.ImageBuf(str(path)).nsubimages):
        file = OpenImageIO.ImageBuf(str(path), part, 0)
        names = list(file.spec().channelnames)
        if set(wanted) <= set(names):
            return np.asarray(file.get_pixels(OpenImageIO.FLOAT))[:, :, [names.index(name) for name in wanted]]
    raise AssertionError(f"{path} has no {wanted}")


@pytest.fixture
def style(tmp_path: Path) -> Path:
    write_frame(tmp_path / "style.exr", noise(size=(32, 32), seed=1)[0])
    return tmp_path / "style.exr"
