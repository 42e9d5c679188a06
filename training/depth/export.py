"""The trained network as it ships: normalisation folded into the convolutions, half floats, safetensors."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from replate_server.operations.depth.network import DepthNetwork

Weights = dict[str, torch.Tensor]


def export(state: Path, to: Path) -> None:
    """Writes the running mean of a training state."""
    weights = folded(torch.load(state, weights_only=True)["mean"])
    DepthNetwork().load_state_dict(weights)
    halves = {name: weight.half().contiguous() for name, weight in weights.items()}
    save_file(halves, to, metadata={"network": "replate depth-small", "training": "training/depth/CARD.md"})


def folded(trained: Weights) -> Weights:
    """A `DepthNetwork(norm=True)`'s weights as those of a `DepthNetwork()` that says the same (in evaluation)."""
    shipped = {name: weight.double() for name, weight in trained.items() if ".norm." not in name}
    for name in [name for name in trained if name.endswith(".norm.weight")]:
        unit = name.removesuffix(".norm.weight")
        weight, bias, mean, variance = (
            trained[f"{unit}.norm.{part}"].double() for part in ("weight", "bias", "running_mean", "running_var")
        )
        gain = weight / (variance + 1e-5).sqrt()
        shipped[f"{unit}.conv.weight"] = shipped[f"{unit}.conv.weight"] * gain[:, None, None, None]
        shipped[f"{unit}.conv.bias"] = bias - mean * gain
    return {name: weight.float() for name, weight in shipped.items()}
