"""The depth network that ships: its size, its file, and that it still agrees with its teacher."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from training.depth.measures import correlation
from training.depth.targets import held_out, read_photo
from training.depth.teacher import Teacher

import replate_server.weights
from replate.errors import Unmet
from replate_server.operations.compliance import Recorder
from replate_server.operations.depth.network import DepthNetwork
from replate_server.operations.depth.small import Small

FILE = Path(replate_server.weights.__file__).parent / "shipped" / "depth-small.safetensors"


def defaults() -> dict[str, object]:
    return {parameter.name: parameter.default for parameter in Small.card.parameters}


def loaded() -> Small:
    small = Small()
    small.load({"depth-small": FILE}, "cpu")
    return small


def test_the_network_is_small_and_fully_convolutional() -> None:
    network = DepthNetwork().eval()
    assert sum(weight.numel() for weight in network.parameters()) <= 500_000
    leaves = {type(part) for part in network.modules() if not list(part.children())}
    assert leaves <= {torch.nn.Conv2d, torch.nn.Identity}
    with torch.inference_mode():
        for height, width in ((64, 160), (96, 32)):
            assert network(torch.rand(2, 3, height, width)).shape == (2, height, width)


def test_the_file_is_half_floats_and_fits_the_package() -> None:
    assert FILE.stat().st_size <= 1_500_000
    halves = load_file(FILE)
    assert {half.dtype for half in halves.values()} == {torch.float16}
    assert all(torch.isfinite(half).all() for half in halves.values())
    DepthNetwork().load_state_dict({name: half.float() for name, half in halves.items()})


@pytest.mark.parametrize("size", [(90, 160), (33, 17), (40, 900)])
def test_it_takes_pictures_of_any_shape(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).random((*size, 3), np.float32)
    (estimate,) = loaded().run([picture], defaults() | {"short_side": 128}, Recorder())
    assert estimate.depth.dtype == np.float32 and np.isfinite(estimate.depth).all()
    assert all(side % 32 == 0 for side in estimate.depth.shape)


def test_looking_twice_makes_mirrored_pictures_agree() -> None:
    picture = np.random.default_rng(2).random((128, 192, 3), np.float32)
    small, parameters = loaded(), defaults() | {"short_side": 128, "mirrored": True}
    one, other = (small.run([each], parameters, Recorder())[0].depth for each in (picture, picture[:, ::-1]))
    assert np.abs(one - other[:, ::-1]).max() < 1e-4


def test_a_file_of_something_else_is_refused_in_words(tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"not weights")
    with pytest.raises(Unmet, match="pull it again"):
        Small().load({"depth-small": other}, "cpu")


def test_it_agrees_with_its_teacher_on_photographs_it_never_saw(footage: Path) -> None:
    shared = footage.parent
    photographs = [photo for photo in sorted((shared / "photos").glob("*.jpg")) if held_out(photo.stem)][::16]
    teacher = Teacher(shared / "weights" / "tcmonodepth_small" / "tcmonodepth_small.onnx")
    small, agreed = loaded(), []
    for photograph in photographs:
        picture = read_photo(photograph)
        (estimate,) = small.run([(picture / 255).astype(np.float32)], defaults(), Recorder())
        height, width = estimate.depth.shape
        agreed.append(correlation(estimate.depth, cv2.resize(teacher.look(picture), (width, height))))
    assert np.median(agreed) > 0.94
