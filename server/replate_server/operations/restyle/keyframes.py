"""Finished keyframes, painted by hand or made by any model, carried through the shot.

Jamriška et al., "Stylizing Video by Example", SIGGRAPH 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from replate.errors import BadRequest
from replate.frame import Box
from replate_server.darkroom.geometry import reframe
from replate_server.darkroom.highlights import without_highlights
from replate_server.darkroom.logc import logged
from replate_server.darkroom.resize import Nature, resize
from replate_server.operations.contract import MEGABYTE, Card, Steps, Tensor, Window, Windows
from replate_server.operations.pictures import developed
from replate_server.operations.restyle.presets import PRESETS
from replate_server.operations.shot import Shot

_SKEW = 0.02
"""How much the proportions of a keyframe may differ from the plate's."""


class Keyframes:
    card = Card(
        name="restyle/keyframes",
        label="Keyframes",
        tooltip="Carries keyframes that you painted, or had painted, through the shot. Needs no weights.",
        revision="2",
        licence="GPL-3.0-or-later",
        needs=("keyframes",),
        presets=PRESETS,
        windows=Windows(length=None),
        memory_bytes=2000 * MEGABYTE,
    )

    def load(self, weights: Mapping[str, Path], device: str) -> None:
        self.device = device


def keyframe(window: Window, number: int, shot: Shot, steps: Steps, light: bool = False) -> Tensor:
    """A finished keyframe as the plate lies: [height, width, 3] over the shot's box, display-referred.

    Its format is laid on the plate's, whatever size it was painted at, and highlights are taken out of it; or it is
    `logged`, with its light. Raises `BadRequest` where it is of other proportions.
    """
    display = developed(window, "keyframes", number, steps).display
    spec, plate = window.frame("keyframes", number).spec, window.frame("plate", number).spec
    theirs, ours = spec.display_window, plate.display_window
    if abs(theirs.width * ours.height / (theirs.height * ours.width) - 1) > _SKEW:
        raise BadRequest(
            f"Keyframe {number} is {theirs.width}x{theirs.height} and the plate {ours.width}x{ours.height}: paint it "
            "on the plate's own frame, or reformat it to the same proportions."
        )
    if (theirs.width, theirs.height) == (ours.width, ours.height):
        # Of the plate's own size it may have its overscan, too.
        fitted = reframe(display, _beside(spec.data_window, theirs, ours), shot.box, "edge")
    else:
        whole = reframe(display, spec.data_window, theirs, "edge")
        fitted = reframe(resize(whole, ours.width, ours.height, Nature.COLOUR), ours, shot.box, "edge")
    return logged(fitted) if light else without_highlights(fitted, shot.picture(number))


def _beside(box: Box, theirs: Box, ours: Box) -> Box:
    """A box that lies to `ours` as it lies to `theirs`."""
    return Box(box.x - theirs.x + ours.x, box.y - theirs.y + ours.y, box.width, box.height)
