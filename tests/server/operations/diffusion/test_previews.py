"""What latents look like is found from a picture and its own latents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from replate_server.operations.diffusion.previews import Look


def latents_of(picture: Any, seed: int = 1) -> torch.Tensor:
    """Of squares of 4 x 4 pixels, all of which is in 48 channels, mixed."""
    squares = functional.pixel_unshuffle(torch.from_numpy(picture).permute(2, 0, 1)[None], 4)[0]
    mixed, _ = torch.linalg.qr(torch.randn(48, 48, generator=torch.Generator().manual_seed(seed)))
    return torch.einsum("ij,jrc->irc", mixed, squares)


@pytest.mark.parametrize("finer", [1, 4])
def test_another_picture_is_known_by_it(finer: int) -> None:
    one, other = np.random.default_rng(3).random((2, 64, 96, 3)).astype(np.float32)
    seen = Look.fitted(latents_of(one), one, finer).of(latents_of(other))
    wanted = other.reshape(16 * finer, 4 // finer, 24 * finer, 4 // finer, 3).mean(axis=(1, 3))
    assert seen.shape == wanted.shape and seen.dtype == np.float32
    assert np.abs(seen - wanted).mean() < 0.05
