"""A pipeline's networks on a device a few layers at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_OWN = "_replate_own"


def by_layers(parts: Mapping[str, Any], staying: Iterable[str], device: str) -> None:
    """Has layers come to the device as they are needed, the next while one is at work; parts that are `staying` do."""
    import torch
    from diffusers.hooks.group_offloading import _is_group_offload_enabled, apply_group_offloading

    networks = {name: part for name, part in parts.items() if isinstance(part, torch.nn.Module)}
    _apart(networks.values())
    # A UNet's blocks are a few large ones.
    level = "leaf_level" if "unet" in networks else "block_level"
    for name, network in networks.items():
        if name in staying:
            network.to(device)
        # Another pipeline may have brought it here.
        elif not _is_group_offload_enabled(network):
            apply_group_offloading(
                network,
                torch.device(device),
                offload_type=level,
                num_blocks_per_group=1 if level == "block_level" else None,
                use_stream=device != "cpu",
            )


def _apart(networks: Iterable[torch.nn.Module]) -> None:
    """Gives each network its own of what an earlier one lends it, always the same: layers come for one of them only."""
    lent: set[int] = set()
    for network in networks:
        own = network.__dict__.setdefault(_OWN, {})
        for name, child in list(network.named_children()):
            if id(child) in lent:
                if name not in own:
                    own[name] = deepcopy(child)
                setattr(network, name, own[name])
        lent.update(id(child) for child in network.children())
