"""The one agent of this session of Blender, started with the first request; and the timer that hears it.

Threads never touch bpy: what the agent says waits in a queue until `drain` runs, on Blender's main thread.
"""

from __future__ import annotations

from collections.abc import Callable

import bpy

from . import preferences
from .replate_host import Agent

PAUSE = 0.1
"""Seconds between two looks at the queue."""


_after: list[Callable[[], None]] = []
"""What is done after news came in."""


class _Held:
    agent: Agent | None = None
    connection = preferences.Connection()


def current() -> Agent:
    """The agent; another one where the preferences have changed. Raises `AgentError` where it may not go online."""
    wanted = preferences.connection()
    if _Held.agent is not None and wanted != _Held.connection:
        forget()
    if _Held.agent is None:
        _Held.connection = wanted
        _Held.agent = Agent(
            address=wanted.address,
            token=wanted.token,
            program=wanted.program,
            on_notice=lambda text: print(f"Replate: {text}"),
        )
        if not bpy.app.timers.is_registered(drain):
            bpy.app.timers.register(drain, first_interval=PAUSE, persistent=True)
    return _Held.agent


def started() -> Agent | None:
    """The agent if somebody has asked for it."""
    return _Held.agent


def drain() -> float | None:
    """The timer's body: takes what the agent has said, and asks to be called again while there is one."""
    if _Held.agent is None:
        return None
    if _Held.agent.drain():
        tell()
    return PAUSE


def after_news(act: Callable[[], None]) -> None:
    _after.append(act)


def tell() -> None:
    """Does what is done after news: called by who has some that is not the agent's."""
    for each in _after:
        each()


def forget() -> None:
    """The next one asked for is a new one. Jobs go on on the server."""
    if _Held.agent is not None:
        _Held.agent.close()
        _Held.agent = None


def register() -> None:
    pass


def unregister() -> None:
    forget()
    _after.clear()
    if bpy.app.timers.is_registered(drain):
        bpy.app.timers.unregister(drain)
