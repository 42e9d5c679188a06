"""A scene written while its frames arrive: pictures, geometry, and the files that hosts open."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from replate.errors import BadRequest
from replate.frame import Frame, FrameSpec
from replate.media import PlateWriter
from replate.media.metadata import rate_of
from replate.scene.contract import FILE, MOST_CELLS, Camera, Kind, Scene
from replate.scene.files import write_scene
from replate.scene.layers import paired, window_of
from replate.scene.nuke import write_nuke
from replate.scene.shot import Shot

FOCAL = 35.0
"""Millimetres, where nothing is known of the lens."""
SENSOR = 36.0
"""Millimetres: the width of a full-frame sensor."""
CELLS = 320
"""Of a grid, along the picture's longer side."""
FPS = 24.0


def write(
    folder: str | Path,
    frames: Iterable[tuple[str, Frame]],
    *,
    kind: Kind = Kind.GRID,
    focal: float | None = None,
    sensor: float = SENSOR,
    offset: tuple[float, float] = (0.0, 0.0),
    longest: int = CELLS,
    title: str = "scene",
    fps: float | None = None,
    recipe: str | None = None,
    compression: str = "zip",
) -> Scene:
    """Writes a scene from the outputs of a `layers` job, and gives it.

    Pictures go to disk as they come; `scene.json` comes last, so a folder that has one is whole.

    Parameters
    ----------
    folder
        Gets `scene.json`, `scene.usda`, `scene.nk`, `geometry/` and a folder for each layer's pictures.
    frames
        Names of outputs ("layers", "depths") and their frames, as `Job.frames` gives them.
    kind
        Cards, or grids that are displaced by depth.
    focal, sensor, offset
        See `Camera`, in millimetres. Without a focal length it is what the depth says, or 35 mm.
    longest
        Cells of a grid along the picture's longer side.
    title, fps
        What the scene is called; frames a second, by default what the plate says, or 24.
    recipe, compression
        Of the pictures: written into each, and how they are packed.

    Raises
    ------
    BadRequest
        Where frames do not belong together, or make no scene.
    Exhausted
        Where the disk is full.
    """
    check(focal, sensor, offset, longest, fps, compression)
    folder = Path(folder)
    try:
        (folder / "geometry").mkdir(parents=True, exist_ok=True)
        (folder / FILE).unlink(missing_ok=True)
    except OSError as error:
        raise BadRequest(f"{folder} cannot be written to ({error.strerror}): choose another folder.") from None
    with Shot(folder, longest, recipe, compression) as shot:
        for pictures, depths in paired(frames):
            shot.take(pictures, depths)
    surfaces = shot.surfaces(kind)
    plate, depth = shot.specs
    scene = Scene(
        title=title,
        camera=Camera(focal or _known_focal(depth, sensor) or FOCAL, sensor, offset),
        display_window=plate.display_window,
        data_window=window_of(plate),
        pixel_aspect=plate.pixel_aspect,
        colour_space=plate.colour_space,
        first=shot.numbers[0],
        last=shot.numbers[-1],
        fps=float(fps or rate_of(plate.metadata) or FPS),
        metric=depth.depth is not None and depth.depth.metric,
        layers=tuple(surface.layer for surface in surfaces),
    )
    # USD takes a while to load, and those who make no scene do without it.
    from replate.scene.usd import write_usd

    write_usd(scene, surfaces, folder)
    write_nuke(scene, folder)
    write_scene(scene, folder)
    return scene


def check(
    focal: float | None = None,
    sensor: float = SENSOR,
    offset: tuple[float, float] = (0.0, 0.0),
    longest: int = CELLS,
    fps: float | None = None,
    compression: str = "zip",
) -> None:
    """Raises `BadRequest` for what no scene can be written with, before there are any frames."""
    Camera(FOCAL if focal is None else focal, sensor, offset)
    PlateWriter("frame.exr", compression=compression)
    if not 1 <= longest <= MOST_CELLS:
        raise BadRequest(f"A grid of {longest} cells cannot be made: give 1 to {MOST_CELLS}.")
    if fps is not None and not 0 < fps <= 1000:
        raise BadRequest(f"The scene has {fps} frames a second: give a number over 0, up to 1000.")


def _known_focal(spec: FrameSpec, sensor: float) -> float:
    """Millimetres, where the model that made the depth knows the lens; else 0."""
    return spec.depth.focal * sensor / spec.display_window.width if spec.depth is not None else 0.0
