"""The plugin path: folders whose init.py runs when they are added, and their menu.py when there is a GUI."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from typing import Any

import told

from nuke._session import environment, main_thread, session


@main_thread
def pluginAddPath(*paths: Any, addToSysPath: bool = True) -> None:
    """In front of all others. A relative one is relative to the folder of the init.py that says it."""
    for path in _flat(paths):
        _add(path, 0, addToSysPath)


@main_thread
def pluginAppendPath(*paths: Any, addToSysPath: bool = True) -> None:
    for path in _flat(paths):
        _add(path, len(session.paths), addToSysPath)


@main_thread
def pluginPath() -> list[str]:
    return list(session.paths)


@main_thread
def pluginInstallLocation() -> list[str]:
    return [home().as_posix()]


@main_thread
def load(s: str) -> None:
    raise RuntimeError(f"Plugin {s} not found")


def home() -> Path:
    """What `~/.nuke` is here: a test never touches the real one."""
    told_ = environment("NUKE_HOME_FOR_TESTS")
    if not told_:
        raise RuntimeError("NUKE_HOME_FOR_TESTS names the folder that stands for ~/.nuke")
    return Path(told_)


def begin() -> None:
    """As Nuke starts: NUKE_PATH and the user's folder, each one's init.py, and with a GUI each one's menu.py."""
    folders = [each for each in environment("NUKE_PATH").split(os.pathsep) if each]
    for folder in [home().as_posix(), *reversed(folders)]:
        _add(folder, 0, True)
    if session.gui:
        for path in list(reversed(session.paths)):
            run(Path(path) / "menu.py")


def run(file: Path) -> None:
    """A start-up file, if it is there. What it raises ends Nuke, as it does."""
    if not file.is_file():
        return
    session.loading.append(file.parent)
    try:
        runpy.run_path(str(file), run_name=file.stem)
    except Exception:
        told.exception(str(file))
        raise SystemExit(f"Nuke stops: {file} failed") from None
    finally:
        session.loading.pop()


def _add(path: str, place: int, to_sys_path: bool) -> None:
    folder = Path(path).expanduser()
    if path == "~/.nuke" or path.startswith("~/.nuke/"):
        folder = home() / path[len("~/.nuke/") :]
    if not folder.is_absolute():
        folder = (session.loading[-1] if session.loading else Path.cwd()) / folder
    text = folder.resolve().as_posix()
    if text in session.paths:
        return
    session.paths.insert(place, text)
    if to_sys_path and text not in sys.path:
        sys.path.insert(0 if place == 0 else len(sys.path), text)
    run(folder / "init.py")


def _flat(paths: Any) -> list[str]:
    return [str(each) for path in paths for each in (path if isinstance(path, (list, tuple)) else [path])]
