"""How large a model of clips sees and paints, as an artist chooses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from replate.values import Parameter, ParameterType, Value

_SIZES = {"480p": 832 * 480, "720p": 1280 * 720}

LARGEST = max(_SIZES.values())
"""Pixels."""
RESOLUTION = Parameter(
    "resolution",
    "Works at",
    ParameterType.CHOICE,
    "480p",
    "About how large the model sees and paints; the plate's own detail comes back afterwards.",
    choices=tuple(_SIZES),
    group="Model",
)


def pixels_of(parameters: Mapping[str, Value]) -> int:
    """Of a picture at the chosen one."""
    return _SIZES[cast(str, parameters["resolution"])]
