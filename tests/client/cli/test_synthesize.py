"""`replate synthesize`: PNGs in and out by their own values, a sequence of targets, and what cannot be is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from client.cli.conftest import Said


@pytest.fixture
def picture(tmp_path: Path) -> np.ndarray:
    """Clouds as code values [height, width, 3] uint8, whose every patch is unlike the others."""
    coarse = np.random.default_rng(3).random((12, 16, 3)).astype(np.float32)
    code: np.ndarray = np.rint(cv2.resize(coarse, (64, 48), interpolation=cv2.INTER_CUBIC).clip(0, 1) * 255)
    return code.astype(np.uint8)


def test_guides_that_are_alike_give_the_style_itself(
    replate: Callable[..., Said], picture: np.ndarray, tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / "guide.png"), picture)
    cv2.imwrite(str(tmp_path / "style.png"), 255 - picture)
    said = replate(
        "synthesize", "--style", "style.png", "--guide", "guide.png", "guide.png", "2",
        "--uniformity", "0", "--rounds", "4", "--out", "out.png", "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert said.json["operation"] == "synthesize"
    made = cv2.imread(str(tmp_path / "out.png"))
    assert np.abs(made.astype(int) - (255 - picture)).max() <= 1


def test_a_target_that_moves_is_painted_frame_by_frame(
    replate: Callable[..., Said], picture: np.ndarray, tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / "guide.png"), picture)
    cv2.imwrite(str(tmp_path / "style.png"), picture[..., ::-1])
    for number, shift in ((11, 4), (12, 8)):
        cv2.imwrite(str(tmp_path / f"target.{number:04d}.png"), picture[:, shift : shift + 40])
    said = replate(
        "synthesize", "--style", "style.png", "--guide", "guide.png", "target.####.png", "1",
        "--searchvoteiters", "4", "--uniformity", "0", "-o", "out.####.png",
    )  # fmt: skip
    assert said.code == 0, said.err
    for number, shift in ((11, 4), (12, 8)):
        made = cv2.imread(str(tmp_path / f"out.{number:04d}.png")).astype(int)
        assert np.abs(made - picture[:, shift : shift + 40, ::-1]).mean() < 1


def test_guides_that_do_not_fit_are_said(replate: Callable[..., Said], picture: np.ndarray, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "colour.png"), picture)
    cv2.imwrite(str(tmp_path / "grey.png"), picture[..., 0])
    cv2.imwrite(str(tmp_path / "small.png"), picture[:20])
    said = replate("synthesize", "--style", "colour.png", "--guide", "colour.png", "grey.png", "1", "-o", "out.png")
    assert said.code != 0
    assert "save both alike" in said.err
    said = replate("synthesize", "--style", "small.png", "--guide", "colour.png", "colour.png", "1", "-o", "out.png")
    assert said.code != 0
    assert "reformat one to the other" in said.err
