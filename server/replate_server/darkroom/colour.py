"""Colour between a plate's working space and linear Rec.709, through OpenColorIO."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyOpenColorIO import OPTIMIZATION_LOSSLESS, Config
from PyOpenColorIO import Exception as OcioError

from replate.errors import BadRequest
from replate.frame import DATA

Image = NDArray[np.float32]

_BUILTIN = "ocio://default"
_LINEAR = "Linear Rec.709 (sRGB)"
_LINEAR_NAMES = (_LINEAR, "lin_rec709_scene", "lin_rec709", "lin_srgb", "Utility - Linear - sRGB")
"""What configs call linear Rec.709: the built-in ones, and ACES 1.x configs."""
_LINEAR_BY_CUSTOM = ("linear", "Linear")
"""Configs older than the interchange roles (Nuke's and Blender's own) mean linear Rec.709 by these."""


class Colour:
    """One OpenColorIO config. Safe to share between threads; its processors are made once."""

    def __init__(self, config: str) -> None:
        self._name = config
        self._config = _load(config)
        self._processors: dict[tuple[str, bool], Any] = {}
        self._lock = Lock()

    def spaces(self) -> tuple[str, ...]:
        """The colour spaces that the config has, in its order."""
        return tuple(self._config.getColorSpaceNames())

    def check(self, space: str) -> None:
        """Raises `BadRequest` for a space that is no colour space, role or alias of the config."""
        if space == DATA:
            raise BadRequest(
                'A plate in the colour space "data" holds no colour; give the colour space that its R, G and B are in.'
            )
        if self._config.getColorSpace(space) is not None:
            return
        names = (*self.spaces(), *self._config.getRoleNames())
        folded = {name.casefold(): name for name in names}
        close = [folded[key] for key in get_close_matches(space.casefold(), folded, n=3, cutoff=0.5)]
        hint = f"perhaps {_either(close)} is meant." if close else f"it has {', '.join(self.spaces()[:8])} and others."
        raise BadRequest(f'The OpenColorIO config {self._name} has no colour space "{space}"; {hint}')

    def to_linear(self, rgb: Image, space: str) -> Image:
        """Pixels of a space, in linear light with Rec.709/sRGB primaries.

        `rgb` is float32 [..., 3], and is not written to; the same array comes back where the space is linear
        Rec.709 already, or one that the config declares to be data ("Raw"). Nothing is clamped by Replate:
        scene-linear, camera and log spaces keep negatives and highlights (a log space far above its white
        may overflow to infinity), "sRGB Encoded" ones go on by their straight and power segments. What a
        config does with a table (LUT) ends where its table ends. Raises `BadRequest` for an unknown space.
        """
        return self._apply(rgb, space, True)

    def from_linear(self, rgb: Image, space: str) -> Image:
        """The inverse of `to_linear`, to float32 rounding."""
        return self._apply(rgb, space, False)

    def _apply(self, rgb: Image, space: str, inward: bool) -> Image:
        processor = self._processor(space, inward)
        if processor is None:
            return rgb
        pixels: Image = np.array(rgb, np.float32, order="C", copy=True)
        if pixels.size:
            processor.applyRGB(pixels)
        return pixels

    def _processor(self, space: str, inward: bool) -> Any:
        with self._lock:
            key = (space, inward)
            if key not in self._processors:
                self.check(space)
                try:
                    processor = self._make(space, inward)
                except OcioError as error:
                    raise BadRequest(
                        f'The OpenColorIO config {self._name} knows no way from "{space}" to linear Rec.709 '
                        f"({_first_line(error)}); use another space, or add the role "
                        '"aces_interchange" to the config.'
                    ) from error
                # Lossless keeps OpenColorIO's approximate log, exp and pow away: they cost 1e-4.
                self._processors[key] = (
                    None if processor.isNoOp() else processor.getOptimizedCPUProcessor(OPTIMIZATION_LOSSLESS)
                )
            return self._processors[key]

    def _make(self, space: str, inward: bool) -> Any:
        config = self._config
        linear = next((name for name in _LINEAR_NAMES if config.getColorSpace(name) is not None), None)
        if linear is None:
            try:
                convert = Config.GetProcessorToBuiltinColorSpace if inward else Config.GetProcessorFromBuiltinColorSpace
                return convert(config, space, _LINEAR) if inward else convert(_LINEAR, config, space)
            except OcioError:
                linear = next((name for name in _LINEAR_BY_CUSTOM if config.getColorSpace(name) is not None), None)
                if linear is None:
                    raise
        return config.getProcessor(space, linear) if inward else config.getProcessor(linear, space)


@lru_cache(maxsize=16)
def colour(config: str) -> Colour:
    """The config of a name ("ocio://default", "ocio://...") or a path. Raises `BadRequest` where there is
    none."""
    return Colour(config)


def _load(config: str) -> Any:
    if not config.startswith("ocio://") and not Path(config).is_file():
        raise BadRequest(
            f'There is no OpenColorIO config "{config}" on the server; give a path that it sees, or {_BUILTIN}.'
        )
    try:
        loaded = Config.CreateFromFile(config)
        loaded.validate()
    except OcioError as error:
        raise BadRequest(
            f'The OpenColorIO config "{config}" cannot be used ({_first_line(error)}); mend it, or give {_BUILTIN}.'
        ) from error
    return loaded


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")


def _either(names: list[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
