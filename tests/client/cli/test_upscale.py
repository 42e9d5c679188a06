"""A plate is made larger from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from replate.media import open_plate


def test_a_plate_comes_back_larger_under_its_numbers(replate: Callable[..., Any], plate: Path, tmp_path: Path) -> None:
    asked = ("--model", "upscale/lanczos", "--frames", "1002-1003")
    said = replate("upscale", plate, *asked, "--scale", "3x", "-o", "out/large.####.exr", "--json")
    assert said.code == 0, said.err
    assert said.json["recipe"]["parameters"] == {"scale": "3x", "detail": 1.0}
    source, large = open_plate(plate).read(1002), open_plate(tmp_path / "out" / "large.####.exr")
    assert tuple(large.numbers) == (1002, 1003)
    assert large.read(1002).pixels.shape[:2] == tuple(3 * side for side in source.pixels.shape[:2])


def test_scales_lie_side_by_side_to_be_chosen_from(replate: Callable[..., Any], plate: Path, tmp_path: Path) -> None:
    """Variations of several sizes come on one sheet."""
    asked = ("--model", "upscale/lanczos", "--frames", "1002", "--vary", "scale=2x,4x", "-o", "tried")
    said = replate("upscale", plate, *asked)
    assert said.code == 0, said.err
    assert list((tmp_path / "tried").rglob("*.png")), said.err


def test_what_no_scale_is_is_told_in_a_sentence(replate: Callable[..., Any], plate: Path) -> None:
    said = replate("upscale", plate, "--scale", "5x")
    assert said.code != 0
    assert 'has no choice "5x"; take "2x", "3x" or "4x".' in said.err
