"""Real models with real weights, and frames of real footage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate.values import Value
from replate_server.operations.compliance import MemoryWindow, Recorder
from replate_server.operations.compliance.window import windows_of
from replate_server.operations.contract import Model, keyed_roles, windows_wanted
from replate_server.operations.registry import check_parameters, models, operations

if TYPE_CHECKING:
    from replate_server.weights import WeightStore

Inputs = Mapping[str, Sequence[Frame]]
Outputs = dict[str, list[Frame]]


@pytest.fixture(scope="session")
def weight_files(weights: WeightStore) -> Callable[[str], dict[str, Path]]:
    """The files of a model's weights, by a model's name."""
    return lambda name: {one: weights.get(one) for one in models()[name].card.weights}


@pytest.fixture(scope="session")
def model(weight_files: Callable[[str], dict[str, Path]]) -> Callable[[str], Model]:
    """A loaded model of a name; each is loaded once."""
    loaded: dict[str, Model] = {}

    def get(name: str) -> Model:
        if name not in loaded:
            loaded[name] = models()[name]()
            loaded[name].load(weight_files(name), "cpu")
        return loaded[name]

    return get


@pytest.fixture(scope="session")
def run(model: Callable[[str], Model]) -> Callable[..., Outputs]:
    """Runs a model through its operation, window by window: output frames by output."""

    def go(
        name: str, inputs: Inputs, given: Mapping[str, Value] | None = None, steps: Recorder | None = None
    ) -> Outputs:
        operation, made = operations()[name.split("/")[0]], model(name)
        parameters = check_parameters(operation, made.card, given or {})
        outputs: Outputs = {}
        wanted = windows_wanted(operation, made.card, inputs.keys(), parameters)
        for window in windows_of(inputs, operation.roles[0].name, parameters, wanted, keyed_roles(operation)):
            for delivery in operation.run(made, window, steps or Recorder()):
                outputs.setdefault(delivery.output, []).append(delivery.frame)
        return outputs

    return go


@pytest.fixture(scope="session")
def windows() -> Callable[..., list[MemoryWindow]]:
    """Windows of frames in memory."""
    return windows_of


@pytest.fixture(scope="session")
def davis(footage: Path) -> Callable[..., tuple[Frame, ...]]:
    """Frames of a DAVIS shot in linear light, by folder and numbers."""

    def get(folder: str, *numbers: int) -> tuple[Frame, ...]:
        return tuple(_frame(footage / folder / "rgb" / f"{number:05d}.jpg", number) for number in numbers)

    return get


@pytest.fixture(scope="session")
def truth(footage: Path) -> Callable[[str, int], np.ndarray]:
    """Where the subject is, [height, width] bool, by folder and number."""

    def get(folder: str, number: int) -> np.ndarray:
        picture = cv2.imread(str(footage / folder / "rgb" / f"{number:05d}.jpg"))
        mask = cv2.imread(str(footage / folder / "mask" / f"{number:05d}.png"), cv2.IMREAD_COLOR)
        sized = cv2.resize(mask, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        return sized.any(axis=-1)

    return get


@pytest.fixture(scope="session")
def matte_frame() -> Callable[[np.ndarray, int], Frame]:
    """A matte of an array [height, width]."""

    def get(matte: np.ndarray, number: int) -> Frame:
        box = Box(0, 0, matte.shape[1], matte.shape[0])
        spec = FrameSpec(number, box, box, ("A",), PixelType.HALF, DATA)
        return Frame(spec, matte[..., None].astype(np.float16))

    return get


def _frame(file: Path, number: int) -> Frame:
    encoded = cv2.imread(str(file))[..., ::-1].astype(np.float32) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    box = Box(0, 0, encoded.shape[1], encoded.shape[0])
    spec = FrameSpec(number, box, box, ("R", "G", "B"), PixelType.HALF, "lin_rec709")
    return Frame(spec, linear.astype(np.float16))
