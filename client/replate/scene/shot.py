"""A job's frames on their way into a scene: pictures to disk, and what their surfaces need kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from replate.errors import BadRequest
from replate.frame import Frame, FrameSpec
from replate.media import PlateWriter
from replate.scene.contract import Kind, SceneLayer
from replate.scene.geometry import Cells, Plane, card, cells, sampled, seen, vertices
from replate.scene.layers import GAP, LayerFrame, layers_of, window_of
from replate.scene.surface import Surface

_PICTURE = "{name}/{name}.####.exr"
_DEPTH = "{name}/{name}_depth.####.exr"
_STRAIGHT = "{name}/{name}_colour.####.exr"
"""Relative to the scene."""
_COLOUR = {True: _STRAIGHT, False: _PICTURE}
"""Where a layer's straight colour is, by whether anything shows through the layer."""
_WRITERS = 3
_WAITING = 6
"""Pictures that wait for a writer; no more frames are taken meanwhile."""


@dataclass(slots=True)
class _Track:
    """What is gathered of a layer over the shot."""

    kept: NDArray[np.bool_]
    soft: set[int] = field(default_factory=set)
    distances: dict[int, Plane] = field(default_factory=dict)
    middles: list[float] = field(default_factory=list)


class Shot:
    """Takes a scene's frames one by one, in any order. A context manager that waits for its files."""

    def __init__(self, folder: Path, longest: int, recipe: str | None, compression: str) -> None:
        self._folder, self._longest = folder, longest
        self._recipe, self._compression = recipe, compression
        self._tracks: dict[str, _Track] = {}
        self._numbers: list[int] = []
        self._first: tuple[FrameSpec, FrameSpec] | None = None
        self._threads = ThreadPoolExecutor(_WRITERS, thread_name_prefix="replate-scene")
        self._waiting: deque[Future[Path]] = deque()

    def __enter__(self) -> Shot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=kind is not None)
        if kind is None:
            self._collect(0)

    @property
    def specs(self) -> tuple[FrameSpec, FrameSpec]:
        """Of the first picture and depth that came. Raises `BadRequest` where none did."""
        if self._first is None:
            raise BadRequest("There are no frames to make a scene of: check the frame range.")
        return self._first

    @property
    def numbers(self) -> list[int]:
        """The frames that came, rising."""
        return sorted(self._numbers)

    def take(self, pictures: Frame, depths: Frame) -> None:
        """Writes a frame's layers, and remembers their shape. Raises as `layers_of` and `write_frame` do."""
        if self._first is None:
            self._first = pictures.spec, depths.spec
        window = window_of(self.specs[0])
        grid = cells(window, self._longest)
        found = layers_of(pictures, depths, window)
        names = [layer.name for layer in found]
        if self._tracks and names != list(self._tracks):
            raise BadRequest(
                f"Frame {pictures.spec.number} has the layers {', '.join(names)} where the first had "
                f"{', '.join(self._tracks)}: a scene has the same ones in all frames."
            )
        self._numbers.append(pictures.spec.number)
        for layer in found:
            track = self._tracks.setdefault(layer.name, _Track(np.zeros((grid.rows, grid.columns), bool)))
            if not layer.opaque:
                track.soft.add(pictures.spec.number)
            self._write(layer)
            track.kept |= seen(layer.visible, window, grid)
            track.distances[pictures.spec.number] = sampled(layer.map, window, grid)
            middle = layer.middle
            track.middles += [middle] if middle is not None else []

    def surfaces(self, kind: Kind) -> list[Surface]:
        """The layers' surfaces, back to front."""
        window = window_of(self.specs[0])
        found: list[Surface] = []
        for name, track in self._tracks.items():
            planes = list(track.distances.values())
            pictures = {
                number: PlateWriter(_COLOUR[number in track.soft].format(name=name)).path(number).as_posix()
                for number in self.numbers
            }
            near, far = min(map(np.min, planes)), max(map(np.max, planes))
            middle = float(np.clip(np.median(track.middles or planes[0]), near, far))
            if kind is Kind.CARD:
                if found:
                    middle = min(middle, found[-1].layer.distance * (1 - GAP))
                grid = card(window)
                layer = self._layer(name, kind, middle, middle, middle, grid)
                found.append(Surface(layer, grid, np.ones((1, 1), bool), {self.numbers[0]: middle}, pictures))
                continue
            grid = cells(window, self._longest)
            layer = self._layer(name, kind, middle, float(near), float(far), grid)
            # A layer that shows nothing at all still has a surface to look at.
            kept = track.kept if track.kept.any() else np.ones_like(track.kept)
            found.append(Surface(layer, grid, kept, _moving(track.distances, kept), pictures))
        return found

    def _layer(self, name: str, kind: Kind, distance: float, near: float, far: float, grid: Cells) -> SceneLayer:
        still = len(self._numbers) == 1
        picture, depth = (
            path if not still else PlateWriter(path).path(self._numbers[0]).as_posix()
            for path in (_PICTURE.format(name=name), _DEPTH.format(name=name))
        )
        return SceneLayer(
            name=name,
            kind=kind,
            picture=picture,
            depth=depth,
            geometry=f"geometry/{name}.usdc",
            area=grid.area,
            distance=distance,
            near=near,
            far=far,
            columns=grid.columns,
            rows=grid.rows,
        )

    def _write(self, layer: LayerFrame) -> None:
        self._start(_PICTURE, layer.name, lambda: layer.picture)
        self._start(_DEPTH, layer.name, lambda: layer.distance)
        if not layer.opaque:
            self._start(_STRAIGHT, layer.name, lambda: layer.straight)
        self._collect(_WAITING)

    def _start(self, pattern: str, name: str, make: Callable[[], Frame]) -> None:
        """Has a file made and written on a thread of its own."""
        writer = PlateWriter(self._folder / pattern.format(name=name), self._recipe, self._compression)
        self._waiting.append(self._threads.submit(lambda: writer.write(make())))

    def _collect(self, most: int) -> None:
        """Waits until no more than so many files are being written; raises what writing one raised."""
        while len(self._waiting) > most:
            self._waiting.popleft().result()


def _moving(distances: Mapping[int, Plane], kept: NDArray[np.bool_]) -> Mapping[int, Plane]:
    """Distances by rising frame number; only the first where no vertex of a cell that is kept ever moves."""
    rising = dict(sorted(distances.items()))
    number, first = next(iter(rising.items()))
    used = vertices(kept)
    if all(np.array_equal(plane.reshape(-1)[used], first.reshape(-1)[used]) for plane in rising.values()):
        return {number: first}
    return rising
