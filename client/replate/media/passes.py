"""A renderer's passes of data, as Replate has them.

Blender writes its passes into one EXR, "ViewLayer.Combined.R", "ViewLayer.Depth.Z", "ViewLayer.Vector.X", the view
layer's name first (it may have spaces), from Blender 5 on in a part each; and in 32-bit float where they are data,
whatever the beauty is in.

Vector: X and Y are where a pixel was a frame before less where it is, Z and W where it *is* less where it will be a
frame later; in pixels, y up. Here they become `backward` and `forward`, y down. What no surface covers does not move in
this pass, whatever the camera does, and nothing does where motion blur is rendered; a buffer that was not written holds
10000, which becomes NaN.

Depth: planar distance along the view axis, in the scene's units; 1e10 where no surface is, which becomes infinity.

Both are those of the nearest surface whose coverage reaches the view layer's alpha threshold.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replate.depth import CHANNEL, Depth
from replate.media.layers import Choice

BLENDER = "BlenderMultiChannel"
"""The attribute that Blender gives to an EXR with passes, in one of its parts."""
_NOTHING = 1e10
"""Blender's distance to where there is nothing."""
_UNWRITTEN = 1e4
"""Blender's PASS_VECTOR_MAX."""
_VECTOR = {"Z": ("forward.u", -1), "W": ("forward.v", 1), "X": ("backward.u", 1), "Y": ("backward.v", -1)}
_DEPTH = Depth(metric=False, inverse=False, near=0.0, far=float("inf"))


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass that is known."""

    choice: Choice
    """Where its channels are, under our names."""
    signs: tuple[int, ...]
    """What each channel is multiplied by."""
    depth: Depth | None

    def of(self, samples: NDArray[Any]) -> NDArray[Any]:
        """The file's samples [height, width, channels] with our meaning."""
        if self.depth is not None:
            return np.where(samples >= _NOTHING, np.inf, samples).astype(samples.dtype)
        # Added to 0, because what is turned around would be -0.
        turned = samples * np.array(self.signs) + 0.0
        return np.where(np.abs(turned) < _UNWRITTEN, turned, np.nan).astype(samples.dtype)


def known_pass(choice: Choice, layer: str, by_blender: bool) -> Pass | None:
    """The pass that a choice of channels is, taken by `layer` or by their whole names; None where it is none.

    A Vector pass is known by its channels. A Depth pass is known in a file of Blender's own alone: elsewhere a Z in a
    layer of that name may be 1/Z.
    """
    layers = {name.rpartition(".")[0] or layer for name in choice.names}
    names = [name.rpartition(".")[2] for name in choice.names]
    if len(layers) != 1:
        return None
    kind = layers.pop().rpartition(".")[2]
    if kind == "Vector" and sorted(names) == sorted(_VECTOR):
        places = tuple(choice.places[names.index(name)] for name in _VECTOR)
        ours, signs = zip(*_VECTOR.values(), strict=True)
        return Pass(replace(choice, names=ours, places=places), signs, None)
    if kind == "Depth" and names == ["Z"] and by_blender:
        return Pass(replace(choice, names=(CHANNEL,)), (1,), _DEPTH)
    return None
