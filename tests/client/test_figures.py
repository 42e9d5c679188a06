"""A job's figures summed up, and the frames that deserve a look found and no others."""

from __future__ import annotations

import numpy as np
import pytest

from replate.figures import STRUCTURE, STYLE, looks_told, summed_up, told
from replate.frame import Figure

Figures = dict[int, tuple[Figure, ...]]


def shot(
    frames: int = 48, errors: dict[int, float] | None = None, structure: dict[int, float] | None = None
) -> Figures:
    """A restyle that is 1.5 times as restless as its plate, which moves more and more; some frames differ."""
    rng = np.random.default_rng(3)
    figures = {}
    for number in range(1001, 1001 + frames):
        plate = 1e-4 * (1 + (number - 1001) / 10) * rng.uniform(0.9, 1.1)
        moved = (
            Figure("warping_error", 1.5 * plate * rng.uniform(0.9, 1.1) * (errors or {}).get(number, 1)),
            Figure("plate_warping_error", plate),
        )
        still = (
            Figure("style_distance", rng.normal(0.45, 0.01)),
            Figure("structure", (structure or {}).get(number, rng.normal(0.6, 0.01))),
        )
        figures[number] = (*(moved if number > 1001 else ()), *still)
    return figures


def test_means_are_of_the_frames_that_have_the_figure() -> None:
    summary = summed_up(shot())
    assert summary is not None
    assert summary.means["warping_ratio"] == pytest.approx(1.5, rel=0.05)
    assert summary.means[STYLE] == pytest.approx(0.45, abs=0.01)
    assert "warping_error" not in summary.frames[1001]


def test_a_shot_that_is_as_it_should_be_needs_no_look_though_it_moves_more_and_more() -> None:
    summary = summed_up(shot())
    assert summary is not None
    assert summary.looks == ()
    (line,) = told(summary)
    assert "1.5 times as much as the plate" in line


def test_frames_that_stand_out_are_named_with_a_reason() -> None:
    summary = summed_up(shot(errors={1018: 5, 1033: 4}, structure={1040: 0.9}))
    assert summary is not None
    assert [(look.number, look.why) for look in summary.looks] == [
        (1018, "changes more than its neighbours"),
        (1033, "changes more than its neighbours"),
        (1040, "keeps more of the plate than the others"),
    ]
    assert told(summary)[1] == (
        "Worth a look: 1018, 1033: each changes more than its neighbours; 1040 keeps more of the plate than the others."
    )


def test_where_the_plate_itself_jumps_nothing_stands_out() -> None:
    figures = shot()
    figures[1020] = tuple(
        Figure(figure.name, figure.value * (10 if "error" in figure.name else 1)) for figure in figures[1020]
    )
    summary = summed_up(figures)
    assert summary is not None
    assert summary.looks == ()


def test_where_the_plate_holds_for_a_frame_and_the_result_nearly_does_nothing_stands_out() -> None:
    figures = shot()
    figures[1020] = (Figure("warping_error", 1e-4), Figure("plate_warping_error", 1e-6), *figures[1020][2:])
    summary = summed_up(figures)
    assert summary is not None
    assert summary.looks == ()


def test_what_nobody_sees_does_not_stand_out() -> None:
    """On a plate that stands still, ten times nothing is nothing."""
    figures = {
        number: (
            Figure("warping_error", 1e-6 if number == 1010 else 1e-7),
            Figure("plate_warping_error", 1e-8),
            Figure(STRUCTURE, 0.61 if number == 1010 else 0.6),
        )
        for number in range(1001, 1025)
    }
    summary = summed_up(figures)
    assert summary is not None
    assert summary.looks == ()


def test_frames_come_in_any_order_and_may_be_few_or_none() -> None:
    assert summed_up({}) is None
    assert summed_up({1001: (), 1002: ()}) is None
    backwards = summed_up(dict(reversed(shot(errors={1018: 5}).items())))
    assert backwards is not None
    assert list(backwards.frames) == list(range(1001, 1049))
    assert [look.number for look in backwards.looks] == [1018]
    few = summed_up(shot(3, structure={1002: 0.1}))
    assert few is not None
    assert few.looks == ()
    assert told(few)


def test_many_frames_are_told_in_a_short_line() -> None:
    summary = summed_up(shot(100, structure=dict.fromkeys(range(1030, 1050), 0.9)))
    assert summary is not None
    assert looks_told(summary.looks).startswith("1030, 1031, 1032, 1033, 1034, 1035 and 14 more: each keeps more")


def test_a_join_of_takes_that_differ_is_named_once_and_drift_is_told() -> None:
    figures = shot()
    for number, apart in {1012: 0.02, 1013: 0.05, 1014: 0.04, 1030: 0.004, 1031: 0.005}.items():
        figures[number] += (Figure("join", apart), Figure("drift", apart * 2))
    summary = summed_up(figures)
    assert summary is not None
    assert [(look.number, look.figure) for look in summary.looks] == [(1013, "join")]
    assert told(summary)[0].endswith("; the model's colours drifted by up to 0.10.")
    assert told(summary)[1] == "Worth a look: 1013 lies where two takes differ."
