"""A plot of a plate's figures shows what there is, and where to look."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from replate.errors import BadRequest
from replate.figures import Summary, summed_up
from replate.frame import Figure
from replate.media.figures_plot import plot_figures

MARK = (255, 154, 66)


def summary(numbers: range, structure: dict[int, float] | None = None, style: bool = True) -> Summary:
    found = summed_up(
        {
            number: (
                Figure("warping_error", 2e-4),
                Figure("plate_warping_error", 1e-4),
                *([Figure("style_distance", 0.4)] if style else []),
                Figure("structure", (structure or {}).get(number, 0.6)),
            )
            for number in numbers
        }
    )
    assert found is not None
    return found


def drawn(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def marked(picture: np.ndarray) -> np.ndarray:
    return np.abs(picture - MARK).max(axis=-1) < 40


def test_a_frame_to_look_at_is_marked_where_it_stands(tmp_path: Path) -> None:
    plot_figures(summary(range(1, 102)), tmp_path / "calm.png")
    plot_figures(summary(range(1, 102), {51: 0.1}), tmp_path / "marked.png")
    calm, picture = drawn(tmp_path / "calm.png"), drawn(tmp_path / "marked.png")
    assert not marked(calm).any()
    # The line that says so is under the panels, and the mark in the middle of the last.
    rows, columns = np.nonzero(marked(picture)[: calm.shape[0] - 20])
    assert np.ptp(rows) < 16
    assert abs(columns.mean() - (64 + 932) / 2) < 2


def test_what_was_not_measured_has_no_panel(tmp_path: Path) -> None:
    plot_figures(summary(range(1, 9)), tmp_path / "three.png")
    plot_figures(summary(range(1, 9), style=False), tmp_path / "two.png")
    assert drawn(tmp_path / "two.png").shape[0] < drawn(tmp_path / "three.png").shape[0]


def test_joins_of_takes_have_a_panel_of_their_own(tmp_path: Path) -> None:
    found = summed_up(
        {
            number: (
                Figure("structure", 0.6),
                Figure("drift", 0.002 * number),
                *([Figure("join", 0.06 if number == 51 else 0.01)] if number in range(45, 58) else []),
            )
            for number in range(1, 102)
        }
    )
    assert found is not None
    plot_figures(found, tmp_path / "joins.png")
    picture = drawn(tmp_path / "joins.png")
    rows, columns = np.nonzero(marked(picture)[: picture.shape[0] - 40])
    assert rows.min() > 150 + 58 and np.ptp(rows) < 16 and abs(columns.mean() - (64 + 932) / 2) < 2


@pytest.mark.parametrize("numbers", [range(1001, 1003), range(-5, 4), range(1, 20000, 999)])
def test_any_numbers_can_be_drawn(tmp_path: Path, numbers: range) -> None:
    plot_figures(summary(numbers), tmp_path / "plot.png", title="shot")
    assert (drawn(tmp_path / "plot.png") > 200).any()


def test_one_frame_is_no_plot(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="two at least"):
        plot_figures(summary(range(1, 2)), tmp_path / "plot.png")
    assert not any(tmp_path.iterdir())
