"""What the server can do: asked of it, and kept for where it cannot be asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

from . import agent, preferences
from .replate_host import AgentError
from .replate_host.catalog import Catalog, Parameter

_OF_BLENDER = {("depth", "encoding"): "Z", ("layers", "encoding"): "Z"}
"""Defaults that are the host's: Blender's depth is a distance, what it renders and what it is given."""


class _Known:
    catalog = Catalog()


def known() -> Catalog:
    """What the server said last; an empty one where it never did."""
    return _Known.catalog


def take(catalog: Catalog) -> None:
    _Known.catalog = catalog


def kept() -> Catalog:
    """What it said last on this machine, in any session."""
    return Catalog.kept(_folder()) or Catalog()


def ask(done: Callable[[Catalog | None, str], None]) -> None:
    """Asks the server; `agent.drain` calls `done` with the catalog, or with None and a sentence."""

    def answered(said: Any, error: AgentError | None) -> None:
        if error is not None:
            done(None, str(error))
            return
        found = Catalog.of(said)
        found.keep(_folder())
        done(found, "")

    agent.current().request("catalog", {}, answered)


def default(operation: str, parameter: Parameter) -> Any:
    return _OF_BLENDER.get((operation, parameter.name), parameter.default)


def _folder() -> Path:
    # Of a checkout that is no extension Blender keeps no folder.
    try:
        return Path(bpy.utils.extension_path_user(preferences.NAME, create=True))
    except ValueError:
        return Path(bpy.utils.user_resource("CACHE", path="replate", create=True) or bpy.app.tempdir)
