"""What of an output goes into a file: all of it, one channel alone, or its mattes as a Cryptomatte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from replate.errors import BadRequest
from replate.frame import Frame
from replate.media.cryptomatte import cryptomatte

Form = Callable[[Frame], Frame]
"""Makes of an output's frame the one that is written."""

CRYPTOMATTE = "cryptomatte"


def form_of(wish: str) -> tuple[str, Form]:
    """An output's name and the form that is wished of it.

    "matte" is all of it, as it came; "matte/cryptomatte" its mattes as a Cryptomatte; "matte/dog.A" that channel
    alone, as a picture with the one channel "Y".
    """
    output, slash, rest = wish.partition("/")
    if not slash:
        return output, whole
    return output, cryptomatte if rest == CRYPTOMATTE else lambda frame: alone(frame, rest)


def whole(frame: Frame) -> Frame:
    return frame


def alone(frame: Frame, channel: str) -> Frame:
    """One channel as "Y", which every host shows and samples as grey. Raises `BadRequest` where it is not there."""
    if channel not in frame.spec.channels:
        raise BadRequest(
            f"Frame {frame.spec.number} has no channel {channel}: choose from {', '.join(frame.spec.channels)}."
        )
    pixels = np.ascontiguousarray(frame.channel(channel)[..., np.newaxis])
    return Frame(replace(frame.spec, channels=("Y",)), pixels)
