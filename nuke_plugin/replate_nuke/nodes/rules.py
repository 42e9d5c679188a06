"""What differs from operation to operation in Nuke and is in no catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Rule:
    """How an operation's node is built and shown."""

    title: str = ""
    """In the menu and as the node's name; empty for the operation's label."""
    icon: str = "Replate.png"
    tile: int = 0x4A6B8AFF
    """The node's colour, as Nuke's tile_color has it."""
    replaces: bool = False
    """The result takes the stream's place, because it has another format, and not only its colours."""
    scene: bool = False
    """The result is a scene, which `replate_nuke.parallax` puts before the Output: nothing is read back."""
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By role: patterns of the channels that are needed of data, by Nuke's names; all where none are given."""
    flipped: tuple[str, ...] = ()
    """Channels of results and of inputs, by Nuke's names, that count downwards: Nuke's y goes up."""
    presets: str = "Preset"
    """What the menu of its models' presets is called."""
    first_to_alpha: bool = False
    """The first channel of the result is the stream's alpha as well, for what follows to use."""


_DOWNWARDS = ("forward.v", "backward.v")

_RULES = {
    "restyle": Rule(
        icon="ReplateRestyle.png",
        tile=0xB0603CFF,
        channels={"motion": ("forward.?", "backward.?"), "depth": ("depth.Z",)},
        flipped=_DOWNWARDS,
        presets="How far",
    ),
    "depth": Rule(icon="ReplateDepth.png", tile=0x3F7F8FFF),
    "segment": Rule(icon="ReplateSegment.png", tile=0x5E8C4AFF, first_to_alpha=True),
    "matte": Rule(icon="ReplateMatte.png", tile=0x5E8C4AFF),
    "inpaint": Rule(icon="ReplateInpaint.png", tile=0x8A5A94FF),
    "flow": Rule(icon="ReplateFlow.png", tile=0x3F7F8FFF, flipped=_DOWNWARDS),
    "layers": Rule(
        title="Parallax",
        icon="ReplateParallax.png",
        tile=0x9A7B34FF,
        scene=True,
        channels={"depth": ("depth.Z",), "mattes": ("*.alpha",)},
    ),
    "upscale": Rule(icon="ReplateUpscale.png", tile=0x6B6F8AFF, replaces=True),
}

ORDER = (*_RULES, "retime", "camera", "identity")
"""In the menu; what a later server has comes after these."""


def of(operation: str) -> Rule:
    """The rule of an operation; one that a later server has gets the plain one."""
    return _RULES.get(operation, Rule())


def wanted(channels: list[str], patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a stream's channels that match, without the stream's own colours."""
    return tuple(
        name for name in channels if not name.startswith("rgba.") and any(fnmatchcase(name, each) for each in patterns)
    )
