"""The depth network that ships: fully convolutional, under half a million parameters, trained in `training/depth`.

Five strides down to 1/32 and up again to the picture's own resolution. Where planes are large the convolutions are
dense and few, as processors like them; from 1/8 on, where the scene is put in order, they are wide and separable. There
is no pooling over the whole picture: a region's depth does not change with what happens far from it.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class DepthNetwork(nn.Module):
    """[n, 3, h, w] display-referred RGB in [0, 1], sides multiples of 32, to relative inverse depth [n, h, w].

    Larger is nearer; scale and shift are unknown, though about median 0 and mean deviation 1 over a picture.
    With `norm`, every convolution is followed by batch normalisation, as it is trained; what ships has it folded in.
    """

    def __init__(self, norm: bool = False) -> None:
        super().__init__()
        self.at_half = _Unit(3, 16, norm, stride=2)
        self.at_quarter = nn.Sequential(_Unit(16, 32, norm, stride=2), _Dense(32, norm))
        self.at_eighth = nn.Sequential(_Unit(32, 64, norm, stride=2), _Dense(64, norm), _Wide(64, 128, norm))
        self.at_sixteenth = nn.Sequential(_Down(64, 96, norm), *(_Wide(96, 192, norm) for _ in range(3)))
        self.at_lowest = nn.Sequential(_Down(96, 128, norm), *(_Wide(128, 192, norm) for _ in range(2)))
        self.to_sixteenth = _Up(128, 96, norm, _Wide(96, 192, norm))
        self.to_eighth = _Up(96, 64, norm, _Unit(64, 64, norm))
        self.to_quarter = _Up(64, 32, norm, _Unit(32, 32, norm))
        self.to_half = _Up(32, 16, norm, _Unit(16, 16, norm))
        self.out = nn.Conv2d(16, 4, 3, padding=1)

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        half = self.at_half(picture * 4 - 2)
        quarter = self.at_quarter(half)
        eighth = self.at_eighth(quarter)
        sixteenth = self.at_sixteenth(eighth)
        features = self.to_sixteenth(self.at_lowest(sixteenth), sixteenth)
        features = self.to_eighth(features, eighth)
        features = self.to_quarter(features, quarter)
        features = self.to_half(features, half)
        # Four depths for every second pixel: silhouettes fall on single pixels, without features at full resolution.
        depth: torch.Tensor = functional.pixel_shuffle(self.out(features), 2)[:, 0]
        return depth


class _Unit(nn.Module):
    """A convolution, its normalisation and a rectifier."""

    def __init__(
        self, into: int, out: int, norm: bool, size: int = 3, stride: int = 1, groups: int = 1, rectified: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(into, out, size, stride, size // 2, groups=groups, bias=not norm)
        self.norm = nn.BatchNorm2d(out) if norm else None
        self.rectified = rectified

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        features = self.conv(features)
        if self.norm is not None:
            features = self.norm(features)
        return functional.relu(features) if self.rectified else features


class _Dense(nn.Module):
    """What two dense convolutions add to the features."""

    def __init__(self, channels: int, norm: bool) -> None:
        super().__init__()
        self.first = _Unit(channels, channels, norm)
        self.second = _Unit(channels, channels, norm, rectified=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return functional.relu(features + self.second(self.first(features)))


class _Wide(nn.Module):
    """What a look around (5x5, each channel alone) and two mixtures of the channels add to the features."""

    def __init__(self, channels: int, between: int, norm: bool) -> None:
        super().__init__()
        self.around = _Unit(channels, channels, norm, size=5, groups=channels, rectified=False)
        self.widen = _Unit(channels, between, norm, size=1)
        self.narrow = _Unit(between, channels, norm, size=1, rectified=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = features + self.narrow(self.widen(self.around(features)))
        return added


class _Down(nn.Module):
    """To half the resolution and more channels."""

    def __init__(self, into: int, out: int, norm: bool) -> None:
        super().__init__()
        self.around = _Unit(into, into, norm, size=5, stride=2, groups=into, rectified=False)
        self.mix = _Unit(into, out, norm, size=1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        mixed: torch.Tensor = self.mix(self.around(features))
        return mixed


class _Up(nn.Module):
    """To twice the resolution, joined with the features that were there on the way down."""

    def __init__(self, into: int, out: int, norm: bool, after: nn.Module) -> None:
        super().__init__()
        self.mix = _Unit(into, out, norm, size=1, rectified=False)
        self.after = after

    def forward(self, features: torch.Tensor, beside: torch.Tensor) -> torch.Tensor:
        larger = functional.interpolate(self.mix(features), scale_factor=2, mode="bilinear", align_corners=False)
        joined: torch.Tensor = self.after(larger + beside)
        return joined
