"""Depth Pro, through transformers: Bochkovskii et al., "Sharp Monocular Metric Depth", ICLR 2025."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from replate.values import Value
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor, Windows
from replate_server.operations.depth.estimator import Estimate

if TYPE_CHECKING:
    from replate_server.operations.depth.hosted import State

_PATCHES = "depth_pro.encoder.patch_encoder.model"
_WHOLE = "depth_pro.encoder.image_encoder.model"
_VIEW = "fov_model.fov_encoder.model"
_SIDES = 4
"""The network sees a square whose side is this many patches'."""
_VIEWS = (5.0, 150.0)
"""Degrees between which there are lenses that are no fisheyes: what it says beyond them is no finding."""
_INVERSE = (1e-4, 1e4)
"""1/metres, as the library limits it."""


class DepthPro:
    card = Card(
        name="depth/pro",
        label="Depth Pro",
        tooltip="Metres, and the focal length, of any picture, with very fine silhouettes. Needs a GPU, and is for "
        "research alone.",
        revision="1",
        licence="LicenseRef-Apple-AMLR",
        weights=("depth-pro",),
        windows=Windows(length=None),
        memory_bytes=9000 * MEGABYTE,
    )
    metric = True
    frames = 1
    overlap = 0

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        # Imported here, because PyTorch takes seconds and the server reads cards without it.
        from replate_server.operations.depth import hosted

        file = weights["depth-pro"]
        with hosted.reading(file, "Depth Pro"):
            state = hosted.read_safetensors(file)
            halved = (_PATCHES, _WHOLE, _VIEW)
            self._network = hosted.hosted("DepthPro", network(state), state, device, halved)

    def run(self, pictures: Sequence[Tensor], parameters: Mapping[str, Value], steps: Steps) -> Sequence[Estimate]:
        """Metres on the network's own square, and the focal length in the picture's pixels.

        The network says inverse depth as a lens of which the picture's width is the focal length would see it, and
        the horizontal field of view; the one makes metres of the other (equation 1).
        """
        import torch

        from replate_server.operations.depth.hosted import PLAIN, normalised
        from replate_server.operations.inference import exact

        side = self._network.config.patch_size * _SIDES
        estimates = []
        for index, picture in enumerate(pictures):
            steps.progress(index / len(pictures))
            with exact():
                there = torch.from_numpy(picture).to(self._network.device).permute(2, 0, 1)[None]
                # It was trained on pictures that were shrunk without a filter.
                seen = torch.nn.functional.interpolate(
                    normalised(there, PLAIN), (side, side), mode="bilinear", align_corners=False
                )
                said = self._network(pixel_values=seen)
                view = min(max(float(said.field_of_view[0]), _VIEWS[0]), _VIEWS[1])
                inverse = said.predicted_depth[0] * (2 * math.tan(math.radians(view) / 2))
                metres = 1 / inverse.clamp(*_INVERSE)
                focal = 0.5 * picture.shape[1] / math.tan(math.radians(view) / 2)
                estimates.append(Estimate(metres.cpu().numpy(), focal))
        return estimates


def network(checkpoint: State) -> dict[str, Any]:
    """The configuration that a checkpoint's tensors tell, by the library's names."""
    from replate_server.operations.depth.hosted import count, dinov2

    patches = dinov2(checkpoint, f"{_PATCHES}.")
    layers, upsample = patches["num_hidden_layers"], "depth_pro.neck.feature_upsample"
    return {
        "patch_model_config": patches,
        "image_model_config": dinov2(checkpoint, f"{_WHOLE}."),
        "fov_model_config": dinov2(checkpoint, f"{_VIEW}."),
        "patch_size": patches["image_size"],
        "fusion_hidden_size": checkpoint["head.layers.0.weight"].shape[1],
        "intermediate_hook_ids": [layers // 2 - 1, layers // 4 - 1],
        "intermediate_feature_dims": [
            checkpoint[f"{upsample}.intermediate.{index}.layers.1.weight"].shape[1] for index in range(2)
        ],
        "scaled_images_feature_dims": [
            checkpoint[f"{upsample}.scaled_images.{index}.layers.0.weight"].shape[0] for index in range(3)
        ],
        "use_fov_model": True,
        "num_fov_head_layers": count(checkpoint, "fov_model.head.layers.") // 2,
    }
