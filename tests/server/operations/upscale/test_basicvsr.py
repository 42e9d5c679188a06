"""BasicVSR finds real detail, holds it still, and does not seam."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from pictures import DEFAULT_CONFIG
from replate.errors import Cancelled, Unmet
from replate.frame import Frame
from replate_server.darkroom.development import develop
from replate_server.darkroom.resize import Nature, resize
from replate_server.darkroom.structure import structure
from replate_server.darkroom.tiles import tiled
from replate_server.operations.upscale.agreeing import agreeing
from replate_server.operations.upscale.recurrent import Network

Files = Callable[[str], Mapping[str, Path]]
Shot = list[np.ndarray]


@pytest.fixture(scope="module")
def network(weight_files: Files) -> Network:
    return Network(weight_files("upscale/basicvsr")["basicvsr"], "cpu")


@pytest.fixture
def tiny(tmp_path: Path) -> Network:
    """A random network of 4 features and one block: all of its layers, and none of its weight."""
    return Network(checkpoint(tmp_path), "cpu")


def checkpoint(folder: Path, features: int = 4) -> Path:
    torch.manual_seed(3)
    held = {"spynet.mean": torch.full((1, 3, 1, 1), 0.45), "spynet.std": torch.full((1, 3, 1, 1), 0.23)}

    def layer(name: str, given: int, made: int, side: int = 3) -> None:
        held[f"{name}.weight"] = torch.randn(made, given, side, side) / (given * side * side) ** 0.5
        held[f"{name}.bias"] = torch.zeros(made)

    for level in range(6):
        for place, given, made in ((0, 8, 6), (2, 6, 6), (4, 6, 6), (6, 6, 6), (8, 6, 2)):
            layer(f"spynet.basic_module.{level}.basic_module.{place}", given, made, 7)
    for way in ("backward", "forward"):
        layer(f"{way}_trunk.main.0", features + 3, features)
        layer(f"{way}_trunk.main.2.0.conv1", features, features)
        layer(f"{way}_trunk.main.2.0.conv2", features, features)
    layer("fusion", 2 * features, features, 1)
    layer("upconv1", features, 4 * features)
    layer("upconv2", features, 4 * features)
    layer("conv_hr", features, features)
    layer("conv_last", features, 3)
    file = folder / "tiny.pth"
    torch.save({"params": held}, file)
    return file


def silent(fraction: float) -> None:
    assert 0 < fraction <= 1


def pictures(count: int, rows: int = 32, columns: int = 64) -> np.ndarray:
    return np.random.default_rng(5).random((count, rows, columns, 3), np.float32)


def test_what_is_wanted_comes_in_order_and_is_what_all_together_give(tiny: Network) -> None:
    """Frames that are only looked at change nothing about those that are wanted."""
    shot = pictures(5)
    every = list(tiny.enlarge(shot, range(5), silent))
    assert [one.shape for one in every] == [(128, 256, 3)] * 5
    for one, other in zip(tiny.enlarge(shot, range(1, 3), silent), every[1:3], strict=True):
        assert np.array_equal(one, other)


def test_a_frame_is_made_of_all_others_before_and_after(tiny: Network) -> None:
    shot = pictures(4)
    (made,) = tiny.enlarge(shot, range(1, 2), silent)
    for other in (0, 2, 3):
        changed = shot.copy()
        changed[other] = 1 - changed[other]
        assert not np.array_equal(next(iter(tiny.enlarge(changed, range(1, 2), silent))), made), other


def test_it_stops_when_it_is_told(tiny: Network) -> None:
    told: list[float] = []

    def tick(fraction: float) -> None:
        told.append(fraction)
        if len(told) == 3:
            raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        list(tiny.enlarge(pictures(3), range(3), tick))
    assert len(told) == 3 and torch.is_inference_mode_enabled() is False


@pytest.mark.parametrize("what", [b"not a network", b""])
def test_another_file_is_refused_in_a_sentence(tmp_path: Path, what: bytes) -> None:
    file = tmp_path / "other.pth"
    file.write_bytes(what)
    with pytest.raises(Unmet, match=r"other\.pth does not hold the network of BasicVSR; pull it again"):
        Network(file, "cpu")


def test_a_file_with_other_tensors_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.pth"
    torch.save({"params": {"weight": torch.zeros(3)}}, file)
    with pytest.raises(Unmet, match="pull it again"):
        Network(file, "cpu")


def test_what_is_drawn_is_no_brighter_and_of_no_other_hue_than_the_plate() -> None:
    y, x = np.mgrid[:16, :24]
    plate = np.stack([0.2 + x / 60, 0.3 + y / 60, 0.4 - x / 120], axis=-1).astype(np.float32)
    tinted = resize(plate, 96, 64, Nature.COLOUR) * np.array([1.2, 0.8, 0.9], np.float32)
    back = resize(agreeing(tinted, plate), 24, 16, Nature.COLOUR)
    assert np.abs(back - plate).max() < 0.01


@pytest.fixture(scope="module")
def truth(davis: Callable[..., tuple[Frame, ...]]) -> Shot:
    """Two fighters as a model sees them."""
    return [develop(one, DEFAULT_CONFIG).display[96:352, 300:556] for one in davis("davis_judo", 0, 1, 2)]


def shrunk(shot: Shot) -> np.ndarray:
    return np.stack([resize(one, one.shape[1] // 4, one.shape[0] // 4, Nature.COLOUR) for one in shot])


def test_it_is_nearer_to_what_was_filmed_than_a_filter(network: Network, truth: Shot) -> None:
    small = shrunk(truth)
    (made,) = network.enlarge(small, range(1, 2), silent)
    plain = resize(small[1], 256, 256, Nature.COLOUR)
    luma = np.array([0.2126, 0.7152, 0.0722], np.float32)
    ours, theirs = (structure(one @ luma, truth[1] @ luma) for one in (made, plain))
    assert ours > theirs + 0.02


def test_tiles_are_what_the_whole_is(network: Network, davis: Callable[..., tuple[Frame, ...]]) -> None:
    """To half a step of eight bits on average, though what is handed from frame to frame comes from afar."""
    shot = [develop(one, DEFAULT_CONFIG).display[96:352, 200:712] for one in davis("davis_judo", 0, 1)]
    stack = np.concatenate(list(shrunk(shot)), axis=-1)

    def work(tile: np.ndarray) -> np.ndarray:
        pictures = np.stack([tile[..., :3], tile[..., 3:]])
        return next(iter(network.enlarge(pictures, range(1), silent)))

    whole = work(stack)
    tiles = tiled(stack, work, most_pixels=64 * 96, overlap=48, multiple=32, minimum=64, scale=4)
    astray = np.abs(tiles - whole)
    assert 0 < astray.mean() < 0.5 / 255
    assert np.quantile(astray, 0.999) < 5 / 255
