"""Where new nodes go."""

from __future__ import annotations

from typing import Any, cast

import nuke


def worked_in() -> nuke.Group:
    """The group whose graph the artist worked in last: what a menu runs is in the root, wherever that was."""
    hit: Any = getattr(nuke, "lastHitGroup", nuke.thisGroup)
    return cast(nuke.Group, hit() if nuke.GUI else nuke.thisGroup())
