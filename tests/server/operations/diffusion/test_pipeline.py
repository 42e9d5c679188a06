"""A run is cancelled within a step, lets another in between two, and leaves nothing behind."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from replate.errors import BadRequest, Cancelled
from replate_server.operations.compliance import Recorder
from replate_server.operations.diffusion.fitting import Fit
from replate_server.operations.diffusion.loras import Lora
from replate_server.operations.restyle.repainting import Take
from replate_server.operations.restyle.wan import WanFromPlate, WanVace
from server.operations.diffusion.conftest import asked
from server.operations.diffusion.runs import Interrupting, lora

LAYER = ("transformer.blocks.0.attn1.to_q", 24, 24)


@pytest.fixture(scope="module")
def model(wan: Path) -> WanFromPlate:
    made = WanFromPlate()
    made.load({"wan-1.3b": wan}, "cpu")
    return made


def painted(model: WanFromPlate, clip: list[Any], steps: Any, *loras: Lora, prompt: str = "night") -> Any:
    take = Take(tuple(range(1001, 1010)), 0, clip, loras=loras)
    return np.stack(model.repaint(take, asked(model, {"steps": 3, "prompt": prompt}), 5, steps))


def test_the_same_take_and_seed_give_the_same_pixels(model: WanFromPlate, clip: list[Any]) -> None:
    assert np.array_equal(painted(model, clip, Recorder()), painted(model, clip, Recorder()))


def test_it_is_cancelled_in_the_middle_of_a_step(model: WanFromPlate, clip: list[Any]) -> None:
    before = painted(model, clip, Recorder())
    steps = Interrupting(in_second=True)
    with pytest.raises(Cancelled):
        painted(model, clip, steps)
    assert len(steps.previews) == 1
    assert np.array_equal(before, painted(model, clip, Recorder()))


def test_another_run_between_two_steps_changes_nothing(model: WanFromPlate, clip: list[Any], tmp_path: Path) -> None:
    before = painted(model, clip, Recorder())
    inner: list[Any] = []
    film = Lora(lora(tmp_path, "film", LAYER, 1), 1.0)

    def other() -> None:
        inner.append(painted(model, clip[::-1], Recorder(), film, prompt="day"))

    assert np.array_equal(before, painted(model, clip, Interrupting(at_step=other)))
    assert np.array_equal(inner[0], painted(model, clip[::-1], Recorder(), film, prompt="day"))


def test_previews_are_small_pictures_of_a_frame_of_the_take(model: WanFromPlate, clip: list[Any]) -> None:
    steps = Recorder()
    painted(model, clip, steps)
    assert len(steps.previews) == 3
    for number, picture in steps.previews:
        assert 1001 <= number <= 1009
        assert picture.shape == (4, 6, 3) and picture.min() >= 0 and picture.max() <= 1


def test_loras_are_worn_by_the_runs_that_name_them(model: WanFromPlate, clip: list[Any], tmp_path: Path) -> None:
    bare = painted(model, clip, Recorder())
    film, noir = (lora(tmp_path, name, LAYER, seed) for name, seed in (("film", 1), ("noir.v2", 2)))
    one = painted(model, clip, Recorder(), Lora(film, 1.0))
    both = painted(model, clip, Recorder(), Lora(film, 1.0), Lora(noir, 0.5))
    weak = painted(model, clip, Recorder(), Lora(film, 0.1))
    assert not np.array_equal(bare, one) and not np.array_equal(one, both)
    assert np.abs(weak - bare).mean() < np.abs(one - bare).mean()
    assert np.array_equal(bare, painted(model, clip, Recorder()))


def test_a_lora_of_another_model_is_refused(model: WanFromPlate, clip: list[Any], tmp_path: Path) -> None:
    from safetensors.torch import save_file

    file = tmp_path / "other.safetensors"
    save_file({"transformer.no_such_layer.lora_A.weight": torch.zeros(4, 7)}, file)
    bare = painted(model, clip, Recorder())
    with pytest.raises(BadRequest, match="The LoRA other does not fit this model"):
        painted(model, clip, Recorder(), Lora(file, 1.0))
    assert np.array_equal(bare, painted(model, clip, Recorder()))


@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
def test_each_way_takes_less_and_paints_alike(wan: Path, clip: list[Any], device: str) -> None:
    if device != "cpu" and not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    weights = {"wan-1.3b": wan}
    ways = WanFromPlate().ways(weights, device)
    assert [way.memory_bytes for way in ways] == sorted((way.memory_bytes for way in ways), reverse=True)
    results = []
    for way in ways:
        model = WanFromPlate()
        model.choose(way)
        model.load(weights, device)
        results.append(painted(model, clip, Recorder()))
        if device != "cpu":
            assert torch.cuda.max_memory_allocated(device) <= way.memory_bytes
            torch.cuda.reset_peak_memory_stats(device)
    assert ways[0].exact and not ways[-1].exact
    differences = [np.abs(result - results[0]).mean() for result in results]
    assert 0 < differences[-1] < 0.02 and max(differences) < 0.02
    assert not any(difference for way, difference in zip(ways, differences, strict=True) if way.exact)


def test_float8_is_kept_in_8_bits(wan: Path) -> None:
    model = WanFromPlate()
    weights = {"wan-1.3b": wan}
    model.choose(model.ways(weights, "cpu")[-1])
    model.load(weights, "cpu")
    kept = {tensor.dtype for tensor in model.pipeline.whole.transformer.blocks.parameters() if tensor.ndim == 2}
    assert torch.float8_e4m3fn in kept
    assert Fit(tiled=True, narrow=True).narrow


def test_a_pipeline_that_is_gone_is_kept_by_nobody(wan: Path, wan_vace: Path) -> None:
    """Though its text encoder and autoencoder are another's as well."""
    first, second = WanFromPlate(), WanVace()
    first.load({"wan-1.3b": wan}, "cpu")
    second.load({"wan-vace-1.3b": wan_vace}, "cpu")
    shared, own = second.pipeline.whole.vae, weakref.ref(first.pipeline)
    assert first.pipeline.whole.vae is shared
    del first
    gc.collect()
    assert own() is None


def test_two_pipelines_of_the_same_networks_wear_what_is_theirs(wan: Path, clip: list[Any], tmp_path: Path) -> None:
    one, other = WanFromPlate(), WanFromPlate()
    for model in (one, other):
        model.load({"wan-1.3b": wan}, "cpu")
    assert one.pipeline.whole.transformer is other.pipeline.whole.transformer
    film = Lora(lora(tmp_path, "film", LAYER, 1), 1.0)
    bare, worn = painted(other, clip, Recorder()), painted(one, clip, Recorder(), film)
    assert np.array_equal(bare, painted(other, clip, Recorder()))
    inner: list[Any] = []
    steps = Interrupting(at_step=lambda: inner.append(painted(other, clip, Recorder())))
    assert np.array_equal(worn, painted(one, clip, steps, film))
    assert np.array_equal(bare, inner[0])
