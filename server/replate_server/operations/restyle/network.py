"""AdaIN's networks in PyTorch: VGG-19 up to relu4_1, and the decoder that paints from its features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from replate.errors import Unmet
from replate_server.operations.contract import Tensor
from replate_server.operations.inference import exact

Tick = Callable[[float], None]
Layers = Mapping[str, tuple[torch.Tensor, torch.Tensor]]

_POOL, _DOUBLE = "pool", "double"
_ENCODER = ("0", "2", "5", _POOL, "9", "12", _POOL, "16", "19", "22", "25", _POOL, "29")
"""Layers by their names in the weight file."""
_DECODER = ("1", _DOUBLE, "5", "8", "11", "14", _DOUBLE, "18", "21", _DOUBLE, "25", "28")
_UNRECTIFIED = ("0", "28")
"""The colour transform at the beginning, and the picture at the end."""
_EPSILON = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Mean and standard deviation of each of 512 feature channels, [1, 512, 1, 1]."""

    mean: torch.Tensor
    deviation: torch.Tensor


class Network:
    """The two networks on a device. The same picture gives the same pixels there."""

    def __init__(self, encoder: Path, decoder: Path, device: str) -> None:
        """Raises `Unmet` for files that do not hold them."""
        self._device = torch.device(device)
        self._encoder = self._layers(encoder, _ENCODER)
        self._decoder = self._layers(decoder, _DECODER)

    def statistics(self, pieces: Iterable[Tensor], tick: Tick) -> Statistics:
        """Of the features of a picture that comes in pieces [height, width, 3], with sides that are multiples of 8."""
        total = squares = torch.zeros(1, dtype=torch.float64)
        count = 0
        with exact():
            for piece in pieces:
                features = self._encode(piece, tick)
                part = _statistics(features)
                places = features.shape[2] * features.shape[3]
                mean = part.mean.double().cpu()
                total = total + mean * places
                squares = squares + (part.deviation.double().cpu() ** 2 - _EPSILON + mean**2) * places
                count += places
            variance = (squares / count - (total / count) ** 2).clamp_min(0)
            return Statistics(
                (total / count).float().to(self._device), (variance + _EPSILON).sqrt().float().to(self._device)
            )

    def paint(self, picture: Tensor, own: Statistics | None, style: Statistics, strength: float, tick: Tick) -> Tensor:
        """A picture [height, width, 3] whose features' statistics, by `strength` from 0 to 1, are the style's.

        `own` are the statistics to take for the picture's; None for those that it has. Sides are multiples of 8.
        """
        with exact():
            features = self._encode(picture, lambda fraction: tick(fraction / 2))
            own = own or _statistics(features)
            gain = 1 + strength * (style.deviation / own.deviation - 1)
            target = own.mean + strength * (style.mean - own.mean)
            features.sub_(own.mean).mul_(gain).add_(target)
            painted = _pass(features, _DECODER, self._decoder, lambda fraction: tick(0.5 + fraction / 2))
            return _fetched(painted.clamp_(0, 1)[0].permute(1, 2, 0).contiguous())

    def _encode(self, picture: Tensor, tick: Tick) -> torch.Tensor:
        # Turned on the device, which does it in no time.
        there = torch.from_numpy(np.ascontiguousarray(picture)).to(self._device)
        return _pass(there.permute(2, 0, 1)[None].contiguous(), _ENCODER, self._encoder, tick)

    def _layers(self, weights: Path, names: Iterable[str]) -> Layers:
        """The named layers of a file, alone: the rest of VGG is not needed."""
        try:
            state = torch.load(weights, map_location="cpu", weights_only=True)
            layers = {
                name: (state[f"{name}.weight"], state[f"{name}.bias"]) for name in names if name not in (_POOL, _DOUBLE)
            }
        # PyTorch raises what it likes for a file that is not its own.
        except Exception as error:
            raise Unmet(
                f"The weight file {weights.name} does not hold AdaIN's network ({type(error).__name__}); pull it again."
            ) from error
        return {name: (weight.to(self._device), bias.to(self._device)) for name, (weight, bias) in layers.items()}


def _pass(features: torch.Tensor, names: tuple[str, ...], layers: Layers, tick: Tick) -> torch.Tensor:
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


def _fetched(picture: torch.Tensor) -> Tensor:
    # Memory that is pinned, and kept for the next picture, is filled ten times quicker than new memory.
    pinned = torch.empty(picture.shape, pin_memory=True).copy_(picture) if picture.is_cuda else picture
    fetched: Tensor = pinned.numpy()
    return fetched


def _statistics(features: torch.Tensor) -> Statistics:
    variance, mean = torch.var_mean(features, dim=(2, 3), keepdim=True, correction=0)
    return Statistics(mean, (variance + _EPSILON).sqrt())
