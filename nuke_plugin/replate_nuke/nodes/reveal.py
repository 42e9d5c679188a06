"""The files of a result, in the system's file browser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nuke

from replate_host import AgentError
from replate_host.environment import clean_environment
from replate_nuke.nodes.node import Node


def reveal(node: Node) -> None:
    """Opens the folder of the version that is looked at; without a window, prints it. Raises `AgentError`."""
    version = node.shown()
    files = next(iter(version.outputs.values()), "") if version is not None else ""
    if not files:
        raise AgentError("BadRequest", "There is no result to reveal yet: preview a frame, or choose a version.")
    folder = Path(files).parent
    if not folder.is_dir():
        raise AgentError("NotFound", f"{folder.as_posix()} is gone: process the range to make it again.")
    if nuke.GUI:
        _open(folder)
    else:
        print(folder.as_posix())


def _open(folder: Path) -> None:
    if sys.platform == "win32":
        os.startfile(folder)
        return
    command = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        # Nuke's own libraries break the desktop's programs.
        subprocess.Popen([command, str(folder)], env=clean_environment(os.environ), start_new_session=True)
    except OSError as error:
        raise AgentError("Failed", f"No file browser opens here; the files are in {folder.as_posix()}.") from error
