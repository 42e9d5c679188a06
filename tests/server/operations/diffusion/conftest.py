from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from replate.values import Value
from replate_server.operations.parameters import check_parameters
from replate_server.operations.registry import operations
from server.operations.diffusion import checkpoints, editing_checkpoints, picture_checkpoints


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Networks this small gain nothing by several, which on a busy machine wait for each other many times as long."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def wan_vace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.wan_vace(tmp_path_factory.mktemp("wan-vace"))


@pytest.fixture(scope="session")
def wan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.wan(tmp_path_factory.mktemp("wan"))


@pytest.fixture(scope="session")
def flux2_klein(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return editing_checkpoints.flux2_klein(tmp_path_factory.mktemp("flux2-klein"))


@pytest.fixture(scope="session")
def qwen_edit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return editing_checkpoints.qwen_edit(tmp_path_factory.mktemp("qwen-edit"))


@pytest.fixture(scope="session")
def qwen_layered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return editing_checkpoints.qwen_layered(tmp_path_factory.mktemp("qwen-layered"))


@pytest.fixture(scope="session")
def sdxl(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Its weights by name."""
    folder = tmp_path_factory.mktemp("sdxl")
    return {
        "sdxl": picture_checkpoints.sdxl(folder / "base"),
        "sdxl-controlnet-depth": picture_checkpoints.sdxl_controlnet(folder / "depth", 1),
        "sdxl-controlnet-canny": picture_checkpoints.sdxl_controlnet(folder / "canny", 2),
    }


@pytest.fixture(scope="session")
def z_image(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Its weights by name."""
    folder = tmp_path_factory.mktemp("z-image")
    return {
        "z-image-turbo": picture_checkpoints.z_image(folder / "base"),
        "z-image-turbo-controlnet": picture_checkpoints.z_image_controlnet(folder / "controlnet"),
    }


@pytest.fixture
def clip() -> list[Any]:
    """Nine frames [32, 48, 3] that move."""
    rng = np.random.default_rng(7)
    wide = rng.random((4, 16, 3)).repeat(8, axis=0).repeat(8, axis=1).astype(np.float32)
    return [np.ascontiguousarray(wide[:, index : index + 48]) for index in range(9)]


def asked(model: Any, given: Mapping[str, Value]) -> Mapping[str, Value]:
    """A restyle's parameters, with defaults filled in."""
    return check_parameters(operations()["restyle"], model.card, given)
