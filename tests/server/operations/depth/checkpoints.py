"""Tiny checkpoints with random tensors, in the layouts of the published ones: made by the library itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from replate_server.operations.depth.temporal import Temporal

State = dict[str, torch.Tensor]

_PUBLISHED = (
    ("attention.q_proj", "attention.attention.query"),
    ("attention.k_proj", "attention.attention.key"),
    ("attention.v_proj", "attention.attention.value"),
    ("attention.o_proj", "attention.output.dense"),
)
"""From the names of the library to those that the files on the hub have."""


def depth_anything(folder: Path, metric: bool = False, wide: bool = False) -> Path:
    """As model.safetensors of depth-anything/Depth-Anything-V2-Small-hf."""
    network = depth_anything_network(metric, wide)
    return _saved(folder / "depth-anything.safetensors", _published(network.state_dict()))


def depth_anything_network(metric: bool = False, wide: bool = False) -> Any:
    """The library's own, always with the same tensors; `wide` enough for motion modules."""
    from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation

    backbone = _dinov2(14) | {"out_indices": [1, 2, 3, 4], "reshape_hidden_states": False}
    config = DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=32,
        neck_hidden_sizes=[8, 8, 32, 32],
        fusion_hidden_size=32 if wide else 8,
        head_hidden_size=8,
        depth_estimation_type="metric" if metric else "relative",
        max_depth=20 if metric else 1,
    )
    network = _enlivened(DepthAnythingForDepthEstimation(config))
    # Most of what it says is over 0.
    nn.init.constant_(network.head.conv3.bias, 2.0)
    return network


def depth_pro(folder: Path, degrees: float, inverse: float) -> Path:
    """As model.safetensors of apple/DepthPro-hf, in half precision, with a field of view and an inverse depth."""
    from transformers import DepthProConfig, DepthProForDepthEstimation

    encoder = _dinov2(8) | {"image_size": 32}
    config = DepthProConfig(
        patch_size=32,
        fusion_hidden_size=16,
        intermediate_hook_ids=[1, 0],
        intermediate_feature_dims=[16, 8],
        scaled_images_feature_dims=[24, 20, 12],
        use_fov_model=True,
        num_fov_head_layers=1,
        image_model_config=dict(encoder),
        patch_model_config=dict(encoder),
        fov_model_config=dict(encoder),
    )
    network = _enlivened(DepthProForDepthEstimation(config))
    for layer, value in ((network.head.layers[4], inverse), (network.fov_model.head.layers[-1], degrees)):
        nn.init.zeros_(layer.weight)
        nn.init.constant_(layer.bias, value)
    halves = {name: tensor.half() for name, tensor in _published(network.state_dict()).items()}
    return _saved(folder / "depth-pro.safetensors", halves)


def video_depth_anything(folder: Path, seeing: bool = True) -> Path:
    """As video_depth_anything_vits.pth: the wide `depth_anything` by its authors' names, and motion modules.

    Where it is not `seeing`, these add nothing, as before their training.
    """
    state = _authors(depth_anything_network(wide=True).state_dict())
    for index, channels in enumerate((32, 32, 32, 32)):
        motion = _enlivened(Temporal(channels, 32))
        if not seeing:
            nn.init.zeros_(motion.proj_out.weight)
            nn.init.zeros_(motion.proj_out.bias)
        for name, tensor in motion.state_dict().items():
            state[f"head.motion_modules.{index}.temporal_transformer.{name}"] = tensor
    file = folder / "video-depth-anything.pth"
    torch.save(state, file)
    return file


def _dinov2(patch: int) -> dict[str, Any]:
    return {
        "model_type": "dinov2",
        "hidden_size": 32,
        "num_hidden_layers": 4,
        "num_attention_heads": 1,
        "mlp_ratio": 2,
        "image_size": 5 * patch,
        "patch_size": patch,
    }


def _enlivened(network: Any) -> Any:
    """With tensors from which something different comes for every picture."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, (2 / parameter[0].numel()) ** 0.5, generator=generator)
    return network.eval()


def _published(state: State) -> State:
    published = {}
    for name, tensor in state.items():
        for new, old in _PUBLISHED:
            name = name.replace(new, old)
        published[name] = tensor
    return published


def _authors(state: State) -> State:
    """By the names of github.com/DepthAnything/Video-Depth-Anything."""
    named: State = {}
    for name, tensor in state.items():
        if re.search(r"\.[kv]_proj\.", name):
            continue
        if ".q_proj." in name:
            tensor = torch.cat([state[name.replace(".q_proj.", f".{role}_proj.")] for role in "qkv"])
        named[_author(name)] = tensor
    return named


def _author(name: str) -> str:
    head, *rest = name.split(".")
    tail = ".".join(rest)
    if head == "backbone":
        tail = tail.replace("embeddings.patch_embeddings.projection", "patch_embed.proj")
        tail = tail.replace("embeddings.position_embeddings", "pos_embed").replace("embeddings.", "")
        tail = tail.replace("encoder.layer.", "blocks.").replace("layernorm.", "norm.")
        tail = tail.replace("attention.q_proj", "attn.qkv").replace("attention.o_proj", "attn.proj")
        return "pretrained." + re.sub(r"layer_scale(\d)\.lambda1", r"ls\1.gamma", tail)
    if head == "head":
        return "head.scratch." + {
            "conv1": "output_conv1",
            "conv2": "output_conv2.0",
            "conv3": "output_conv2.2",
        }[rest[0]] + f".{rest[1]}"  # fmt: skip
    if rest[0] == "convs":
        return f"head.scratch.layer{int(rest[1]) + 1}_rn.{rest[2]}"
    if rest[0] == "reassemble_stage":
        return f"head.{'projects' if rest[3] == 'projection' else 'resize_layers'}.{rest[2]}.{rest[4]}"
    block = f"head.scratch.refinenet{4 - int(rest[2])}"
    if rest[3] == "projection":
        return f"{block}.out_conv.{rest[4]}"
    unit, layer = rest[3].removeprefix("residual_layer"), rest[4].removeprefix("convolution")
    return f"{block}.resConfUnit{unit}.conv{layer}.{rest[5]}"


def _saved(file: Path, state: State) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, file)
    return file
