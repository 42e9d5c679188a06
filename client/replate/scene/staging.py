"""A scene as a host has it now: the artist's camera frame by frame, and where each layer has been put."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest
from replate.scene.contract import LONGEST, Scene

Numbers = NDArray[np.float64]
MOST_FRAMES = 20_000
_LEAST = 1e-6
"""Of a scale: what is smaller is nothing that can be seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Shooting:
    """A camera over some frames, in the scene's axes."""

    poses: Numbers
    """[frames, 4, 4]: from the camera's own axes to the scene's, turned and moved."""
    focal: Numbers
    """[frames], millimetres."""
    sensor: Numbers
    """[frames, 2]: width and height in millimetres of what the picture covers."""
    offset: Numbers
    """[frames, 2]: of the picture's middle from the optical axis, right and up, in millimetres."""
    focus: Numbers
    """[frames]: the distance of what is sharp."""
    fstop: Numbers
    """[frames]; 0 where all is sharp."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.poses) <= MOST_FRAMES:
            raise BadRequest(f"A camera of {len(self.poses)} frames cannot be exported: give 1 to {MOST_FRAMES}.")
        _check("camera", self.poses)
        if min(self.focal.min(), self.sensor.min()) <= 0 or not all(
            np.abs(numbers).max() < LONGEST for numbers in (self.focal, self.sensor, self.offset)
        ):
            raise BadRequest("The camera's lens is no lens: focal length and sensor are over 0 mm.")
        if min(self.focus.min(), self.fstop.min()) < 0 or max(self.focus.max(), self.fstop.max()) >= LONGEST:
            raise BadRequest("The camera is focused nowhere: its focus is a distance, and its f-stop not under 0.")
        turns, _ = _turned(self.poses)
        if np.linalg.det(turns).min() < 0:
            raise BadRequest("The camera is mirrored: turn the scale of what it hangs on to more than 0.")
        poses = self.poses.copy()
        # A camera is not scaled, whatever it hangs on.
        poses[:, :3, :3] = turns
        object.__setattr__(self, "poses", poses)

    @property
    def zooms(self) -> bool:
        """Whether the lens changes."""
        return any(np.ptp(numbers, axis=0).max() > 1e-6 for numbers in (self.focal, self.sensor, self.offset))


@dataclass(frozen=True, slots=True, eq=False)
class Put:
    """Where a layer has been put."""

    matrices: Numbers
    """[frames, 4, 4], or [1, 4, 4] where it does not move: from the layer's place in the file to where it is now."""
    hidden: bool = False

    @property
    def moves(self) -> bool:
        return len(self.matrices) > 1

    @property
    def scale(self) -> Numbers | None:
        """[frames] or [1]: by how much it is scaled about the camera at rest, where that is all; else None."""
        scale = self.matrices[:, 0, 0]
        alone = scale[:, None, None] * np.diag((1.0, 1.0, 1.0, 0.0)) + np.diag((0.0, 0.0, 0.0, 1.0))
        return scale if np.allclose(self.matrices, alone, rtol=1e-5, atol=1e-5 * scale.max()) else None


NOWHERE_ELSE = Put(np.eye(4)[None])


@dataclass(frozen=True, slots=True, eq=False)
class Staging:
    """What is exported."""

    scene: Scene
    first: int
    """The number of the camera's first frame."""
    fps: float
    camera: Shooting
    layers: Mapping[str, Put]
    """By name; those that are not named are as in the scene."""

    def __post_init__(self) -> None:
        if not 0 < self.fps <= 1000:
            raise BadRequest(f"The scene has {self.fps} frames a second: give a number over 0, up to 1000.")
        if not abs(self.first) < LONGEST:
            raise BadRequest(f"The frame {self.first} is no frame.")
        known = [layer.name for layer in self.scene.layers]
        for name, put in self.layers.items():
            if name not in known:
                raise BadRequest(f"The scene has no layer {name!r:.80}: it has {', '.join(known)}.")
            if len(put.matrices) not in (1, len(self.camera.poses)):
                raise BadRequest(f"The layer {name} has {len(put.matrices)} places: give one, or one a frame.")
            _check(f"layer {name}", put.matrices)
        if all(self.put(name).hidden for name in known):
            raise BadRequest("All layers are hidden: show one, and export again.")

    @property
    def last(self) -> int:
        return self.first + len(self.camera.poses) - 1

    @property
    def numbers(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def clip(self) -> tuple[float, float]:
        """From where to where a camera must see, at least; it may come close to what it passes."""
        found = []
        for layer in self.scene.layers:
            scales = np.linalg.norm(self.put(layer.name).matrices[:, :3, :3], axis=1)
            found += [layer.near * scales.min(), layer.far * scales.max()]
        away = np.linalg.norm(self.camera.poses[:, :3, 3], axis=1).max()
        return float(min(found)) / 100, float(10 * max(found) + away)

    def put(self, name: str) -> Put:
        return self.layers.get(name, NOWHERE_ELSE)


def at_rest(scene: Scene) -> Staging:
    """The scene as it was written: its camera rests, for all of its frames."""
    frames = scene.last - scene.first + 1
    camera = Shooting(
        np.tile(np.eye(4), (frames, 1, 1)),
        np.full(frames, scene.camera.focal),
        np.tile(scene.sensor, (frames, 1)),
        np.tile(scene.camera.offset, (frames, 1)),
        np.full(frames, scene.layers[-1].distance),
        np.zeros(frames),
    )
    return Staging(scene, scene.first, scene.fps, camera, {})


def parts(matrices: Numbers, what: str) -> tuple[Numbers, Numbers, Numbers]:
    """Matrices [frames, 4, 4] as scales [frames, 3], then turns [frames, 3, 3], then moves [frames, 3]: the last first.

    Raises `BadRequest` where there is a shear besides.
    """
    turns, scales = _turned(matrices)
    mirrored = np.linalg.det(turns) < 0
    turns[mirrored, :, 0] *= -1
    scales[mirrored, 0] *= -1
    if not np.allclose(turns * scales[:, None, :], matrices[:, :3, :3], rtol=1e-4, atol=1e-4 * np.abs(scales).max()):
        raise BadRequest(f"The {what} is sheared, which only USD can say: export USD, or take the shear out.")
    return matrices[:, :3, 3], turns, scales


def _check(what: str, matrices: Numbers) -> None:
    if not (np.isfinite(matrices).all() and np.abs(matrices).max() < LONGEST):
        raise BadRequest(f"The {what} is nowhere: its matrix has numbers that are too large.")
    if np.abs(matrices[:, 3] - (0, 0, 0, 1)).max() > _LEAST:
        raise BadRequest(f"The {what} has a matrix with a last row other than 0 0 0 1.")
    if np.linalg.norm(matrices[:, :3, :3], axis=1).min() < _LEAST:
        raise BadRequest(f"The {what} is scaled to nothing: give it a size.")


def _turned(matrices: Numbers) -> tuple[Numbers, Numbers]:
    """The turns nearest to matrices [frames, 3, 3], mirrored where those are, and their scales [frames, 3]."""
    linear = matrices[:, :3, :3]
    scales = np.linalg.norm(linear, axis=1)
    left, _, right = np.linalg.svd(linear / scales[:, None, :])
    return left @ right, scales
