"""Windows deliver each frame once, and look at no frame that is not there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replate_server.darkroom.sequence import WindowPlan, plan


@given(
    st.sets(st.integers(-5000, 5000), max_size=40),
    st.none() | st.integers(1, 12),
    st.integers(0, 5),
    st.integers(0, 5),
)
def test_every_frame_is_delivered_once_with_the_context_there_is(numbers, length, before, after):
    frames = sorted(numbers)
    windows = plan(frames, length, before, after)
    assert [number for window in windows for number in window.numbers] == frames
    for window in windows:
        assert length is None or len(window.numbers) <= length
        first, last = frames.index(window.numbers[0]), frames.index(window.numbers[-1])
        assert window.context == tuple(frames[max(first - before, 0) : last + 1 + after])


def test_a_gap_in_the_numbers_is_stepped_over():
    assert plan((1001, 1002, 1010, 1011), 2, 1, 1) == (
        WindowPlan((1001, 1002), (1001, 1002, 1010)),
        WindowPlan((1010, 1011), (1002, 1010, 1011)),
    )


def test_a_window_may_be_the_whole_shot():
    assert plan((3, 1, 2, 2), None, 4, 4) == (WindowPlan((1, 2, 3), (1, 2, 3)),)
    assert plan((), None, 1, 1) == ()


@pytest.mark.parametrize(("length", "before", "after"), [(0, 0, 0), (1, -1, 0), (1, 0, -1)])
def test_windows_without_frames_are_refused(length, before, after):
    with pytest.raises(ValueError):
        plan((1,), length, before, after)
