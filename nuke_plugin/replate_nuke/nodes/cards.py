"""What the server can do: asked of it, and kept for where it cannot be asked."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nuke

from replate_host import AgentError
from replate_host.catalog import Catalog
from replate_nuke import agent

PATIENCE = 30.0
"""Seconds for an answer: a server on this machine may have to be started for it."""


def kept() -> Catalog | None:
    """What the server said last, on this machine."""
    return Catalog.kept(folder())


def known() -> Catalog:
    """The same, and asked for where it never said: for scripts, which can wait. Raises `AgentError`."""
    return kept() or ask()


def ask() -> Catalog:
    """What the server says now. Raises `AgentError`."""
    found = Catalog.of(agent.current().call("catalog", {}, PATIENCE))
    found.keep(folder())
    return found


def ask_aside(done: Callable[[Catalog], None], failed: Callable[[str], None]) -> None:
    """Asks without keeping the artist from working; `done`, or `failed` with a sentence, follows on the main thread.

    Without a window it is asked at once.
    """
    if nuke.GUI:
        threading.Thread(target=_aside, args=(done, failed), name="replate-catalog", daemon=True).start()
    else:
        _outcome(done, failed)()


def renew() -> None:
    """Has the next node be made of what the server says by then; nobody waits for it."""
    threading.Thread(target=_outcome, args=(_nothing, _nothing), name="replate-catalog", daemon=True).start()


def _nothing(_: object) -> None: ...


def _aside(done: Callable[[Catalog], None], failed: Callable[[str], None]) -> None:
    task = nuke.ProgressTask("Replate")
    task.setMessage("Asking the server what it can do")
    outcome = _outcome(done, failed)
    # Nuke takes the bar away when nobody holds it any more.
    del task
    nuke.executeInMainThread(outcome)


def _outcome(done: Callable[[Catalog], None], failed: Callable[[str], None]) -> Callable[[], None]:
    try:
        return partial(done, ask())
    except AgentError as error:
        return partial(failed, str(error))


def folder() -> Path:
    """Where the catalog is kept: the artist's cache, as the system has it."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home())
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "replate" / "nuke"
