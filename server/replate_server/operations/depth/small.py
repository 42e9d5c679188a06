"""The depth network that ships with Replate: a first answer on any machine, at once. Trained in `training/depth`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np

from replate.values import Parameter, ParameterType, Value
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor, Windows
from replate_server.operations.depth.estimator import Estimate

_MULTIPLE = 32
"""What the sides must be multiples of."""
_SHORT = 384
"""Pixels of the short side at which the network learned. More sees finer things, and loses the whole."""
_LONGEST = 4
"""Times the short side: a picture longer than that is squeezed, so that no format takes more memory than is said."""


class Small:
    card = Card(
        name="depth/small",
        label="Replate depth",
        tooltip="Relative depth from the network that ships with Replate. Quick, on any machine.",
        revision="1",
        licence="GPL-3.0-or-later",
        weights=("depth-small",),
        parameters=(
            Parameter(
                "short_side",
                "Working size",
                ParameterType.WHOLE,
                _SHORT,
                "Pixels of the short side at which the network looks. Less is quicker, more sees finer things.",
                minimum=128,
                maximum=768,
            ),
            Parameter(
                "mirrored",
                "Look twice",
                ParameterType.FLAG,
                False,
                "Also looks at the mirrored picture and takes the mean: calmer, and twice the time.",
            ),
        ),
        windows=Windows(length=None),
        memory_bytes=700 * MEGABYTE,
    )
    metric = False
    frames = 1
    overlap = 0

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        """Raises `Unmet` for a file that does not hold the network."""
        # Imported here, because PyTorch takes seconds and the server reads cards without it.
        import torch
        from safetensors.torch import load_file

        from replate_server.operations.depth.hosted import reading
        from replate_server.operations.depth.network import DepthNetwork

        network = DepthNetwork().eval()
        with reading(weights["depth-small"], "Replate depth"):
            halves = load_file(weights["depth-small"])
            network.load_state_dict({name: half.float() for name, half in halves.items()})
        # In the order in which pictures lie, which a processor's convolutions are quicker in; PyTorch's types lack it.
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._network, self._device = network.to(device), device

    def run(self, pictures: Sequence[Tensor], parameters: Mapping[str, Value], steps: Steps) -> Sequence[Estimate]:
        """Relative inverse depth of each picture, its short side brought to the working size."""
        short, mirrored = cast(int, parameters["short_side"]), bool(parameters["mirrored"])
        estimates = []
        for place, picture in enumerate(pictures):
            steps.progress(place / len(pictures))
            height, width = working_size(picture.shape[0], picture.shape[1], short)
            small = resize(picture, width, height, Nature.COLOUR)
            estimates.append(Estimate(self._looked(small, mirrored)))
        return estimates

    def _looked(self, picture: Tensor, mirrored: bool) -> Tensor:
        """At a picture of working size."""
        import torch

        from replate_server.operations.inference import exact

        with exact():
            there = torch.from_numpy(np.ascontiguousarray(picture)).to(self._device)
            planes = there.permute(2, 0, 1)[None]
            depth = self._network(planes)
            if mirrored:
                depth = (depth + self._network(planes.flip(-1)).flip(-1)) / 2
            found: Tensor = depth[0].cpu().numpy()
        return found


def working_size(height: int, width: int, short: int) -> tuple[int, int]:
    """Height and width at which the network looks: multiples of 32, nearly of the picture's shape."""
    scale = short / min(height, width)
    tall, wide = (
        min(max(_MULTIPLE, round(side * scale / _MULTIPLE) * _MULTIPLE), _LONGEST * short // _MULTIPLE * _MULTIPLE)
        for side in (height, width)
    )
    return tall, wide
