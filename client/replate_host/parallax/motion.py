"""Where the camera stands and looks: the moves of the server's `move`, as expressions of a node called `motion`.

Every move begins at rest and is scaled by the parallax amount, so that with an amount of 0 the camera never leaves
its place. Lengths are fractions of the distance to the pivot, as in `replate_server.operations.move.moves`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from .hand import SCALES, sway
from .nodes import Control, Node, expression

MOVES = ("orbit", "dolly", "truck", "dolly-zoom", "handheld", "own")
PATHS = ("smooth", "even", "loop")
LOOP, OWN = PATHS.index("loop"), "own"

_ORBIT, _DOLLY, _TRUCK, _ZOOM, _HAND, _OWN = range(len(MOVES))
CLEAR = 0.2
"""Of the distance to what is nearest, how much the camera keeps."""


def motion(nearest: float) -> Node:
    """The camera's way, knob by knob; `nearest` is the distance of what is nearest at rest."""
    steps = {
        "amount": "clamp(parent.parallax*parent.amplitude,-0.95,0.95)",
        # How far forward it goes at most. It keeps clear of what is nearest.
        "reach": _by_move(
            {
                _ORBIT: "parent.pivot*(1-cos(motion.amount))",
                _DOLLY: "parent.pivot*motion.amount",
                _ZOOM: "parent.pivot*motion.amount",
            }
        ),
        "safe": f"motion.amount*min(1,{(1 - CLEAR) * nearest:.9g}/max(motion.reach,{nearest / 1e6:.9g}))",
        "way": "clamp((frame-parent.start)/max(parent.cycle-1,1),0,1)",
        "turn": "2*pi*(frame-parent.start)/max(parent.cycle,1)",
        # To the side a loop swings both ways; forward it goes and comes back.
        "swing": _by_move({_DOLLY: "(1-cos(motion.turn))/2", _ZOOM: "(1-cos(motion.turn))/2"}, "sin(motion.turn)"),
        "share": "parent.path==2?motion.swing:parent.path==1?motion.way:motion.way*motion.way*(3-2*motion.way)",
        "angle": "motion.safe*motion.share",
        "shift_x": _by_move(
            {
                _ORBIT: "parent.pivot*sin(motion.angle)",
                _TRUCK: "parent.pivot*motion.angle",
                _HAND: f"hand.sway_x*motion.amount*{SCALES['sway_x']:g}*parent.pivot",
                _OWN: "parent.own_translate.x*parent.parallax",
            }
        ),
        "shift_y": _by_move(
            {
                _HAND: f"hand.sway_y*motion.amount*{SCALES['sway_y']:g}*parent.pivot",
                _OWN: "parent.own_translate.y*parent.parallax",
            }
        ),
        "shift_z": _by_move(
            {
                _ORBIT: "parent.pivot*(cos(motion.angle)-1)",
                _DOLLY: "-parent.pivot*motion.angle",
                _ZOOM: "-parent.pivot*motion.angle",
                _HAND: f"hand.sway_z*motion.amount*{SCALES['sway_z']:g}*parent.pivot",
                _OWN: "parent.own_translate.z*parent.parallax",
            }
        ),
        "tilt": _by_move(
            {
                _HAND: f"degrees(hand.sway_tilt*motion.amount*{SCALES['sway_tilt']:g})",
                _OWN: "parent.own_rotate.x*parent.parallax",
            }
        ),
        "pan": _by_move(
            {
                _ORBIT: "degrees(motion.angle)",
                _HAND: f"degrees(hand.sway_pan*motion.amount*{SCALES['sway_pan']:g})",
                _OWN: "parent.own_rotate.y*parent.parallax",
            }
        ),
        "roll": _by_move(
            {
                _HAND: f"degrees(hand.sway_roll*motion.amount*{SCALES['sway_roll']:g})",
                _OWN: "parent.own_rotate.z*parent.parallax",
            }
        ),
        "zoom": _by_move({_ZOOM: "1-motion.angle", _OWN: "1+(parent.own_zoom-1)*parent.parallax"}, "1"),
        "closer": "1+(parent.closer-1)*parent.parallax",
        # What stands at the distance of focus in the plate stays sharp wherever the camera goes.
        "focus": (
            "max(sin(radians(motion.pan))*cos(radians(motion.tilt))*motion.shift_x"
            "-sin(radians(motion.tilt))*motion.shift_y"
            "+cos(radians(motion.pan))*cos(radians(motion.tilt))*(parent.focus+motion.shift_z),0.001)"
        ),
    }
    return _expressions("motion", steps, (-320, 780))


def hand(seed: int = 0, loop: float | None = None) -> Node:
    """The sway of a hand, before it is scaled."""
    steps = {"seconds": "(frame-parent.start)/parent.fps", **sway(seed, loop)}
    return _expressions("hand", steps, (-320, 650))


def plate_distance(distance: float, pose: Mapping[str, float]) -> float:
    """The distance of focus that gives `distance` before a camera at a pose: `motion`'s shifts, tilt and pan."""
    tilt, pan = math.radians(pose["tilt"]), math.radians(pose["pan"])
    aside = math.sin(pan) * math.cos(tilt) * pose["shift_x"] - math.sin(tilt) * pose["shift_y"]
    return (distance - aside) / (math.cos(pan) * math.cos(tilt)) - pose["shift_z"]


def _by_move(said: dict[int, str], otherwise: str = "0") -> str:
    """An expression for each move that is named, and one for the others."""
    return "".join(f"parent.move=={move}?{text}:" for move, text in said.items()) + otherwise


def _expressions(name: str, steps: dict[str, str], place: tuple[int, int]) -> Node:
    controls = (
        # Nuke puts knobs without a tab of their own under one called User.
        Control("Tab_Knob", f"{name}_tab", name.capitalize()),
        *(Control("Double_Knob", step, step.replace("_", " ")) for step in steps),
    )
    knobs = {step: expression(text) for step, text in steps.items()}
    return Node("NoOp", name, knobs, controls=controls, place=place)
