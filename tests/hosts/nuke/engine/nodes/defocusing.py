"""ZDefocus2, as far as a depth of field needs it: a disc for each pixel, as wide as its depth is off focus."""

from __future__ import annotations

import numpy as np

from engine import channels
from engine.graph import Call, evaluates
from engine.image import Image, Plane
from engine.nodes.colouring import MASKED, limited


@evaluates(
    "ZDefocus2",
    knows=f"""channels z_channel math center size max_size dof blur_dof filter_type output fill_foreground layers
    autoLayerSpacing layerCurve legacy_resize_mode show_legacy_resize_mode clamp_image_filter show_image gpuName
    useGPUIfAvailable filter_channel filter_bounds image_filter shape aspect {MASKED}""",
)
def z_defocus(call: Call) -> Image:
    """A pixel of the depth z spreads over a disc of the radius `size` |z - 1|, in pixels, at most `max_size`.

    That is Nuke's "far=0" with the focus at 1. What Nuke does in layers of depth is done pixel by pixel here; who is
    before whom plays no part.
    """
    knobs, image = call.knobs, call.image(0)
    if knobs.text("math") != "far=0" or knobs.number("center") != 1 or knobs.number("dof"):
        raise call.refused("the stand-in blurs about a focus at 1, with far=0 and without depth of field of its own")
    if knobs.text("filter_type") != "disc" or knobs.text("output") != "result" or knobs.number("aspect") != 1:
        raise call.refused("the stand-in blurs by round discs")
    z = channels.one(knobs.text("z_channel"), image.planes, call.graph.script.layers)
    if z is None:
        return image
    radius = np.minimum(np.abs(image.plane(z, image.box) - 1) * knobs.number("size"), knobs.number("max_size"))
    named = channels.chosen(knobs.text("channels"), image.planes, call.graph.script.layers)
    names = [name for name in named if name in image.planes and name != z]
    if not names or not radius.any():
        return image
    blurred = _spread(np.dstack([image.planes[name] for name in names]), radius)
    planes = {name: np.ascontiguousarray(blurred[:, :, index]) for index, name in enumerate(names)}
    return image.having(limited(call, image, planes, mask_input=2))


def _spread(pixels: Plane, radius: Plane) -> Plane:
    """Every pixel's light [height, width, channels], spread evenly over its disc, whose edge is a pixel soft."""
    height, width = radius.shape
    reach = int(np.ceil(radius.max())) + 1
    light, share = np.zeros(pixels.shape), np.zeros((height, width))
    area = np.pi * np.maximum(radius, 0.5) ** 2
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            goal = _overlap(height, down), _overlap(width, right)
            source = _overlap(height, -down), _overlap(width, -right)
            weight = np.clip(radius[source] + 0.5 - np.hypot(down, right), 0, 1) / area[source]
            light[goal] += pixels[source] * weight[:, :, None]
            share[goal] += weight
    return (light / np.maximum(share, 1e-12)[:, :, None]).astype(np.float32)


def _overlap(length: int, way: int) -> slice:
    """What of a row that is moved by `way` is still within it."""
    return slice(max(way, 0), max(length + min(way, 0), 0))
