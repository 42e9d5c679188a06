"""How a scene is to be made of its layers: the knobs that stand before there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nuke

from replate_host.parallax import Control
from replate_nuke.parallax import knobs

_SURFACES = ("grid", "card")
CONTROLS = (
    Control("Tab_Knob", "scene_tab", "Scene"),
    Control(
        "Enumeration_Knob", "surface", "Surfaces", _SURFACES[0],
        "Grids are displaced by depth, pixel by pixel; cards are flat.", choices=_SURFACES,
    ),
    Control("Int_Knob", "cells", "Cells", "320", "Of a grid, along the picture's longer side."),
    Control("Text_Knob", "lens_title", "Lens"),
    Control(
        "Double_Knob", "lens_focal", "Focal length", "0",
        "Of the camera that took the plate, in millimetres; 0 for what the depth says, or else 35.", (0, 200),
    ),
    Control(
        "Double_Knob", "lens_sensor", "Sensor width", "36",
        "What the width of the format covers on the sensor, in millimetres.", (1, 100),
    ),
    Control(
        "Double_Knob", "lens_right", "Shift right", "0",
        "How far right of the lens's axis the format's middle is, in millimetres on the sensor.", (-20, 20),
    ),
    Control(
        "Double_Knob", "lens_up", "Shift up", "0",
        "How far above the lens's axis the format's middle is, in millimetres on the sensor.", (-20, 20),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Options:
    kind: str
    cells: int
    focal: float
    """Millimetres, as all of the lens; 0 where it is not known."""
    sensor: float
    offset: tuple[float, float]

    @classmethod
    def of(cls, group: nuke.Group) -> Options:
        return cls(
            _SURFACES[int(group["surface"].getValue())],
            max(1, int(group["cells"].getValue())),
            float(group["lens_focal"].getValue()),
            float(group["lens_sensor"].getValue()),
            (float(group["lens_right"].getValue()), float(group["lens_up"].getValue())),
        )

    @property
    def name(self) -> str:
        """A folder's name that no other options have."""
        numbers = (self.focal, self.sensor, *self.offset)
        return "-".join(["scene", self.kind, str(self.cells), *(f"{number:g}" for number in numbers)])

    def as_json(self) -> dict[str, Any]:
        """As the agent's `scene` takes them."""
        said: dict[str, Any] = {"kind": self.kind, "cells": self.cells, "sensor": self.sensor, "offset": [*self.offset]}
        return {**said, "focal": self.focal} if self.focal > 0 else said


def prepare(group: nuke.Group) -> None:
    """Gives a group the options that it does not have yet."""
    for control in CONTROLS:
        if group.knob(control.name) is None:
            knobs.added(group, control)
