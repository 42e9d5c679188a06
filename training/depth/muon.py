"""Muon: steps whose matrices are orthogonal, so that no direction of the weights is left behind.

After Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024, and Liu et al., "Muon is Scalable
for LLM Training", 2025, for the size of its steps, which is AdamW's at the same rate. PyTorch's own takes matrices
alone, and here they are convolutions.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

MOMENTUM = 0.95
_ROUNDS = 5
_FIFTH_ORDER = (3.4445, -4.7750, 2.0315)
"""The polynomial whose repetition brings all singular values near 1 (Jordan et al.)."""


class Muon(torch.optim.Optimizer):
    """Takes convolutions [out, in, h, w] as matrices of `out` rows, and their gradients away: what an optimiser that
    steps after it finds, is what is left to it."""

    def __init__(self, weights: Iterable[torch.nn.Parameter]) -> None:
        """The rate is set in `param_groups`, as in every optimiser."""
        super().__init__(weights, {"lr": 1e-3, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                gradient, state = weight.grad, self.state[weight]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(gradient)
                state["momentum"].lerp_(gradient, 1 - MOMENTUM)
                ahead = gradient.lerp(state["momentum"], MOMENTUM)
                matrix = ahead.reshape(len(ahead), -1)
                size = 0.2 * max(matrix.shape) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(_orthogonal(matrix).reshape(weight.shape), alpha=-group["lr"] * size)
                weight.grad = None


def _orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """About the nearest matrix whose singular values are all 1, by Newton and Schulz's way."""
    first, third, fifth = _FIFTH_ORDER
    tall = matrix.shape[0] > matrix.shape[1]
    flat = matrix.T if tall else matrix
    flat = flat / (flat.norm() + 1e-7)
    for _ in range(_ROUNDS):
        square = flat @ flat.T
        flat = first * flat + (third * square + fifth * square @ square) @ flat
    return flat.T if tall else flat
