"""Networks that are published as one file without a configuration, told by their tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from replate.errors import Unmet

_UNION = "control_noise_refiner.0.before_proj.weight"
_LAYERS = 15
"""Of the full ControlNet for Z-Image; the small one of the same makers has other places."""


def described(name: str, shapes: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """The configuration of a network by the shapes of its tensors, as diffusers would write it.

    Known is the union ControlNet 2.1 for Z-Image: https://huggingface.co/alibaba-pai/Z-Image-Turbo-Fun-Controlnet-Union-2.1.
    Raises `Unmet` for others; `name` is the folder's.
    """
    layers = {tensor.split(".")[1] for tensor in shapes if tensor.startswith("control_layers.")}
    if _UNION not in shapes or len(layers) != _LAYERS:
        raise Unmet(f"The folder {name} has no config.json, and its network is none that is known without: add one.")
    dim, seen = shapes["control_all_x_embedder.2-1.weight"]
    heads = dim // shapes["control_layers.0.attention.norm_q.weight"][0]
    return {
        "_class_name": "ZImageControlNetModel",
        "add_control_noise_refiner": "control_noise_refiner",
        "control_in_dim": seen // 4,
        "control_layers_places": list(range(0, 2 * _LAYERS, 2)),
        "control_refiner_layers_places": [0, 1],
        "dim": dim,
        "n_heads": heads,
        "n_kv_heads": heads,
    }
