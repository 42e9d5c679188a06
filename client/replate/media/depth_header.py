"""What a frame of depth means, in a picture's header and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import OpenImageIO as oiio  # noqa: N813

from replate.depth import Depth
from replate.errors import BadRequest

PREFIX = "replate:depth"
_ENCODINGS = {"1/Z": True, "Z": False}
_KINDS = {"metric": True, "relative": False}
_NUMBERS = ("near", "far", "invalid", "focal")


def put_depth(header: oiio.ImageSpec, depth: Depth) -> None:
    """Writes "replate:depth" (metric or relative), "replate:depth_encoding" (1/Z or Z) and the numbers, in 32 bits."""
    header[PREFIX] = next(text for text, metric in _KINDS.items() if metric == depth.metric)
    header[f"{PREFIX}_encoding"] = next(text for text, inverse in _ENCODINGS.items() if inverse == depth.inverse)
    for name in _NUMBERS:
        header.attribute(f"{PREFIX}_{name}", float(getattr(depth, name)))


def depth_of(attributes: Mapping[str, Any]) -> Depth | None:
    """What a header's attributes say of depth; None where they say nothing, or nothing that makes sense."""
    try:
        return Depth(
            metric=_KINDS[attributes[PREFIX]],
            inverse=_ENCODINGS[attributes[f"{PREFIX}_encoding"]],
            **{name: float(attributes[f"{PREFIX}_{name}"]) for name in _NUMBERS},
        )
    except (KeyError, TypeError, ValueError, BadRequest):
        return None
