"""The classes of nodes of classic 3D."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine import channels
from engine.graph import Call, evaluates
from engine.image import Box, Image, Plane
from engine.space.camera import AXIS, Camera, Matrix, above, camera, local, placed
from engine.space.geometry import Geometry, Material, Mesh, Projected, card, of_usd
from engine.space.rendering import Film, render

_SURFACE = f"{AXIS} render_mode geo_select range_first range_last"
_LENS = """focal haperture vaperture win_translate win_scale winroll near far focal_point fstop projection_mode
    read_from_file file frame_rate world_to_meters shutter shutteroffset shuttercustomoffset"""
_FILM = """overscan antialiasing samples filter ztest_enabled transparency projection_mode ambient shutter
    shutteroffset shuttercustomoffset max_tessellation motion_vectors_type MB_channel stochastic_samples
    uniform_distribution spatial_jitter temporal_jitter focal_jitter zblend_mode zblend_range
    conservative_shader_sampling drop_zero_alpha_samples output_shader_vectors"""


@evaluates("Camera2", "Camera3", knows=f"{AXIS} {_LENS}", through=False)
def camera_node(call: Call) -> Camera:
    return camera(call)


@evaluates("Axis2", "Axis3", knows=AXIS)
def axis(call: Call) -> Matrix:
    return placed(call)


@evaluates("Project3D2", knows="crop project_on occlusion_mode")
def project(call: Call) -> Projected:
    """The picture is the first input, the camera the second."""
    knobs = call.knobs
    if knobs.text("project_on") != "both" or knobs.text("occlusion_mode") != "none":
        raise call.refused("the stand-in projects onto both sides, and through everything")
    thrower = call.result(1)
    if not isinstance(thrower, Camera):
        raise call.refused("no camera projects here: the second input is to be one")
    return Projected(call.image(0), thrower, knobs.flag("crop"))


@evaluates(
    "Card2",
    knows=f"{_SURFACE} image_aspect rows columns orientation type z lens_in_focal lens_in_haperture control_points",
    through=False,
)
def card_node(call: Call) -> Geometry:
    knobs = call.knobs
    if knobs.number("z") or knobs.text("type") != "none":
        raise call.refused("the stand-in has flat cards that stand where they are put: z and type are not heeded")
    if not _shown(call):
        return Geometry()
    material = _material(call)
    height = 1.0
    if knobs.flag("image_aspect"):
        image = material.image if isinstance(material, Projected) else material or call.image(0)
        height = image.format.height / (image.format.width * image.format.pixel_aspect)
    return Geometry((card(height, knobs.text("orientation"), material),)).moved(_place(call))


@evaluates(
    "ReadGeo2", knows=f"{_SURFACE} file read_on_each_frame all_objects scene_graph version reload", through=False
)
def read_geo(call: Call) -> Geometry:
    """What is chosen of the file, and what lies beneath it: nothing where nothing is."""
    knobs = call.knobs
    path = Path(knobs.path("file", call.view, call.frame))
    if not path.suffix.startswith(".usd"):
        raise call.refused(f"the stand-in reads USD files, and not {path.name}")
    if not path.is_file():
        raise call.refused(f"{path} is not there")
    if not _shown(call):
        return Geometry()
    moving = knobs.flag("read_on_each_frame")
    chosen = knobs.text("scene_graph").split()
    return of_usd(path, chosen, call.frame if moving else None, _material(call)).moved(_place(call))


@evaluates("Scene", "MergeGeo", knows="display render_mode selectable cast_shadow receive_shadow shadow_override")
def scene(call: Call) -> Geometry:
    meshes: list[Mesh] = []
    for index in range(call.inputs):
        meshes += _geometry(call, index).meshes
    return Geometry(tuple(meshes))


@evaluates("TransformGeo", knows=AXIS)
def transform_geo(call: Call) -> Geometry:
    """The geometry is the first input, an axis the second."""
    return _geometry(call, 0).moved(placed(call, 1))


@evaluates("ScanlineRender", knows=_FILM)
def scanline_render(call: Call) -> Image:
    """The background is the first input, what is rendered the second, the camera the third.

    Several samples are spread evenly over the shutter and, for the edges, over the pixel; their mean is the pixel, and
    the first one's depth its depth. A single sample is of the frame itself and of the pixel's middle.
    """
    knobs = call.knobs
    if knobs.text("antialiasing") != "none":
        raise call.refused("the stand-in has samples, and no antialiasing besides")
    if not (knobs.flag("ztest_enabled") and knobs.flag("transparency")) or knobs.text("zblend_mode") != "none":
        raise call.refused("the stand-in renders with the Z-buffer and with transparency, and blends no depths")
    if knobs.text("projection_mode") not in ("render camera", "perspective"):
        raise call.refused("the stand-in renders in perspective")
    if any(knobs.number(name) for name in ("focal_jitter", "temporal_jitter", "stochastic_samples")):
        raise call.refused("the stand-in leaves nothing to chance")
    back = call.image(0)
    right, up = (max(0, round(each)) for each in knobs.numbers("overscan", 2))
    format = back.format
    film = Film(
        format, Box(-right, -up, format.width + right, format.height + up).union(back.box), knobs.text("filter")
    )
    count = max(1, knobs.integer("samples"))
    if count == 1:
        return render(_geometry(call, 1), _eye(call), back, film)
    reach = knobs.number("spatial_jitter")
    moments, places = _moments(call, count), [(_radical(each, 2), _radical(each, 3)) for each in range(count)]
    images = [
        render(
            _geometry(call, 1, moment),
            _eye(call, moment),
            back,
            replace(film, jitter=((x - 0.5) * reach, (y - 0.5) * reach)),
        )
        for moment, (x, y) in zip(moments, places, strict=True)
    ]
    means: dict[str, Plane] = {
        name: np.stack([image.planes[name] for image in images]).mean(axis=0, dtype=np.float64).astype(np.float32)
        for name in channels.RGBA
    }
    return images[0].having(means)


def _eye(call: Call, frame: float | None = None) -> Camera:
    """Without a camera Nuke looks from the origin, through a lens of its own."""
    found = call.result(2, frame)
    if found is not None and not isinstance(found, Camera):
        raise call.refused("the third input is to be a camera")
    return found or Camera()


def _moments(call: Call, count: int) -> list[float]:
    """The frames of the samples, over the shutter."""
    knobs = call.knobs
    opened, offset = knobs.number("shutter"), knobs.text("shutteroffset")
    if offset == "custom":
        raise call.refused("the stand-in opens its shutter at the start, centred, or at the end")
    begins = call.frame + opened * {"start": 0.0, "centred": -0.5, "end": -1.0}[offset]
    return [begins + opened * each / count for each in range(count)]


def _radical(index: int, base: int) -> float:
    """Van der Corput's sequence, from its second number on: evenly spread over 0 to 1, however many there are."""
    found, step = 0.0, 1.0 / base
    index += 1
    while index:
        index, digit = divmod(index, base)
        found += digit * step
        step /= base
    return found


def _geometry(call: Call, index: int, frame: float | None = None) -> Geometry:
    found = call.result(index, frame)
    if isinstance(found, Geometry):
        return found
    if found is None or (isinstance(found, Image) and not found.planes):
        return Geometry()
    raise call.refused(f"input {index} is to be geometry")


def _material(call: Call) -> Material:
    found: Any = call.result(0)
    if found is not None and not isinstance(found, (Image, Projected)):
        raise call.refused("a surface takes a picture or a projection")
    image = found.image if isinstance(found, Projected) else found
    if image is not None and image.planes and channels.ALPHA not in image.planes:
        raise call.refused("the stand-in shows pictures that have an alpha: what Nuke makes of others it does not know")
    return found


def _shown(call: Call) -> bool:
    mode = call.knobs.text("render_mode")
    if mode not in ("textured", "off"):
        raise call.refused(f"the stand-in renders surfaces textured or off, and not {mode}")
    return mode == "textured"


def _place(call: Call) -> Matrix:
    """A surface's axis is its second input, where it has one."""
    return above(call, 1) @ local(call)
