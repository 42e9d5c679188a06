"""How far a restyle goes from the plate, in three steps that every model of it has."""

from __future__ import annotations

from replate.values import Preset

PRESETS: tuple[Preset, ...] = (
    Preset(
        "adhere",
        "Adhere",
        "A treatment of the plate: its colours and its detail stay.",
        {"strength": 0.5, "keep_colour": True, "style_scale": 0.75},
    ),
    Preset(
        "flex",
        "Flex",
        "The style's colours and strokes, over forms that are the plate's.",
        {"strength": 0.8, "keep_colour": False, "style_scale": 1.0},
    ),
    Preset(
        "reimagine",
        "Reimagine",
        "The style in full, in broad strokes: the plate gives the composition.",
        {"strength": 1.0, "keep_colour": False, "style_scale": 1.5},
    ),
)
