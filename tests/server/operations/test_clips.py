"""A shot is cut into clips of which each shares frames with the one before."""

from __future__ import annotations

import pytest

from replate.errors import Failed
from replate_server.operations.clips import Clip, clips


def test_clips_cover_the_shot_and_share_frames() -> None:
    assert clips(3, 1, 0) == (Clip(0, 1), Clip(1, 2), Clip(2, 3))
    assert clips(5, 8, 2) == (Clip(0, 5),)
    assert clips(20, 8, 2) == (Clip(0, 8), Clip(6, 14), Clip(12, 20))
    assert clips(21, 8, 2) == (Clip(0, 8), Clip(6, 14), Clip(12, 20), Clip(13, 21))


def test_clips_start_where_a_model_can_and_the_last_may_be_short() -> None:
    assert clips(90, 81, 17, 4) == (Clip(0, 81), Clip(12, 90))
    assert clips(90, 81, 17, 4, whole=False) == (Clip(0, 81), Clip(64, 90))
    assert clips(145, 81, 17, 4, whole=False) == (Clip(0, 81), Clip(64, 145))
    assert clips(146, 81, 18, 4, whole=False) == (Clip(0, 81), Clip(60, 141), Clip(120, 146))
    assert clips(9, 81, 17, 4, whole=False) == (Clip(0, 9),)


def test_clips_that_would_not_get_on_are_refused() -> None:
    for frames, overlap, stride in ((0, 0, 1), (4, 4, 1), (21, 18, 4)):
        with pytest.raises(Failed, match=f"Clips of {frames} frames cannot share {overlap}"):
            clips(100, frames, overlap, stride)
