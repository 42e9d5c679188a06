"""How large a model of clips sees and paints, as an artist chooses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from replate.values import Parameter, ParameterType, Value

_SIZES = {"480p": 832 * 480, "720p": 1280 * 720}
_IN_TILES = {"1080p": 1920 * 1080}

LARGEST = max(_SIZES.values())
"""Pixels, of what is seen at once."""
RESOLUTION = Parameter(
    "resolution",
    "Works at",
    ParameterType.CHOICE,
    "480p",
    "About how large the model sees and paints; the plate's own detail comes back afterwards.",
    choices=tuple(_SIZES),
    group="Model",
)
TILED_RESOLUTION = replace(
    RESOLUTION,
    tooltip=f"{RESOLUTION.tooltip} 1080p is seen in four overlapping tiles, in four times as long as 720p.",
    choices=(*RESOLUTION.choices, *_IN_TILES),
)
"""Of a model that can see a clip in tiles."""


def pixels_of(parameters: Mapping[str, Value]) -> int:
    """Of a picture at the chosen one."""
    return {**_SIZES, **_IN_TILES}[cast(str, parameters["resolution"])]
