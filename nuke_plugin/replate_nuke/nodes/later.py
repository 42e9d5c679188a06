"""What must wait until Nuke is done with the callback that asks for it."""

from __future__ import annotations

from collections.abc import Callable

import nuke


def later(act: Callable[[], None]) -> None:
    """Runs `act` on the main thread as soon as that is free; without a window at once.

    A knob must not be removed in its own callback: Nuke still holds it.
    """
    if nuke.GUI:
        nuke.executeInMainThread(act)
    else:
        act()
