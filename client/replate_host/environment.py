"""Which program is the agent, and the environment it runs in."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .protocol import AgentError

VARIABLE = "REPLATE_AGENT"
"""A Python that has `replate`, the `replate` command, or a whole command line; stronger than all else."""

BUNDLE = "replate_agent"
"""The folder beside this package in which a plugin may carry the agent: `replate`, what it needs, a `__main__.py`.

For a host whose `sys.executable` is a Python, as Blender's is: that runs the folder, and sees no package of the host's.
"""

# A host sets these for the Python, the Qt and the libraries that it brings along: in another program they
# load the wrong files, or none. OCIO stays: it is the artist's choice of colours, not the host's machinery.
_OF_THE_HOST = ("PYTHON", "DYLD_", "QT_", "QML", "CONDA_", "PYSIDE", "SHIBOKEN")
_OF_THE_HOST_NAMES = {
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
    "OIIO_LIBRARY_PATH",
    "OPENIMAGEIO_OPTIONS",
    "TCL_LIBRARY",
    "TK_LIBRARY",
}


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The host's environment without what the host set for itself."""
    kept = {
        name: value
        for name, value in environment.items()
        if not name.upper().startswith(_OF_THE_HOST) and name.upper() not in _OF_THE_HOST_NAMES
    }
    # Packages that the artist installed for another purpose stay out of the agent.
    kept["PYTHONNOUSERSITE"] = "1"
    kept["PYTHONUTF8"] = "1"
    return kept


def agent_command(environment: Mapping[str, str], chosen: Sequence[str] = ()) -> list[str]:
    """The agent's command line.

    In this order: $REPLATE_AGENT; the command that the plugin chose; the agent
    carried beside this package; the `replate` command on the path.
    Raises `AgentError` saying how to supply one.
    """
    named = environment.get(VARIABLE, "").strip()
    if named:
        return _spelt_out(named)
    if chosen:
        return list(chosen)
    carried = Path(__file__).resolve().parent.parent / BUNDLE
    if (carried / "__main__.py").is_file() and sys.executable:
        # Isolated and without site-packages: of all paths, the folder itself and the standard library are left.
        return [sys.executable, "-I", "-S", str(carried)]
    found = shutil.which("replate", path=environment.get("PATH"))
    if found:
        return [found, "agent"]
    raise AgentError(
        "Unmet",
        "Replate's agent is not installed where this host can find it: run `pip install replate` in a Python of "
        f"its own and set {VARIABLE} to that Python.",
    )


def no_window() -> int:
    """Flags for starting a program without a console window; 0 but on Windows."""
    return 0x08000000 if sys.platform == "win32" else 0


def _spelt_out(named: str) -> list[str]:
    # A path may have spaces in it: what exists as a file is one word.
    words = (
        [named] if Path(named).is_file() else [word.strip('"') for word in shlex.split(named, posix=os.name != "nt")]
    )
    if len(words) > 1:
        return words
    if Path(words[0]).name.lower().startswith("python"):
        return [*words, "-m", "replate.agent"]
    return [*words, "agent"]
