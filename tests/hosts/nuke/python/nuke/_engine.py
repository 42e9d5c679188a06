"""What renders: a process of its own, told the whole script each time, so that every picture also proves the script.

`REPLATE_TEST_ENGINE` is its command line. JSON lines on its stdin and stdout:
`{"id": 1, "script": ..., "node": "Restyle1.send_plate", "frame": 1001, "view": "main"}` -> `{"id": 1, "ok": true}`,
or `{"id": 1, "error": "sentence"}`; with `"what": "info"` or `"sample"` it tells of a node instead.
"""

from __future__ import annotations

import atexit
import itertools
import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nuke import _version as version
from nuke import _writing
from nuke._formats import Format
from nuke._session import session
from nuke._ui import Info

if TYPE_CHECKING:
    from nuke._nodes import Node


@dataclass(frozen=True)
class Told:
    """Of a node, on a frame and in a view."""

    format: Format
    bbox: Info
    channels: list[str]
    metadata: dict[str, Any]


def render(node: Node, frame: float, view: str) -> None:
    """Writes a Write's file of that frame. Raises `RuntimeError` with the engine's sentence."""
    _asked(node, frame, view)


def info(node: Node, frame: float | None = None, view: str | None = None) -> Told:
    asked = _asked(node, session.at() if frame is None else frame, view or session.view, what="info")
    *window, aspect, name = asked["format"]
    width, height = window[2] - window[0], window[3] - window[1]
    format_ = Format(int(width), int(height), *window, aspect)
    format_.setName(name or "")
    x, y, r, t = asked["bbox"]
    for channel in asked["channels"]:
        layer = channel.split(".")[0]
        if layer != "rgba":
            known = session.layers.get(layer, ())
            session.layers[layer] = known if channel in known else (*known, channel)
    return Told(format_, Info(x, y, r - x, t - y), list(asked["channels"]), dict(asked["metadata"]))


def sample(node: Node, channel: str, x: float, y: float, dx: float, dy: float, frame: float | None) -> float:
    at = session.at() if frame is None else frame
    asked = _asked(node, at, session.view, what="sample", channel=channel, x=x, y=y, dx=dx, dy=dy)
    return float(asked["value"])


def error(node: Node) -> str:
    """What is wrong with its picture, or ''."""
    try:
        info(node)
    except RuntimeError as failure:
        return str(failure)
    return ""


_process: list[subprocess.Popen[str]] = []
_ids = itertools.count(1)


def _asked(node: Node, frame: float, view: str, **question: Any) -> dict[str, Any]:
    script = _writing.script(version.TEXT)
    asked = {"script": script, "node": node.fullName(), "frame": frame, "view": view, **question}
    engine = _running()
    assert engine.stdin is not None and engine.stdout is not None
    number = next(_ids)
    try:
        engine.stdin.write(json.dumps({"id": number, **asked}) + "\n")
        engine.stdin.flush()
        line = engine.stdout.readline()
    except OSError:
        line = ""
    if not line:
        _process.clear()
        raise RuntimeError(f"{node.fullName()}: the test engine ended (exit code {engine.wait()})")
    answer: dict[str, Any] = json.loads(line)
    if answer.get("id") != number:
        raise RuntimeError(f"the test engine answers {answer.get('id')} where {number} was asked")
    if "error" in answer:
        raise RuntimeError(str(answer["error"]))
    return answer


def _running() -> subprocess.Popen[str]:
    if _process and _process[0].poll() is None:
        return _process[0]
    command = os.environ.get("REPLATE_TEST_ENGINE", "")
    if not command:
        raise RuntimeError("the stand-in renders with an engine: REPLATE_TEST_ENGINE is its command line")
    engine = subprocess.Popen(
        shlex.split(command, posix=os.name != "nt"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    _process[:] = [engine]
    return engine


@atexit.register
def _end() -> None:
    for engine in _process:
        assert engine.stdin is not None
        engine.stdin.close()
        try:
            engine.wait(timeout=10)
        except subprocess.TimeoutExpired:
            engine.kill()
