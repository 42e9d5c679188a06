"""Scenes to look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from replate.frame import Box
from replate.scene import Scene, write
from scene_plates import Shape, Taken, taken_apart

ODD = Shape(Box(0, 0, 48, 64), Box(-6, -4, 58, 72), pixel_aspect=2.0, numbers=(1001, 1002, 1003))
"""Portrait, overscan, and pixels that are no squares."""


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., tuple[Scene, Taken]]:
    """Takes a plate apart and writes it as a scene into the test's folder."""

    def make(shape: Shape = ODD, **options: Any) -> tuple[Scene, Taken]:
        taken = taken_apart(shape)
        return write(tmp_path, taken.frames, **options), taken

    return make
