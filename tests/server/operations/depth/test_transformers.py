"""Hosted networks load published layouts, say what the library says, and fail in a sentence."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from replate.errors import Unmet
from replate.values import Value
from replate_server.operations.compliance import Recorder
from replate_server.operations.contract import Tensor
from replate_server.operations.depth.depth_anything import Base, Indoor, Large, Outdoor, Small, fitted
from replate_server.operations.depth.depth_pro import DepthPro
from replate_server.operations.depth.estimator import Estimate, Estimator
from replate_server.operations.depth.hosted import IMAGENET, pixels
from replate_server.operations.depth.video_depth_anything import VideoDepthAnything
from server.operations.depth import checkpoints

FEW: Mapping[str, Value] = {"short_side": 112}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


def loaded(model: type[Estimator], file: Path) -> Estimator:
    made = model()
    made.load({made.card.weights[0]: file}, "cpu")
    return made


def noise(height: int = 96, width: int = 160, seed: int = 0) -> Tensor:
    return np.random.default_rng(seed).random((height, width, 3), np.float32)


def estimated(model: Estimator, *pictures: Tensor) -> list[Estimate]:
    return list(model.run(pictures, FEW, Recorder()))


def test_a_published_checkpoint_says_what_the_library_says(folder: Path) -> None:
    model, theirs = loaded(Small, checkpoints.depth_anything(folder)), checkpoints.depth_anything_network()
    picture = noise()
    (estimate,) = estimated(model, picture)
    seen = pixels(picture, fitted(96, 160, 112, 2.4), IMAGENET, torch.device("cpu"))
    with torch.inference_mode():
        depth = theirs(pixel_values=seen).predicted_depth[0].numpy()
    assert estimate.depth.shape == (112, 182) and estimate.depth.dtype == np.float32
    assert estimate.depth.std() > 0.01
    np.testing.assert_allclose(estimate.depth, depth, rtol=1e-5, atol=1e-6)


def test_pictures_are_prepared_as_the_librarys_processor_prepares_them() -> None:
    from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil

    processor = DPTImageProcessorPil(
        size={"height": 518, "width": 518},
        keep_aspect_ratio=True,
        ensure_multiple_of=14,
        resample=3,
        image_mean=IMAGENET.mean,
        image_std=IMAGENET.deviation,
    )
    # Theirs clips between its two passes, where noise would overshoot.
    eight = np.rint(cv2.GaussianBlur(noise(640, 960), (0, 0), 2) * 255).astype(np.uint8)
    theirs = processor(eight, return_tensors="pt")["pixel_values"]
    ours = pixels(eight.astype(np.float32) / 255, fitted(640, 960, 518, 2.4), IMAGENET, torch.device("cpu"))
    assert ours.shape == theirs.shape
    # Theirs is rounded to 8 bits on the way, of which a step is 0.018 here.
    assert float((ours - theirs).abs().max()) < 0.02


@pytest.mark.parametrize(
    ("size", "short", "widest", "said"),
    [
        ((1080, 1920), 518, 2.4, (518, 924)),
        ((1920, 1080), 518, 2.4, (924, 518)),
        ((858, 2048), 518, 16 / 9, (392, 924)),
        ((100, 1000), 518, 2.4, (126, 1246)),
        ((3, 2000), 112, 2.4, (14, 266)),
    ],
)
def test_the_working_size_keeps_the_shape_and_is_bounded(
    size: tuple[int, int], short: int, widest: float, said: tuple[int, int]
) -> None:
    assert fitted(*size, short, widest) == said


def test_a_metric_checkpoint_says_metres(folder: Path) -> None:
    (estimate,) = estimated(loaded(Indoor, checkpoints.depth_anything(folder, metric=True)), noise())
    assert Indoor.metric and not Small.metric
    assert estimate.depth.min() > 0 and 1 < estimate.depth.max() <= 20


def test_depth_pro_says_metres_and_the_focal_length(folder: Path) -> None:
    model = loaded(DepthPro, checkpoints.depth_pro(folder, degrees=60, inverse=0.5))
    wide, small = estimated(model, noise(90, 160), noise(45, 80))
    # Half the width over the tangent of half the field of view; and 1/m is what the network says times width / focal.
    assert wide.focal == pytest.approx(80 / math.tan(math.radians(30)), rel=1e-3)
    assert small.focal == pytest.approx(wide.focal / 2)
    for estimate in (wide, small):
        np.testing.assert_allclose(estimate.depth, 1 / (0.5 * 2 * math.tan(math.radians(30))), rtol=1e-3)


def test_depth_pro_believes_no_lens_that_cannot_be(folder: Path) -> None:
    (estimate,) = estimated(loaded(DepthPro, checkpoints.depth_pro(folder, degrees=-40, inverse=-1)), noise())
    assert estimate.focal > 0 and np.isfinite(estimate.depth).all() and (estimate.depth > 0).all()


def test_the_video_checkpoint_is_depth_anything_where_it_does_not_look_along_time(folder: Path) -> None:
    still, video = (
        loaded(Small, checkpoints.depth_anything(folder, wide=True)),
        loaded(VideoDepthAnything, checkpoints.video_depth_anything(folder, seeing=False)),
    )
    clip = [noise(seed=seed) for seed in range(6)]
    said = estimated(video, *clip)
    for alone, together in zip(estimated(still, *clip), said, strict=True):
        np.testing.assert_allclose(together.depth, alone.depth, atol=2e-3)


def test_the_video_checkpoint_looks_along_time(folder: Path) -> None:
    video = loaded(VideoDepthAnything, checkpoints.video_depth_anything(folder))
    clip = [noise(seed=seed) for seed in range(6)]
    before = estimated(video, *clip)
    after = estimated(video, *clip[:5], noise(seed=99))
    assert np.abs(before[0].depth - after[0].depth).max() > 1e-3


@pytest.mark.parametrize("model", [Small, DepthPro, VideoDepthAnything])
def test_a_file_that_holds_something_else_is_told_in_a_sentence(model: type[Estimator], tmp_path: Path) -> None:
    file = tmp_path / "weights.bin"
    file.write_bytes(b"not a network")
    with pytest.raises(
        Unmet, match=r"^The weight file weights\.bin does not hold a .* network \(.+\); pull it again\.$"
    ):
        loaded(model, file)


def test_a_checkpoint_with_a_tensor_too_few_is_not_filled_with_noise(folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(checkpoints.depth_anything(folder))
    del state["head.conv3.bias"]
    save_file(state, tmp_path / "few.safetensors")
    with pytest.raises(Unmet, match=re.escape("head.conv3.bias")):
        loaded(Small, tmp_path / "few.safetensors")


def test_without_the_library_what_to_install_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = checkpoints.depth_anything(folder)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(Unmet, match=r"needs the Python package transformers .*; install it with `pip install"):
        loaded(Small, file)


def test_the_licence_policy_has_the_last_word() -> None:
    from replate_server.weights.registry import BUILT_IN, read_registries

    weights = read_registries([BUILT_IN]).weights
    cards = [model.card for model in (Small, Base, Large, Indoor, Outdoor, DepthPro, VideoDepthAnything)]
    for card in cards:
        (weight,) = (weights[name] for name in card.weights)
        assert weight.licence == card.licence
    free = {card.name for card in cards if weights[card.weights[0]].commercial}
    assert free == {model.card.name for model in (Small, Indoor, Outdoor, VideoDepthAnything)}
