"""Arbitrary style transfer by adaptive instance normalisation: Huang and Belongie, ICCV 2017."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch.nn import functional

from replate.errors import Unmet
from replate.values import Value
from replate_server.operations.contract import MEGABYTE, Card, Sizes, Steps, Tensor

_POOL, _DOUBLE = "pool", "double"
_ENCODER = ("0", "2", "5", _POOL, "9", "12", _POOL, "16", "19", "22", "25", _POOL, "29")
"""VGG-19 up to relu4_1; layers by their names in the weight file."""
_DECODER = ("1", _DOUBLE, "5", "8", "11", "14", _DOUBLE, "18", "21", _DOUBLE, "25", "28")
_UNRECTIFIED = ("0", "28")
"""The colour transform at the beginning, and the picture at the end."""

_EPSILON = 1e-5
_STYLES_KEPT = 8


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Mean and standard deviation of each of 512 feature channels, [1, 512, 1, 1]."""

    mean: torch.Tensor
    deviation: torch.Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What all tiles of a picture share."""

    style: Statistics
    whole: Statistics | None
    """None: `run` sees the whole picture, and takes its own."""


class AdaIN:
    card = Card(
        name="restyle/adain",
        label="AdaIN",
        tooltip="Paints the plate in the manner of any picture. Fast, and the same style on every frame.",
        revision="1",
        licence="MIT",
        weights=("adain-vgg", "adain-decoder"),
        sizes=Sizes(multiple=8, minimum=64, most_pixels=2_100_000, overlap=192),
        memory_bytes=2200 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self._device = torch.device(device)
        self._encoder = self._layers(weights["adain-vgg"], _ENCODER)
        self._decoder = self._layers(weights["adain-decoder"], _DECODER)
        self._styles: dict[str, Statistics] = {}

    def look(self, style: Callable[[], Tensor], name: str, whole: Tensor | None, steps: Steps) -> Look:
        """The style's statistics, kept by its name, and those of the whole picture where `run` will see tiles."""
        with _exact():
            if name not in self._styles:
                while len(self._styles) >= _STYLES_KEPT:
                    del self._styles[next(iter(self._styles))]
                self._styles[name] = _statistics(self._encode(style(), _ticker(steps, 0.0, 0.5)))
            content = None if whole is None else _statistics(self._encode(whole, _ticker(steps, 0.5, 1.0)))
        return Look(self._styles[name], content)

    def run(self, picture: Tensor, look: Look, parameters: Mapping[str, Value], steps: Steps) -> Tensor:
        """The picture restyled: the statistics of its features give way to the style's by `strength`."""
        strength = float(cast(float, parameters["strength"]))
        with _exact():
            features = self._encode(picture, _ticker(steps, 0.0, 0.5))
            own = look.whole or _statistics(features)
            gain = 1 + strength * (look.style.deviation / own.deviation - 1)
            target = own.mean + strength * (look.style.mean - own.mean)
            features.sub_(own.mean).mul_(gain).add_(target)
            painted = self._pass(features, _DECODER, self._decoder, _ticker(steps, 0.5, 1.0))
            painted.clamp_(0, 1)
            result: Tensor = painted[0].permute(1, 2, 0).contiguous().cpu().numpy()
        return result

    def _encode(self, picture: Tensor, tick: Callable[[float], None]) -> torch.Tensor:
        planes = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)[None])).to(self._device)
        return self._pass(planes, _ENCODER, self._encoder, tick)

    def _pass(
        self,
        features: torch.Tensor,
        names: tuple[str, ...],
        layers: Mapping[str, tuple[torch.Tensor, torch.Tensor]],
        tick: Callable[[float], None],
    ) -> torch.Tensor:
        for index, name in enumerate(names):
            tick(index / len(names))
            if name == _POOL:
                features = functional.max_pool2d(features, 2, ceil_mode=True)
            elif name == _DOUBLE:
                features = functional.interpolate(features, scale_factor=2, mode="nearest")
            else:
                weight, bias = layers[name]
                if weight.shape[-1] == 3:
                    features = functional.pad(features, (1, 1, 1, 1), mode="reflect")
                features = functional.conv2d(features, weight, bias)
                if name not in _UNRECTIFIED:
                    features = features.relu_()
        return features

    def _layers(self, weights: Path, names: Iterable[str]) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        """The named layers of a file, alone: the rest of VGG is not needed."""
        try:
            state = torch.load(weights, map_location="cpu", weights_only=True)
            return {
                name: (
                    state[f"{name}.weight"].to(self._device, copy=True),
                    state[f"{name}.bias"].to(self._device, copy=True),
                )
                for name in names
                if name not in (_POOL, _DOUBLE)
            }
        except (OSError, RuntimeError, KeyError, ValueError) as error:
            raise Unmet(
                f"The weight file {weights.name} does not hold AdaIN's network ({error}); pull it again."
            ) from error


@contextmanager
def _exact() -> Iterator[None]:
    """No gradients, and on a GPU the same pixels every time."""
    with (
        torch.inference_mode(),
        torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
    ):
        yield


def _statistics(features: torch.Tensor) -> Statistics:
    variance, mean = torch.var_mean(features, dim=(2, 3), keepdim=True, correction=0)
    return Statistics(mean, (variance + _EPSILON).sqrt())


def _ticker(steps: Steps, start: float, end: float) -> Callable[[float], None]:
    def tick(fraction: float) -> None:
        steps.progress(start + (end - start) * fraction)

    return tick
