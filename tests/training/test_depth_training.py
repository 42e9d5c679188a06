"""The training of the depth network: what it learns from, what it is asked, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional
from training.depth.augment import moved, placed, seen
from training.depth.data import Batches, Drawing
from training.depth.export import folded
from training.depth.losses import agreement, aligned, silhouettes, stillness
from training.depth.measures import absolute_relative_error, correlation, edge_width
from training.depth.targets import held_out
from training.depth.teacher import Picture, Plane
from training.depth.train import Stage, State, train

from replate_server.operations.depth.network import DepthNetwork

SMALL = Drawing(
    seed=1, pictures=4, shapes=((64, 96),), least=0.9, most=1.1, plain=0.25, patched=0.0, hinted=False, pairs=True
)


def photographs() -> list[tuple[Picture, Plane]]:
    """Discs before a ramp; their depth can be read from their colours."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[0:96, 0:128]
    found = []
    for _ in range(4):
        near = (rows - rng.uniform(30, 60)) ** 2 + (columns - rng.uniform(30, 90)) ** 2 < 24**2
        depth = np.where(near, 1.5, rows / 96 - 0.5).astype(np.float32)
        colour = np.stack([near * 180, 60 + rows, 200 - near * 120], -1)
        found.append((np.clip(colour + rng.normal(0, 4, colour.shape), 0, 255).astype(np.uint8), depth))
    return found


def test_a_few_steps_of_training_bring_the_loss_down() -> None:
    state, heard = State.fresh(seed=3), []
    stage = Stage(steps=24, drawing=SMALL, rate=4e-3, rising=4, still=0.1)
    train(state, stage, 0, photographs(), None, heard.append, every=6)
    losses = [entry["agreement"] + entry["silhouettes"] for entry in heard[1:]]
    assert state.step == 24
    assert losses[-1] < 0.6 * losses[0]


def test_the_same_seed_gives_the_same_batch() -> None:
    first, second = (Batches(photographs(), SMALL, None)(5) for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["picture"], Batches(photographs(), SMALL, None)(6)["picture"])


def test_a_step_aside_is_undone_by_its_grid() -> None:
    batch = Batches(photographs(), SMALL, None)(2)
    first, second = batch["target"].chunk(2)
    assert stillness(first, second, batch["grid"]) < 0.15 * (first - second).abs().mean() + 0.02
    back = functional.grid_sample(second[:, None], batch["grid"], align_corners=False)[:, 0]
    assert back.shape == first.shape


def test_a_crop_lies_within_its_photograph() -> None:
    rng = np.random.default_rng(11)
    for _ in range(50):
        matrix = placed(rng, (96, 128), 64, 80, 0.7)
        middle = matrix @ (40, 32, 1)
        assert 0 < middle[0] < 128 and 0 < middle[1] < 96
    picture, target = photographs()[0]
    view = seen(rng, picture, target, matrix @ moved(rng, 64, 80), 64, 80)
    assert view.picture.shape == (64, 80, 3) and view.target.shape == (64, 80)
    assert view.picture.min() >= 0 and view.picture.max() <= 1


def test_the_loss_does_not_see_scale_and_shift_and_sees_blurred_silhouettes() -> None:
    target = torch.from_numpy(np.stack([depth for _, depth in photographs()]))
    same = aligned(target * 3 - 7, target)
    assert agreement(same, target) < 1e-3 and silhouettes(same, target) < 1e-3
    blurred = functional.avg_pool2d(target[:, None], 9, 1, 4)[:, 0]
    assert silhouettes(aligned(blurred, target), target) > 0.02
    upside_down = aligned(-target, target)
    assert correlation(upside_down.numpy(), target.numpy()) < 0.5


def test_what_ships_says_what_was_trained() -> None:
    trained = State.fresh(seed=5).mean
    for part in trained.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.uniform_(-0.2, 0.2)
            part.running_var.uniform_(0.5, 2)
    shipped = DepthNetwork().eval()
    shipped.load_state_dict(folded(trained.state_dict()))
    picture = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        assert torch.allclose(shipped(picture), trained.eval()(picture), atol=1e-4)


def test_measures_on_depths_that_are_known() -> None:
    step = np.repeat(np.where(np.arange(64) < 32, 0.0, 1.0)[None], 48, 0).astype(np.float32)
    ramp = np.clip((np.arange(64) - 28) / 8, 0, 1)[None].repeat(48, 0).astype(np.float32)
    assert edge_width(step, step) == pytest.approx(1, abs=0.05)
    assert edge_width(ramp, step) == pytest.approx(8, abs=0.5)
    distance = (1 / (ramp + 0.5)).astype(np.float32)
    assert absolute_relative_error(ramp * 4 - 3, distance) < 1e-3
    assert absolute_relative_error(step, distance) > 0.02


def test_a_photograph_is_held_out_for_its_name_alone() -> None:
    names = [f"photograph {number}" for number in range(1300)]
    assert 60 < sum(map(held_out, names)) < 140
    assert [held_out(name) for name in names] == [held_out(name) for name in names]
