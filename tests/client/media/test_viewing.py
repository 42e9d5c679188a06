"""Depth is looked at in colours that mean the same distance in every frame."""

import numpy as np

from replate.depth import CHANNEL, Depth
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate.media import picture_of


def row(*samples: float, inverse: bool = True, near: float = 1.0, far: float = 10.0, invalid: float = -1.0) -> Frame:
    box = Box(0, 0, len(samples), 1)
    meaning = Depth(False, inverse, near, far, invalid)
    spec = FrameSpec(1, box, box, (CHANNEL,), PixelType.FLOAT, DATA, depth=meaning)
    return Frame(spec, np.array(samples, np.float32)[None, :, None])


def test_near_is_bright_and_warm_and_far_is_dark() -> None:
    shown = picture_of(row(1.0, 0.55, 0.1)).astype(int)[0]
    brightness = shown @ (0.2126, 0.7152, 0.0722)
    assert brightness[0] > 220 > 150 > brightness[1] > 50 > brightness[2]
    # The middle is red rather than blue, the far rather blue.
    assert shown[1, 0] > 1.5 * shown[1, 2]
    assert shown[2, 2] > shown[2, 0]


def test_a_distance_has_its_colour_whichever_way_it_is_written() -> None:
    distances = (1.0, 2.0, 4.0, 10.0)
    one = picture_of(row(*(1 / far for far in distances)))
    other = picture_of(row(*distances, inverse=False))
    np.testing.assert_allclose(one.astype(int), other, atol=1)


def test_the_shots_range_counts_and_not_the_frames() -> None:
    alone, together = picture_of(row(0.5, 0.5)), picture_of(row(0.5, 1.0))
    np.testing.assert_array_equal(alone[0, 0], together[0, 0])


def test_what_is_not_known_is_black_and_infinity_as_far_as_anything() -> None:
    shown = picture_of(row(-1.0, float("nan"), 0.0, 0.1))[0]
    assert not shown[:2].any()
    np.testing.assert_array_equal(shown[2], shown[3])
    assert shown[3].any()
    endless = picture_of(row(float("inf"), 1.0, inverse=False, far=float("inf")))[0]
    np.testing.assert_array_equal(endless[0], shown[3])
