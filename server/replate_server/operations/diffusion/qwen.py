"""The sizes that Qwen-Image's pipelines bring pictures to, whatever they were."""

from __future__ import annotations

from typing import Any


def qwen_size(theirs: Any, pixels: int, width: int, height: int) -> tuple[int, int]:
    """Width and height of about so many pixels, in a picture's proportions, as a pipeline's module rounds them."""
    across, down = theirs.calculate_dimensions(pixels, width / height)
    return int(across), int(down)
