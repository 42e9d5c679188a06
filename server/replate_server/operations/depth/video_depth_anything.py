"""Video Depth Anything: Chen et al., CVPR 2025. Depth Anything of the transformers library, whose neck sees along time.

The library has no model for video. This one's checkpoint is Depth Anything's in its authors' names, which are the
library's but for spelling, and four motion modules, which `temporal` has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from replate.values import Value
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor, Windows
from replate_server.operations.depth.depth_anything import PATCH, fitted, network, working_size
from replate_server.operations.depth.estimator import Estimate

if TYPE_CHECKING:
    import torch

    from replate_server.operations.depth.hosted import State

_TOGETHER = 4
"""Pictures at once where they do not see one another."""
_WIDEST = 16 / 9
"""Longer pictures are made smaller: 32 of them have to fit into memory."""

_ALONG = (
    "neck.reassemble_stage.layers.2",
    "neck.reassemble_stage.layers.3",
    "neck.fusion_stage.layers.0",
    "neck.fusion_stage.layers.1",
)
"""The modules after which the neck sees along time, in the order of the checkpoint's motion modules."""
_MOTION = re.compile(r"head\.motion_modules\.(\d)\.temporal_transformer\.(.+)")
_QKV = re.compile(r"(.+\.attention)\.qkv\.(weight|bias)")
_SPELLING = (
    (r"^pretrained\.(cls_token|mask_token)$", r"backbone.embeddings.\1"),
    (r"^pretrained\.pos_embed$", "backbone.embeddings.position_embeddings"),
    (r"^pretrained\.patch_embed\.proj\.", "backbone.embeddings.patch_embeddings.projection."),
    (r"^pretrained\.norm\.", "backbone.layernorm."),
    (r"^pretrained\.blocks\.", "backbone.encoder.layer."),
    (r"\.attn\.proj\.", ".attention.output.dense."),
    (r"\.attn\.", ".attention."),
    (r"\.ls(\d)\.gamma$", r".layer_scale\1.lambda1"),
    (r"^head\.projects\.(\d)\.", r"neck.reassemble_stage.layers.\1.projection."),
    (r"^head\.resize_layers\.(\d)\.", r"neck.reassemble_stage.layers.\1.resize."),
    (r"^head\.scratch\.layer(\d)_rn\.", lambda found: f"neck.convs.{int(found[1]) - 1}."),
    (r"^head\.scratch\.refinenet(\d)\.", lambda found: f"neck.fusion_stage.layers.{4 - int(found[1])}."),
    (r"\.out_conv\.", ".projection."),
    (r"\.resConfUnit(\d)\.conv(\d)\.", r".residual_layer\1.convolution\2."),
    (r"^head\.scratch\.output_conv1\.", "head.conv1."),
    (r"^head\.scratch\.output_conv2\.(\d)\.", lambda found: f"head.conv{int(found[1]) // 2 + 2}."),
)
"""From the authors' names to the library's."""


class VideoDepthAnything:
    card = Card(
        name="depth/video-anything-small",
        label="Video Depth Anything Small",
        tooltip="Relative depth that stays steady over a shot: 32 frames are seen together. Needs a GPU.",
        revision="1",
        licence="Apache-2.0",
        weights=("video-depth-anything-small",),
        parameters=(working_size(700),),
        windows=Windows(length=None),
        memory_bytes=10_000 * MEGABYTE,
    )
    metric = False
    frames = 32
    overlap = 10

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        # Imported here, because PyTorch takes seconds and the server reads cards without it.
        import torch

        from replate_server.operations.depth import hosted
        from replate_server.operations.depth.temporal import Temporal

        file = weights["video-depth-anything-small"]
        with hosted.reading(file, "Video Depth Anything"):
            published: State = torch.load(file, map_location="cpu", weights_only=True)
            state, motions = _split(published)
            self._network = hosted.hosted("DepthAnything", network(state), state, device, halved=("backbone",))
            for place, motion in zip(_ALONG, motions, strict=True):
                along = Temporal(motion["norm.weight"].shape[0], self.frames)
                along.load_state_dict(motion)
                along.eval().requires_grad_(False).to(device)
                self._network.get_submodule(place).register_forward_hook(_then(along))

    def run(self, pictures: Sequence[Tensor], parameters: Mapping[str, Value], steps: Steps) -> Sequence[Estimate]:
        """Relative inverse depth of a clip, at the resolution that the network sees."""
        import torch

        from replate_server.operations.depth.hosted import IMAGENET, pixels
        from replate_server.operations.inference import exact

        short, count = int(cast(int, parameters["short_side"])), len(pictures)
        model = self._network
        with exact():
            seen: list[torch.Tensor] = []
            for picture in pictures:
                steps.progress(0.1 * len(seen) / count)
                height, width = picture.shape[:2]
                size = fitted(height, width, short, _WIDEST)
                seen.append(pixels(picture, size, IMAGENET, model.device))
            parts = []
            for start in range(0, count, _TOGETHER):
                steps.progress(0.1 + 0.6 * start / count)
                parts.append(model.backbone(torch.cat(seen[start : start + _TOGETHER])).feature_maps)
            features = [torch.cat(level) for level in zip(*parts, strict=True)]
            rows, columns = (side // PATCH for side in seen[0].shape[2:])
            steps.progress(0.7)
            fused = model.neck(features, rows, columns)
            estimates: list[Estimate] = []
            for start in range(0, count, _TOGETHER):
                steps.progress(0.8 + 0.2 * start / count)
                depth = model.head([level[start : start + _TOGETHER] for level in fused], rows, columns)
                estimates += [Estimate(plane) for plane in depth.cpu().numpy()]
        return estimates


def _then(along: torch.nn.Module) -> Any:
    def hook(module: torch.nn.Module, given: Any, made: torch.Tensor) -> torch.Tensor:
        seen: torch.Tensor = along(made)
        return seen

    return hook


def _split(published: State) -> tuple[State, list[State]]:
    """The tensors of Depth Anything by the library's names, and those of each motion module by their own."""
    state: State = {}
    motions: list[State] = [{} for _ in _ALONG]
    for name, tensor in published.items():
        if motion := _MOTION.fullmatch(name):
            motions[int(motion[1])][motion[2]] = tensor
            continue
        for pattern, spelling in _SPELLING:
            name = re.sub(pattern, spelling, name)
        if qkv := _QKV.fullmatch(name):
            for role, part in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                state[f"{qkv[1]}.attention.{role}.{qkv[2]}"] = part
        else:
            state[name] = tensor
    return state, motions
