"""Messages between host and agent as bytes, and what goes wrong between them."""

from __future__ import annotations

import json
from typing import Any

PROTOCOL = 1
"""Version of the lines; `docs/agent.md` has them."""


class AgentError(Exception):
    """Something failed; the text is one sentence for the artist, `kind` its class as the agent names it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def request(id: int, method: str, params: dict[str, Any]) -> bytes:
    return _line({"jsonrpc": "2.0", "id": id, "method": method, "params": params})


def notification(method: str, params: dict[str, Any]) -> bytes:
    return _line({"jsonrpc": "2.0", "method": method, "params": params})


def message_of(line: bytes) -> dict[str, Any] | None:
    """What a line holds; None for what is no message."""
    try:
        message = json.loads(line.decode("utf-8", "replace"))
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def error_of(error: dict[str, Any]) -> AgentError:
    """A JSON-RPC error object, or the `error` of an ended job."""
    data = error.get("data")
    kind = data.get("kind") if isinstance(data, dict) else error.get("kind")
    return AgentError(str(kind or "Failed"), str(error.get("message") or "The agent gave no reason."))


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode("utf-8") + b"\n"
