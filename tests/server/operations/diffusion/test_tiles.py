"""Clips larger than a network is good at are painted in tiles, without seams, as the small are painted whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from replate.errors import Cancelled
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.diffusion.tiles import TiledCoder, TiledNetwork, mixed, tile_of
from replate_server.operations.restyle.repainting import Take
from replate_server.operations.restyle.resolution import LARGEST
from replate_server.operations.restyle.wan import WanFromPlate, WanVace
from server.operations.diffusion.conftest import asked
from server.operations.diffusion.runs import Interrupting

NUMBERS = tuple(range(1001, 1006))
SIZE = (64, 112)
TILE = (6, 10)
"""Of a picture's latents, 8 by 14."""


class SmallVace(WanVace):
    at_once = TILE[0] * TILE[1] * 8**2


class SmallFromPlate(WanFromPlate):
    at_once = TILE[0] * TILE[1] * 8**2


@pytest.fixture(scope="module")
def vace(wan_vace: Path) -> SmallVace:
    model = SmallVace()
    model.load({"wan-vace-1.3b": wan_vace}, "cpu")
    return model


@pytest.fixture(scope="module")
def from_plate(wan: Path) -> SmallFromPlate:
    model = SmallFromPlate()
    model.load({"wan-1.3b": wan}, "cpu")
    return model


@pytest.fixture
def large() -> list[Any]:
    """Five frames that move, with pictures of several sizes in them."""
    rng = np.random.default_rng(7)
    wide = sum(
        rng.random((SIZE[0] // each, 128 // each, 3)).repeat(each, axis=0).repeat(each, axis=1) for each in (4, 8, 16)
    )
    return [np.ascontiguousarray(wide[:, index : index + SIZE[1]] / 3, np.float32) for index in range(5)]


def painted(model: Any, take: Take, told: Recorder | None = None, **given: Value) -> Any:
    values = {"steps": 2, "prompt": "night", "resolution": "1080p", **given}
    return np.stack(model.repaint(take, asked(model, values), 5, told or Recorder()))


def test_hd_is_seen_in_four_tiles_of_its_proportions() -> None:
    tile, seen = tile_of(136, 240, LARGEST // 8**2), []
    assert tile == (90, 158) and tile_of(240, 136, LARGEST // 8**2) == (158, 90)
    TiledNetwork(Telling(seen), tile)(hidden_states=torch.zeros(1, 1, 1, 136, 240))
    assert seen == [(1, 1, 1, 90, 158)] * 4


class Telling:
    """A network that says how large what it sees is."""

    config, dtype, cache_context = None, torch.float32, None

    def __init__(self, seen: list[Any]) -> None:
        self._seen = seen

    def __call__(self, hidden_states: torch.Tensor) -> tuple[torch.Tensor]:
        self._seen.append(tuple(hidden_states.shape))
        return (hidden_states,)


@pytest.mark.parametrize("leading", [0, 1])
def test_a_network_that_looks_at_each_token_alone_says_the_same_in_tiles(wan_vace: Path, leading: int) -> None:
    """Each token attends to one of the prompt, which is all alike: nothing of its neighbours comes in."""
    from diffusers import WanVACETransformer3DModel

    network = WanVACETransformer3DModel.from_pretrained(wan_vace / "transformer").eval()
    for block in (*network.blocks, *network.vace_blocks):
        torch.nn.init.zeros_(block.attn1.to_out[0].weight)
    generator = torch.Generator().manual_seed(1)
    given = {
        "hidden_states": torch.randn((1, 16, 3, 8, 14), generator=generator),
        "control_hidden_states": torch.randn((1, 96, 3, 8, 14), generator=generator),
        "timestep": torch.tensor([500]),
        "encoder_hidden_states": torch.randn((1, 4, 32), generator=generator),
        "return_dict": False,
    }
    with torch.no_grad():
        (whole,), (tiles,) = network(**given), TiledNetwork(network, TILE, leading)(**given)
    assert torch.allclose(tiles[:, :, leading:], whole[:, :, leading:], atol=1e-5)
    assert torch.allclose(
        tiles[:, :, :leading, : TILE[0], : TILE[1]], whole[:, :, :leading, : TILE[0], : TILE[1]], atol=1e-5
    )


def test_every_tile_sees_a_reference_whole(vace: SmallVace, large: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    network = vace.pipeline.whole.transformer
    whole = network.forward
    monkeypatch.setattr(network, "forward", lambda **named: (seen.append(named), whole(**named))[1])
    painted(vace, Take(NUMBERS, 0, large, style=large[0][:48]), steps=1, guidance=1.0)
    first, *others = (one["control_hidden_states"] for one in seen)
    assert len(others) == 3 and first.shape[2] == 3
    assert all(torch.equal(one[:, :, 0], first[:, :, 0]) for one in others)
    assert not any(torch.equal(one[:, :, 1:], first[:, :, 1:]) for one in others)


def test_tiles_that_disagree_leave_no_seam() -> None:
    """Where tiles begin and end there is no more of a step than a ramp takes."""
    levels = iter(range(4))
    made = mixed((34, 60), (22, 40), (5, 10), lambda box: torch.full((1, 2, 3, box.height, box.width), next(levels)), 2)
    assert made.shape == (1, 2, 3, 34, 60) and made[0, 0, 0, 0, 0] == 0 and made[0, 0, 0, -1, -1] == 3
    # Neighbours share 20 columns, of which the middle 10 are a ramp of 1 level, and 10 rows, of which 6 of 2 levels.
    assert made.diff(dim=-1).abs().max() < 1 / 10
    assert made.diff(dim=-2).abs().max() < 2 / 6


@pytest.mark.parametrize("kind", ["vace", "from_plate"])
def test_it_is_painted_without_seams(kind: str, large: list[Any], request: pytest.FixtureRequest) -> None:
    model = request.getfixturevalue(kind)
    made = painted(model, Take(NUMBERS, 0, large))
    assert made.shape == (5, *SIZE, 3) and np.array_equal(made, painted(model, Take(NUMBERS, 0, large)))
    whole = painted(model, Take(NUMBERS, 0, large), resolution="720p")
    assert not np.array_equal(made, whole)
    # In latents: where a tile begins, begins to count, counts alone, and where the one before ends.
    for axis, seams in ((1, (2, 3, 5, 6)), (2, (4, 5, 9, 10))):
        across = tuple({0, 1, 2, 3} - {axis})
        tiles, usual = (np.abs(np.diff(one, axis=axis)).mean(axis=across) for one in (made, whole))
        # A network's own squares have steps, too: at the same places of the whole.
        at_seams, there = (each[[8 * seam - 1 for seam in seams]].mean() / each.mean() for each in (tiles, usual))
        assert at_seams < 1.15 * there


def test_an_autoencoder_in_tiles_shows_what_it_shows_whole(from_plate: SmallFromPlate, large: list[Any]) -> None:
    """But for what a frame's attention to all of itself brings in, and at tiles' edges."""
    coder = from_plate.pipeline.whole.vae
    tiled = TiledCoder(coder, TILE)
    given = torch.from_numpy(np.stack(large)).permute(3, 0, 1, 2)[None] * 2 - 1
    with torch.no_grad():
        latents = coder.encode(given).latent_dist.mode()
        pairs = (
            (latents, tiled.encode(given).latent_dist.mode()),
            (coder.decode(latents, return_dict=False)[0], tiled.decode(latents)[0]),
        )
    for whole, tiles in pairs:
        assert tiles.shape == whole.shape
        alike = torch.corrcoef(torch.stack([whole.flatten(), tiles.flatten()]))[0, 1]
        assert alike > 0.9


@pytest.mark.parametrize("kind", ["vace", "from_plate"])
def test_small_pictures_are_seen_whole(kind: str, clip: list[Any], request: pytest.FixtureRequest) -> None:
    """Bit for bit, whatever is asked for."""
    take = Take(NUMBERS, 0, clip[:5])
    small = request.getfixturevalue(kind)
    assert np.array_equal(painted(small, take), painted(small, take, resolution="480p"))


def test_it_is_cancelled_between_two_tiles_of_a_step(from_plate: SmallFromPlate, large: list[Any]) -> None:
    before = painted(from_plate, Take(NUMBERS, 0, large))
    with pytest.raises(Cancelled):
        painted(from_plate, Take(NUMBERS, 0, large), Interrupting(in_second=True))
    assert np.array_equal(before, painted(from_plate, Take(NUMBERS, 0, large)))


def test_a_small_run_within_a_large_one_is_seen_whole(
    from_plate: SmallFromPlate, large: list[Any], clip: list[Any]
) -> None:
    alone, large_alone = painted(from_plate, Take(NUMBERS, 0, clip[:5])), painted(from_plate, Take(NUMBERS, 0, large))
    inner: list[Any] = []
    steps = Interrupting(at_step=lambda: inner.append(painted(from_plate, Take(NUMBERS, 0, clip[:5]))))
    assert np.array_equal(large_alone, painted(from_plate, Take(NUMBERS, 0, large), steps))
    assert np.array_equal(alone, inner[0])
