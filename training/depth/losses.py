"""What is asked of the student: the target up to a scale and a shift, crisp silhouettes, stillness in time."""

from __future__ import annotations

import torch
from torch.nn import functional

LEAST_SCALE = 0.1
"""An alignment never turns the student's depth over, nor flattens it away."""


def aligned(depth: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The depth [n, h, w] scaled and shifted by least squares to the target, each picture for itself."""
    mean, wanted = depth.mean((1, 2), keepdim=True), target.mean((1, 2), keepdim=True)
    away = depth - mean
    scale = (away * (target - wanted)).mean((1, 2), keepdim=True) / (away.square().mean((1, 2), keepdim=True) + 1e-4)
    return away * scale.clamp_min(LEAST_SCALE) + wanted


def agreement(depth: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference of an aligned depth, in mean deviations of the target. (Scale- and shift-invariant loss:
    Ranftl et al., "Towards Robust Monocular Depth Estimation", 2020.)"""
    return ((depth - target).abs().mean((1, 2)) / _spread(target)).mean()


def silhouettes(depth: torch.Tensor, target: torch.Tensor, scales: int = 4) -> torch.Tensor:
    """Differences of gradients, at `scales` resolutions, with those where the target has an edge counted most.

    Multi-scale gradient matching after Li and Snavely, "MegaDepth", 2018; the weight at edges is our own.
    """
    total = depth.new_zeros(())
    spread = _spread(target)[:, None, None]
    depth, target = depth / spread, target / spread
    for scale in range(scales):
        if scale:
            depth, target = (functional.avg_pool2d(plane[:, None], 2)[:, 0] for plane in (depth, target))
        for axis in (1, 2):
            wanted = torch.diff(target, dim=axis)
            missed = (torch.diff(depth, dim=axis) - wanted).abs()
            total = total + (missed * (1 + 4 * wanted.abs().clamp_max(1))).mean()
    return total / scales


def thinking(guess: torch.Tensor, hint: torch.Tensor) -> torch.Tensor:
    """Mean absolute difference from the teacher's features [n, channels, h, w], in mean deviations of each channel.

    After Romero et al., "FitNets: Hints for Thin Deep Nets", 2015.
    """
    spread = (hint - hint.mean((0, 2, 3), keepdim=True)).abs().mean((0, 2, 3))
    return ((guess - hint).abs().mean((0, 2, 3)) / (spread + 0.05)).mean()


def stillness(first: torch.Tensor, second: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
    """How far the depth of a moved picture, brought back along `grid` [n, h, w, 2], is from that of the first.

    Without alignment: from frame to frame, scale and shift are to stay too. What left the picture does not count.
    """
    back = functional.grid_sample(second[:, None], grid, align_corners=False, padding_mode="border")[:, 0]
    inside = (grid.abs() < 1).all(-1)
    return ((first - back).abs() * inside).sum() / inside.sum().clamp_min(1)


def _spread(target: torch.Tensor) -> torch.Tensor:
    """Mean absolute deviation of each target, and a little: a flat wall is not stretched into mountains."""
    return (target - target.mean((1, 2), keepdim=True)).abs().mean((1, 2)) + 0.2
