"""The one agent of this session of Nuke: started with the first request, and never by importing this."""

from __future__ import annotations

import json
from pathlib import Path

import nuke

from replate_host import Agent

COMMAND_FILE = "agent.json"
"""Beside init.py: {"command": ["/path/to/python", "-m", "replate.agent"]}, as `replate install nuke` writes it."""

_agents: list[Agent] = []


def current() -> Agent:
    """The agent. What happens to it is printed where Nuke prints."""
    if not _agents:
        _agents.append(Agent(_installed(), on_notice=lambda text: nuke.tprint(f"Replate: {text}")))
    return _agents[0]


def started() -> Agent | None:
    """The agent if somebody has asked for it."""
    return _agents[0] if _agents else None


def forget() -> None:
    """The next one asked for is a new one, with what the environment says then. Jobs go on."""
    while _agents:
        _agents.pop().close()


def _installed() -> tuple[str, ...]:
    """Empty where nothing was installed, or what was is another machine's: then the agent is looked for."""
    try:
        said = json.loads((Path(__file__).parent.parent / COMMAND_FILE).read_text(encoding="utf-8"))
        command = tuple(str(word) for word in said["command"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return command if command and Path(command[0]).is_file() else ()
