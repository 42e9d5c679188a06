"""The trained network as it ships: normalisation folded into the convolutions, half floats, safetensors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file

from replate_server.operations.depth.network import DepthNetwork

Weights = dict[str, torch.Tensor]


def export(states: Sequence[Path], to: Path) -> None:
    """Writes the mean of several training states' running means: it does better than any of them on what is new.

    After Wortsman et al., "Model soups", 2022.
    """
    means: list[Weights] = [torch.load(state, weights_only=True)["mean"] for state in states]
    weights = folded({name: torch.stack([mean[name].double() for mean in means]).mean(0) for name in means[0]})
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
