"""What tests of all rooms share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from replate_server.weights import WeightStore

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def footage() -> Path:
    """The folder of test footage beside the checkout; the test is skipped where there is none."""
    folder = ROOT.parent / "shared" / "footage"
    if not folder.is_dir():
        pytest.skip("there is no shared/footage beside this checkout")
    return folder


@pytest.fixture(scope="session")
def weights_dir() -> Path:
    """Where weights are kept between test runs, inside the checkout."""
    folder = ROOT / ".cache" / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def weights(weights_dir: Path) -> WeightStore:
    """A weight store over `weights_dir`: what one test fetches, all others have."""
    from replate_server.weights import Policy, WeightStore

    return WeightStore(weights_dir, Policy())
