"""What Video Depth Anything adds to Depth Anything: attention along time, at each place of four of its planes.

The motion modules of Guo et al., "AnimateDiff", ICLR 2024, as Chen et al., "Video Depth Anything", CVPR 2025, section
3.1, put them into the neck. Names are those of the published checkpoint.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

_GROUPS = 32
_HEADS = 8
_WIDER = 4


class Temporal(nn.Module):
    """Features of a clip, [frames, channels, rows, columns], and what each place sees of itself in the other frames."""

    def __init__(self, channels: int, frames: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(_GROUPS, channels, eps=1e-6)
        self.proj_in = nn.Linear(channels, channels)
        self.transformer_blocks = nn.ModuleList([_Block(channels, frames)])
        self.proj_out = nn.Linear(channels, channels)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        frames, channels, rows, columns = features.shape
        places = self.norm(features).permute(2, 3, 0, 1).reshape(rows * columns, frames, channels)
        places = self.proj_in(places)
        for block in self.transformer_blocks:
            places = block(places)
        seen = self.proj_out(places).reshape(rows, columns, frames, channels).permute(2, 3, 0, 1)
        added: torch.Tensor = features + seen
        return added


class _Block(nn.Module):
    def __init__(self, channels: int, frames: int) -> None:
        super().__init__()
        self.attention_blocks = nn.ModuleList([_Attention(channels, frames) for _ in range(2)])
        self.norms = nn.ModuleList([nn.LayerNorm(channels) for _ in range(2)])
        self.ff = _Forward(channels)
        self.ff_norm = nn.LayerNorm(channels)

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        for attention, norm in zip(self.attention_blocks, self.norms, strict=True):
            places = places + attention(norm(places))
        added: torch.Tensor = places + self.ff(self.ff_norm(places))
        return added


class _Attention(nn.Module):
    """Among the frames of a place, [places, frames, channels]."""

    def __init__(self, channels: int, frames: int) -> None:
        super().__init__()
        self.pos_encoder = _Position(channels, frames)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels, bias=False) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        placed = self.pos_encoder(places)
        query, key, value = (
            project(placed).unflatten(2, (_HEADS, -1)).transpose(1, 2) for project in (self.to_q, self.to_k, self.to_v)
        )
        seen = functional.scaled_dot_product_attention(query, key, value)
        out: torch.Tensor = self.to_out[0](seen.transpose(1, 2).flatten(2))
        return out


class _Position(nn.Module):
    """Adds sines of a frame's place in the clip: Vaswani et al., NeurIPS 2017, section 3.5."""

    pe: torch.Tensor

    def __init__(self, channels: int, frames: int) -> None:
        super().__init__()
        place = torch.arange(frames)[:, None]
        pace = torch.exp(torch.arange(0, channels, 2) * (-math.log(10000.0) / channels))
        waves = torch.stack([torch.sin(place * pace), torch.cos(place * pace)], dim=2)
        self.register_buffer("pe", waves.reshape(1, frames, channels))

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        return places + self.pe[:, : places.shape[1]]


class _Forward(nn.Module):
    """Two layers, the first gated: Shazeer, "GLU Variants Improve Transformer", 2020."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels * _WIDER
        # The middle one is the dropout that it was trained with.
        self.net = nn.ModuleList([_Gated(channels, inner), nn.Identity(), nn.Linear(inner, channels)])

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        for layer in self.net:
            places = layer(places)
        return places


class _Gated(nn.Module):
    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.proj = nn.Linear(channels, inner * 2)

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        passed, gate = self.proj(places).chunk(2, dim=-1)
        gated: torch.Tensor = passed * functional.gelu(gate)
        return gated
