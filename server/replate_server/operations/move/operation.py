"""A camera move through layers: the preview of a 2.5D scene, without a host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, cast

import numpy as np

from replate.errors import BadRequest
from replate.frame import Frame, FrameSpec, PixelType
from replate.values import OutputPlate, Parameter, ParameterType, Role, RoleKind, Value
from replate_server.darkroom.finite import LARGEST_HALF
from replate_server.operations.contract import Delivery, Model, Steps, Tensor, Window
from replate_server.operations.layers.camera import FOCAL, SENSOR, Camera, at_rest
from replate_server.operations.layers.packing import COLOUR, Sheet, unpacked
from replate_server.operations.move.fill import filling
from replate_server.operations.move.moves import KINDS, Move, cameras, clear
from replate_server.operations.pictures import checked
from replate_server.operations.spans import part

_LARGE = 0.02
"""Of the picture: what a layer must show to be what a move is about."""


class Viewer(Model, Protocol):
    """A model that shows layers to a camera."""

    def scene(self, sheets: Sequence[Sheet]) -> Any:
        """Layers, back to front, made ready to be looked at; kept as long as they are the same."""

    def run(self, scene: Any, rest: Camera, camera: Camera) -> Tensor:
        """[height, width, 4] premultiplied RGBA, as `camera` sees the scene that `rest` took. At rest, the plate."""


class MoveCamera:
    name = "move"
    label = "Move"
    tooltip = "Moves a camera through layers: an orbit, a dolly, a truck, a dolly zoom, or a hand's sway."
    roles: tuple[Role, ...] = (
        Role("layers", "Layers", "The output of that name of Layers.", RoleKind.ANY),
        Role("depths", "Depths", "The output of that name of the same job.", RoleKind.ANY),
    )
    outputs: tuple[OutputPlate, ...] = (OutputPlate("plate", "Plate", "What the camera sees.", COLOUR),)
    parameters: tuple[Parameter, ...] = (
        Parameter(
            "move",
            "Move",
            ParameterType.CHOICE,
            "orbit",
            "Orbit goes around the pivot, dolly towards it, truck past it to the right; dolly-zoom goes towards it "
            "while its size is held; handheld sways.",
            choices=(*KINDS, "handheld"),
        ),
        Parameter(
            "amount",
            "Amount",
            ParameterType.REAL,
            0.1,
            "How far the camera goes, as a fraction of its distance from the pivot; negative goes the other way.",
            -0.95,
            0.95,
        ),
        Parameter(
            "pivot",
            "Pivot",
            ParameterType.REAL,
            0.0,
            "The distance of what the move is about, in the unit of the depth; 0 for the nearest large layer's.",
            0.0,
            1e6,
        ),
        Parameter(
            "path",
            "Path",
            ParameterType.CHOICE,
            "smooth",
            "One way, eased in and out or at one speed; or a loop, which ends where it began.",
            choices=("smooth", "even", "loop"),
        ),
        Parameter(
            "fill",
            "Fill the frame",
            ParameterType.FLAG,
            False,
            "Looks closer, by as much in all frames, so that nothing beyond the plate's edges is ever seen.",
        ),
        Parameter(
            "fps",
            "Frames a second",
            ParameterType.REAL,
            24.0,
            "How fast the frames will be played; a hand sways in seconds.",
            1.0,
            240.0,
        ),
        Parameter(
            "focal",
            "Focal length",
            ParameterType.REAL,
            0.0,
            "Of the camera that took the plate, in millimetres; 0 for what the depth says, or else 35.",
            0.0,
            2000.0,
            group="Camera",
        ),
        Parameter(
            "sensor",
            "Sensor width",
            ParameterType.REAL,
            SENSOR,
            "What the width of the format covers on the sensor, in millimetres.",
            1.0,
            200.0,
            group="Camera",
        ),
        Parameter(
            "offset_x",
            "Offset x",
            ParameterType.REAL,
            0.0,
            "How far right of the lens's axis the format's middle is, in millimetres on the sensor: lens shift.",
            -100.0,
            100.0,
            group="Camera",
        ),
        Parameter(
            "offset_y",
            "Offset y",
            ParameterType.REAL,
            0.0,
            "How far above the lens's axis the format's middle is, in millimetres on the sensor: lens shift.",
            -100.0,
            100.0,
            group="Camera",
        ),
    )
    default_model = "move/grid"

    def check(self, parameters: Mapping[str, Value]) -> None:
        """Any values go together."""

    def run(self, model: Viewer, window: Window, steps: Steps) -> Iterator[Delivery]:
        """The layers of each frame, seen by the camera at that frame; at the first it is at rest.

        The move goes through the whole range. It is made smaller, and the artist told, where the camera would run
        into what is nearest.
        """
        numbers = window.numbers
        way: Sequence[Camera] = ()
        kept: tuple[tuple[str, str], Any] | None = None
        for index, number in enumerate(numbers):
            span = part(steps, index, len(numbers), f"Rendering frame {number}")
            span.progress(0.0)
            colours = window.frame("layers", number)
            these = window.digest("layers", number), window.digest("depths", number)
            if kept is None or kept[0] != these:
                sheets = unpacked(colours, window.frame("depths", number))
                kept = these, model.scene(sheets)
                way = way or _way(window, sheets, steps)
            rest = _rest(window, number)
            camera = replace(way[index], centre=rest.centre)
            seen = checked(model.run(kept[1], rest, camera), (*colours.pixels.shape[:2], 4), model.card.name)
            yield Delivery("plate", _frame(colours, number, seen))


def _rest(window: Window, number: int) -> Camera:
    parameters = window.parameters
    focal, sensor, x, y = (float(cast(float, parameters[name])) for name in ("focal", "sensor", "offset_x", "offset_y"))
    spec = window.frame("layers", number).spec
    return at_rest(spec, focal or _focal_of_depth(window, spec, sensor) or FOCAL, sensor, (x, y))


def _focal_of_depth(window: Window, spec: FrameSpec, sensor: float) -> float:
    """In millimetres; 0 where the first frame's depth does not know it. One for the shot: a lens does not breathe
    with an estimate."""
    depth = window.frame("depths", window.numbers[0]).spec.depth
    return depth.focal * sensor / spec.display_window.width if depth else 0.0


def _way(window: Window, sheets: Sequence[Sheet], steps: Steps) -> Sequence[Camera]:
    """Where the camera is at each frame."""
    parameters, numbers = window.parameters, window.numbers
    move = Move(
        str(parameters["move"]),
        float(cast(float, parameters["amount"])),
        float(cast(float, parameters["pivot"])) or pivot(sheets),
        loop=parameters["path"] == "loop",
        smooth=parameters["path"] == "smooth",
        seed=window.seed,
    )
    depth = window.frame("depths", numbers[0]).spec.depth
    if depth is None:
        raise BadRequest("The depths do not say what their samples mean; take them from a job of Layers.")
    seconds = [(number - numbers[0]) / float(cast(float, parameters["fps"])) for number in numbers]
    rest = _rest(window, numbers[0])
    safe = clear(rest, move, seconds, depth.near)
    if safe != move:
        steps.warn(
            f"The camera would run into what is nearest, so that it moves by {safe.amount:.2g} and not by "
            f"{move.amount:.2g}; set a smaller amount or a nearer pivot."
        )
    way = cameras(rest, safe, seconds)
    if not parameters["fill"]:
        return way
    closer = filling(rest, way, sheets[0].depth)
    return [replace(camera, focal=camera.focal * closer) for camera in way]


def pivot(sheets: Sequence[Sheet]) -> float:
    """The distance that a move is about unless it is said: the median of the nearest layer that is large."""
    for sheet in reversed(sheets):
        shown = sheet.texture[..., 3] > 0.5
        if shown.mean() >= _LARGE:
            return float(np.median(sheet.depth[shown]))
    return float(np.median(sheets[0].depth))


def _frame(colours: Frame, number: int, seen: Tensor) -> Frame:
    spec = replace(colours.spec, number=number, channels=COLOUR)
    if spec.pixel_type is PixelType.HALF:
        seen = seen.clip(-LARGEST_HALF, LARGEST_HALF)
    pixels: Any = np.ascontiguousarray(seen, spec.pixel_type.dtype)
    return Frame(spec, pixels)
