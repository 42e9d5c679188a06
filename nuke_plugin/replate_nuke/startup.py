"""Replate's start in Nuke. Nothing here ever stops Nuke's own: what goes wrong is kept, and told once."""

from __future__ import annotations

from collections.abc import Callable

import nuke

_problem = ""
_begun: set[str] = set()


def begin() -> None:
    """With a window and without, once however many folders on Nuke's path have Replate: from init.py."""
    _once("begin", _begin)


def begin_gui() -> None:
    """With a window: from menu.py."""
    _once("begin_gui", _begin_gui)
    if _problem:
        # An item that is only greyed out would say nothing.
        nuke.menu("Nodes").addMenu("Replate").addCommand("What Is Wrong...", lambda: nuke.message(_problem))


def problem() -> str:
    """What keeps Replate from working here, in one sentence; empty when nothing does."""
    return _problem


def press(button: str) -> None:
    """What the buttons in scripts call, each with its own name: Nuke promises `thisKnob` to `knobChanged` alone."""
    try:
        from replate_nuke.nodes import buttons
    except Exception as error:
        nuke.thisNode()["status"].setValue(_sentence(error))
    else:
        buttons.press(button)


def _begin() -> None:
    from replate_nuke import parallax, work
    from replate_nuke.nodes import changes

    changes.begin()
    work.begin()
    parallax.begin()


def _begin_gui() -> None:
    from replate_nuke.nodes import cards, menu

    menu.fill(cards.kept())


def _once(name: str, act: Callable[[], None]) -> None:
    global _problem
    if name in _begun:
        return
    _begun.add(name)
    try:
        act()
    except Exception as error:
        if not _problem:
            _problem = _sentence(error)
            nuke.tprint(_problem)


def _sentence(error: Exception) -> str:
    return f"Replate did not start ({type(error).__name__}: {error}): install it anew with 'replate install nuke'."
