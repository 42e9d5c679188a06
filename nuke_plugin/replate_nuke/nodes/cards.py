"""What the server can do: asked of it, and kept for where it cannot be asked."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from replate_host import AgentError
from replate_host.catalog import Catalog
from replate_nuke import agent

PATIENCE = 30.0
"""Seconds for an answer: a server on this machine may have to be started for it."""


def known() -> Catalog:
    """What the server said last, on this machine; asked for where it never said. Raises `AgentError`."""
    kept = Catalog.kept(folder())
    if kept is None:
        return ask()
    # An artist who makes a node is not kept waiting; the next one has what is new by then.
    threading.Thread(target=_renew, name="replate-catalog", daemon=True).start()
    return kept


def ask() -> Catalog:
    """What the server says now. Raises `AgentError`."""
    found = Catalog.of(agent.current().call("catalog", {}, PATIENCE))
    found.keep(folder())
    return found


def folder() -> Path:
    """Where the catalog is kept: the artist's cache, as the system has it."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home())
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "replate" / "nuke"


def _renew() -> None:
    try:
        ask()
    except AgentError:
        # Nobody asked for it: when a job is sent, the artist hears of it.
        return
