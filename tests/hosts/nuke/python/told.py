"""What the stand-in was told, and what it answers: dialogs, progress bars, lines printed, exceptions in callbacks.

Nuke has no such module. A scenario that is to run in real Nuke too imports it only where it is there; a test reads the
file that `REPLATE_TEST_TOLD` names, a JSON object a line: {"kind": "message", "text": "..."}.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Told:
    kind: str
    """message, alert, ask, error, warning, print, progress, exception, clipboard, open..."""
    text: str


lines: list[Told] = []
"""All of it, in order."""

_answers: dict[str, deque[Any]] = {}
_lock = threading.Lock()


def tell(kind: str, text: str) -> None:
    """Any thread may."""
    with _lock:
        lines.append(Told(kind, text))
        file = os.environ.get("REPLATE_TEST_TOLD")
        if file:
            with Path(file).open("a", encoding="utf-8") as out:
                out.write(json.dumps(asdict(lines[-1]), ensure_ascii=False) + "\n")


def of(kind: str) -> list[str]:
    return [line.text for line in list(lines) if line.kind == kind]


def answer(kind: str, *values: Any) -> None:
    """What the next dialogs of a kind are answered with."""
    _answers.setdefault(kind, deque()).extend(values)


def answered(kind: str, text: str) -> Any:
    """Raises `RuntimeError` when nobody said what to answer: in Nuke a window would stand there and wait."""
    tell(kind, text)
    waiting = _answers.get(kind)
    if not waiting:
        raise RuntimeError(f"nobody answers nuke.{kind}({text!r}): say told.answer({kind!r}, ...) first")
    return waiting.popleft()


def exception(where: str) -> None:
    """The exception that is being handled, as Nuke prints it and goes on."""
    text = traceback.format_exc()
    sys.stderr.write(f"{where}:\n{text}")
    sys.stderr.flush()
    tell("exception", f"{where}: {text.strip().splitlines()[-1]}")
