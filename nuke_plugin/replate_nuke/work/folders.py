"""Where inputs and results lie on disk, and which frames of them are there. Forward slashes always."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

import nuke

VARIABLE = "REPLATE_CACHE"
"""The folder for inputs and results; stronger than all else."""

SESSION = secrets.token_hex(4)
"""In the names of this session's files that are not whole. Processes of two machines may have one number."""
_NUMBER = "####"


def folder() -> str:
    """$REPLATE_CACHE, else `replate` beside the script, else (the script was never saved) `replate` under the home."""
    chosen = os.environ.get(VARIABLE, "").strip()
    script = str(nuke.root()["name"].value())
    path = Path(chosen) if chosen else (Path(script).parent if script else Path.home()) / "replate"
    return Path.cwd().joinpath(path.expanduser()).as_posix()


def input_pattern(digest: str, role: str, views: Sequence[str]) -> str:
    return f"{folder()}/inputs/{digest}/{_name(role, views)}"


def result_pattern(digest: str, output: str, views: Sequence[str]) -> str:
    return f"{folder()}/results/{digest}/{_name(output, views)}"


def of_view(pattern: str, view: str) -> str:
    """A pattern with its view put in."""
    return pattern.replace("%V", view)


def file(pattern: str, frame: int, view: str = "") -> str:
    """The file of a frame, its number written as `%04d` writes it."""
    return of_view(pattern, view).replace(_NUMBER, f"{frame:04d}")


def for_nuke(pattern: str) -> str:
    """A pattern as a Write takes it; brackets would be Tcl."""
    return re.sub(r"([][])", r"\\\1", pattern.replace(_NUMBER, "%04d"))


def temporary(pattern: str) -> str:
    """A pattern beside another, for files that are not whole yet. Nothing takes its files for those of the other."""
    parent, _, name = pattern.rpartition("/")
    return f"{parent}/.{SESSION}.part.{name}"


def on_disk(pattern: str, views: Sequence[str]) -> set[int]:
    """The frames of which a pattern's files are there, in all views. One look at the folder, however many there are."""
    parent, _, name = pattern.rpartition("/")
    try:
        entries = [entry.name for entry in os.scandir(parent)]
    except OSError:
        return set()
    return set.intersection(*(_numbered(entries, of_view(name, view)) for view in views or ("",)))


def _numbered(entries: Sequence[str], name: str) -> set[int]:
    front, _, back = name.partition(_NUMBER)
    whole = re.compile(re.escape(front) + r"(-?\d+)" + re.escape(back))
    return {int(match[1]) for match in map(whole.fullmatch, entries) if match}


def _name(stem: str, views: Sequence[str]) -> str:
    return f"{stem}{'.%V' if len(views) > 1 else ''}.{_NUMBER}.exr"
