"""Replate in Nuke: a folder beside the artist's own init.py, and a line in that."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import replate
import replate_host
from replate.errors import BadRequest, NotFound, Unmet
from replate.install.files import Files
from replate.install.line import add_line, remove_line

FOLDER = "replate"
LINE = 'import nuke; nuke.pluginAddPath("./replate")'
MARK = "added by: replate install nuke"
COMMAND_FILE = "agent.json"


@dataclass(frozen=True, slots=True)
class Done:
    """What was done in Nuke's folder."""

    folder: Path
    """Where Replate is, or was."""
    init: Path
    """The artist's init.py."""
    files: int
    """How many were written or taken away."""
    line: bool
    """Whether init.py was changed."""
    left: tuple[Path, ...] = ()
    """In our folder, and not ours."""


def install(path: Path | None = None) -> Done:
    """Puts the plugin into a folder that Nuke looks into, by default the artist's own. Again: brings it up to date.

    Raises `BadRequest` where something else is in its place or nothing may be written, and `NotFound`
    for a folder that is not there.
    """
    if path is not None and not path.is_dir():
        raise NotFound(f"There is no folder {path}: make it, or check the path.")
    where = (path or home()).absolute()
    files = Files(where / FOLDER)
    with _said(where):
        written = files.put(contents())
        # Last: until then Nuke starts as it did before.
        return Done(files.folder, where / "init.py", written, add_line(where / "init.py", LINE, MARK))


def uninstall(path: Path | None = None) -> Done:
    """Takes away what `install` put there. Raises as it does."""
    where = (path or home()).absolute()
    files = Files(where / FOLDER)
    with _said(where):
        files.check()
        # First: from here on Nuke starts as it did before.
        line = remove_line(where / "init.py", MARK)
        count = len(files.names())
        return Done(files.folder, where / "init.py", count, line, tuple(files.take_away()))


def home() -> Path:
    """The folder of the artist's own that Nuke looks into: ~/.nuke. On Windows $HOME, where it is set, goes first."""
    return Path((sys.platform == "win32" and os.environ.get("HOME")) or Path.home()) / ".nuke"


def contents() -> Mapping[str, bytes]:
    """The files by their path in our folder: the plugin, `replate_host` beside it, and which Python has the agent."""
    host = Path(replate_host.__file__).parent
    found = {name: path.read_bytes() for name, path in _sources(_plugin())}
    found |= {f"replate_host/{name}": path.read_bytes() for name, path in _sources(host)}
    command = {"command": [sys.executable, "-m", "replate.agent"]}
    return {**found, COMMAND_FILE: (json.dumps(command) + "\n").encode()}


def _plugin() -> Path:
    """Beside the package where it is installed; in a checkout beside its folder."""
    beside = Path(replate.__file__).resolve().parents[1]
    for folder in (beside / "nuke_plugin", beside.parent / "nuke_plugin"):
        if (folder / "init.py").is_file():
            return folder
    raise Unmet(
        "This Replate came without its Nuke plugin: install it anew with `pip install --force-reinstall replate`."
    )


@contextmanager
def _said(where: Path) -> Iterator[None]:
    """What the system says as a sentence."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadRequest(
            f"{error.filename or where} cannot be changed ({reason}): check who may write there, or choose another "
            "place with --path."
        ) from error


def _sources(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix(), path
