"""The main thread's event loop, and how other threads get something done on it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import told

from nuke._session import session

_posted: queue.Queue[Callable[[], None]] = queue.Queue()


def executeInMainThread(call: Callable[..., Any], args: Any = (), kwargs: Any = None) -> None:
    """Returns at once; the call runs when the event loop comes to it. What it raises is printed."""
    _needs_loop("executeInMainThread")
    arguments = args if isinstance(args, tuple) else (args,)

    def run() -> None:
        try:
            call(*arguments, **(kwargs or {}))
        except Exception:
            told.exception(f"executeInMainThread({getattr(call, '__name__', call)})")

    _posted.put(run)


def executeInMainThreadWithResult(call: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
    """Waits. What the call raises is printed, and None comes back."""
    _needs_loop("executeInMainThreadWithResult")
    if threading.get_ident() == session.main:
        raise RuntimeError("executeInMainThreadWithResult on the main thread: it would wait for itself")
    arguments = args if isinstance(args, tuple) else (args,)
    done = threading.Event()
    result: list[Any] = []

    def run() -> None:
        try:
            result.append(call(*arguments, **(kwargs or {})))
        except Exception:
            told.exception(f"executeInMainThreadWithResult({getattr(call, '__name__', call)})")
            result.append(None)
        finally:
            done.set()

    _posted.put(run)
    done.wait()
    return result[0] if result else None


def loop(until: Callable[[], bool]) -> None:
    """The event loop: runs on the main thread what was posted, till `until` holds, and what was posted by then."""
    while not until():
        with suppress(queue.Empty):
            _posted.get(timeout=0.05)()
    for _ in range(_posted.qsize()):
        _posted.get_nowait()()


def _needs_loop(name: str) -> None:
    if not session.gui:
        raise RuntimeError(
            f"nuke.{name} without a GUI: no event loop runs, so the call would never be made; call directly"
        )
