"""Dialogs, progress bars, menus: kept, so that a test can look at them and press them."""

from __future__ import annotations

import sys
from typing import Any

import told

from nuke._session import main_thread, session


class Info:
    """A box of pixels: x, y, width, height, from the bottom left."""

    def __init__(self, x: float, y: float, w: float, h: float) -> None:
        self._box = (float(x), float(y), float(w), float(h))

    def x(self) -> float:
        return self._box[0]

    def y(self) -> float:
        return self._box[1]

    def w(self) -> float:
        return self._box[2]

    def h(self) -> float:
        return self._box[3]


class CancelledError(Exception):
    pass


@main_thread
def message(prompt: str) -> None:
    """A window with words. Without a GUI Nuke raises them."""
    told.tell("message", prompt)
    if not session.gui:
        raise RuntimeError(prompt)


@main_thread
def alert(prompt: str) -> None:
    told.tell("alert", prompt)


critical = alert


@main_thread
def ask(prompt: str) -> bool:
    return bool(told.answered("ask", prompt))


@main_thread
def askWithCancel(prompt: str) -> bool:
    """Raises `CancelledError` when the answer is None."""
    answer = told.answered("askWithCancel", prompt)
    if answer is None:
        raise CancelledError
    return bool(answer)


@main_thread
def getFilename(
    message: str, pattern: str = "*", default: str = "", favorites: str = "", type: str = "", multiple: bool = False
) -> Any:
    return told.answered("getFilename", message)


@main_thread
def getClipname(prompt: str, pattern: str = "*", default: str = "", multiple: bool = False) -> Any:
    return told.answered("getClipname", prompt)


@main_thread
def getInput(prompt: str, default: str = "") -> Any:
    return told.answered("getInput", prompt)


@main_thread
def choice(title: str, prompt: str, options: list[str], default: int = 0) -> Any:
    return told.answered("choice", title)


@main_thread
def getFramesAndViews(label: str, default: str = "", maxviews: int = 0) -> Any:
    return told.answered("getFramesAndViews", label)


def tprint(*values: Any, sep: str = " ", end: str = "\n", file: Any = None) -> None:
    """Any thread may."""
    print(*values, sep=sep, end=end, file=file or sys.stdout)
    told.tell("print", sep.join(map(str, values)))


def warning(message: str) -> None:
    told.tell("warning", message)
    sys.stderr.write(f"{message}\n")


def error(message: str) -> None:
    told.tell("error", message)
    sys.stderr.write(f"{message}\n")


def debug(message: str) -> None:
    told.tell("debug", message)


class ProgressTask:
    """A progress bar, from when it is made till it is deleted. Any thread may have one."""

    def __init__(self, name: str = "") -> None:
        if not isinstance(name, str):
            raise TypeError("a ProgressTask has a name")
        self._name = name
        self._open = True
        open_tasks.append(name)
        told.tell("progress", f"{name}: begins")

    def setProgress(self, percent: int) -> None:
        if not isinstance(percent, int):
            raise TypeError("setProgress takes an int from 0 to 100")
        told.tell("progress", f"{self._name}: {percent}%")

    def setMessage(self, message: str) -> None:
        if not isinstance(message, str):
            raise TypeError("setMessage takes a str")
        told.tell("progress", f"{self._name}: {message}")

    def isCancelled(self) -> bool:
        return self._name in cancelled or "*" in cancelled

    def __del__(self) -> None:
        if self.__dict__.get("_open"):
            open_tasks.remove(self._name)
            told.tell("progress", f"{self._name}: ends")


open_tasks: list[str] = []
"""Names of the bars that stand there."""
cancelled: set[str] = set()
"""Names of tasks whose Cancel was pressed; "*" is all of them."""
