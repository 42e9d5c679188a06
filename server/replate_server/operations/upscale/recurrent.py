"""BasicVSR's network in PyTorch, from its published file of tensors.

Chan et al., "BasicVSR: The Search for Essential Components in Video Super-Resolution and Beyond", CVPR 2021, with the
optical flow of Ranjan and Black, "Optical Flow Estimation using a Spatial Pyramid Network", CVPR 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from re import fullmatch

import torch
from torch.nn import functional

from replate.errors import Unmet
from replate_server.operations.contract import Tensor
from replate_server.operations.inference import exact
from replate_server.operations.memory import out_of_memory

Tick = Callable[[float], None]

_LEVELS = 6


class Network:
    """The network on a device. The same pictures give the same pixels there."""

    def __init__(self, weights: Path, device: str) -> None:
        """How many blocks of how many features there are is read off the file. Raises `Unmet` for a file that holds
        another network, and MemoryError."""
        self._device = torch.device(device)
        try:
            held = torch.load(weights, map_location="cpu", weights_only=True)["params"]
            self._held = {name: tensor.float().to(self._device) for name, tensor in held.items()}
            self._features = len(held["fusion.bias"])
            self._blocks = len([name for name in held if fullmatch(r"forward_trunk\.main\.2\.\d+\.conv1\.bias", name)])
        # PyTorch raises what it likes for a file that is none of its own.
        except Exception as error:
            if out_of_memory(error):
                raise MemoryError from error
            raise Unmet(
                f"The weight file {weights.name} does not hold the network of BasicVSR; pull it again."
            ) from error

    def enlarge(self, pictures: Tensor, wanted: range, tick: Tick) -> Iterator[Tensor]:
        """The `wanted` of consecutive pictures [frames, rows, columns, 3], float32 in [0,1], sides multiples of 32:
        each [4 rows, 4 columns, 3], in rising order.

        What the others show comes with the features that are handed from frame to frame, first from the last to the
        first, then back. `tick` gets the fraction done, and may raise to stop.
        """
        # Another window may run whenever `tick` is called or a picture handed over: inference mode ends before.
        with exact():
            frames = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(self._device)
        count, steps = frames.shape[0], frames.shape[0] - wanted.start + wanted.stop
        behind: dict[int, torch.Tensor] = {}
        features = None
        for done, index in enumerate(reversed(range(wanted.start, count))):
            with exact():
                features = self._propagated("backward", frames, index, index + 1, features)
            if index in wanted:
                behind[index] = features
            tick((done + 1) / steps)
        features = None
        for index in range(wanted.stop):
            with exact():
                features = self._propagated("forward", frames, index, index - 1, features)
            tick((count - wanted.start + index + 1) / steps)
            if index in wanted:
                with exact():
                    large = self._painted(frames[index], behind.pop(index), features)
                    picture: Tensor = large.permute(1, 2, 0).cpu().numpy()
                yield picture

    def _propagated(
        self, way: str, frames: torch.Tensor, index: int, last: int, features: torch.Tensor | None
    ) -> torch.Tensor:
        """What is known at a frame, [1, features, rows, columns], of what was known at the last, if there was one."""
        frame = frames[index]
        if features is None:
            features = frames.new_zeros(1, self._features, *frames.shape[2:])
        else:
            features = _fetched(features, self._flow(frame, frames[last]))
        trunk = f"{way}_trunk.main"
        features = _rectified(self._convolved(f"{trunk}.0", torch.cat([frame[None], features], 1)))
        for block in range(self._blocks):
            inner = functional.relu(self._convolved(f"{trunk}.2.{block}.conv1", features))
            features = features + self._convolved(f"{trunk}.2.{block}.conv2", inner)
        return features

    def _painted(self, frame: torch.Tensor, behind: torch.Tensor, ahead: torch.Tensor) -> torch.Tensor:
        features = _rectified(self._convolved("fusion", torch.cat([behind, ahead], 1)))
        for layer in ("upconv1", "upconv2"):
            features = _rectified(functional.pixel_shuffle(self._convolved(layer, features), 2))
        detail = self._convolved("conv_last", _rectified(self._convolved("conv_hr", features)))
        plain: torch.Tensor = functional.interpolate(frame[None], scale_factor=4, mode="bilinear")
        return (plain + detail)[0]

    def _convolved(self, layer: str, features: torch.Tensor) -> torch.Tensor:
        weight = self._held[f"{layer}.weight"]
        made: torch.Tensor = functional.conv2d(
            features, weight, self._held[f"{layer}.bias"], padding=weight.shape[2] // 2
        )
        return made

    def _flow(self, frame: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        """Where what a frame [3, rows, columns] shows is in another, less where it is here: [1, 2, rows, columns]."""
        mean, deviation = self._held["spynet.mean"], self._held["spynet.std"]
        pair = [((picture[None] - mean) / deviation) for picture in (frame, other)]
        pyramids = [list(_halved(picture)) for picture in pair]
        flow: torch.Tensor = pair[0].new_zeros(1, 2, *pyramids[0][-1].shape[2:])
        for level, (here, there) in enumerate(zip(*map(reversed, pyramids), strict=True)):
            if level:
                flow = functional.interpolate(flow, scale_factor=2, mode="bilinear", align_corners=True) * 2.0
            known = torch.cat([here, _fetched(there, flow, "border"), flow], 1)
            flow = flow + self._residual(level, known)
        return flow

    def _residual(self, level: int, known: torch.Tensor) -> torch.Tensor:
        layers = [f"spynet.basic_module.{level}.basic_module.{place}" for place in (0, 2, 4, 6, 8)]
        for layer in layers[:-1]:
            known = functional.relu(self._convolved(layer, known))
        return self._convolved(layers[-1], known)


def _rectified(features: torch.Tensor) -> torch.Tensor:
    return functional.leaky_relu(features, 0.1)


def _halved(picture: torch.Tensor) -> Iterator[torch.Tensor]:
    """A picture at each level of the pyramid, the largest first."""
    for _ in range(_LEVELS - 1):
        yield picture
        picture = functional.avg_pool2d(picture, 2)
    yield picture


def _fetched(features: torch.Tensor, flow: torch.Tensor, beyond: str = "zeros") -> torch.Tensor:
    """Features [1, channels, rows, columns] from where the flow leads; `beyond` the border as `grid_sample` has it."""
    rows, columns = features.shape[2:]
    down, across = torch.meshgrid(
        torch.arange(rows, dtype=flow.dtype, device=flow.device),
        torch.arange(columns, dtype=flow.dtype, device=flow.device),
        indexing="ij",
    )
    places = torch.stack(
        [2 * (across + flow[0, 0]) / max(columns - 1, 1) - 1, 2 * (down + flow[0, 1]) / max(rows - 1, 1) - 1], -1
    )
    fetched: torch.Tensor = functional.grid_sample(
        features, places[None], mode="bilinear", padding_mode=beyond, align_corners=True
    )
    return fetched
