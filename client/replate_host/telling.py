"""How things stand, in one line for the artist."""

from __future__ import annotations

import datetime

from .jobs import JobHandle
from .versions import Version

AWAY = "The server is away"
"""How the agent's message begins while it waits for one."""


def job(handle: JobHandle) -> str:
    """A job's state: "12 of 48 frames, about 0:35 left", or what went wrong and what to do."""
    there = frames(handle.frames_done, handle.frames_total)
    if handle.state == "submitting":
        return "Asking the server"
    if handle.state == "done":
        # Nobody looks a second time at a node that is done: what is to be known stands there now.
        looks = [measured["told"][-1] for measured in handle.figures.values() if measured["looks"]]
        return "; ".join([f"{frames(handle.frames_total)} done", *looks, *handle.warnings])
    if handle.state == "cancelled":
        return f"Cancelled; {there} done" if handle.frames_total else "Cancelled"
    if handle.state in ("failed", "lost"):
        return handle.message or "It failed, and nobody said why; look into the server's log."
    if handle.message.startswith(AWAY):
        return handle.message
    if handle.bytes_sent < handle.bytes_to_send and not handle.frames_done:
        return f"Sending, {size(handle.bytes_sent)} of {size(handle.bytes_to_send)}"
    if handle.state == "queued":
        return handle.message or "Waiting for its turn"
    if handle.frames_done:
        return ", ".join([there, *_left(handle)])
    # What is done for the first frame says more than that there is none yet.
    return ", ".join([handle.message.rstrip("."), *_left(handle)]) if handle.message else there


def version(version: Version) -> str:
    """For a menu: "3: adain, 1001-1048, seed 7, 24 May 14:05"."""
    name = version.model.split("/")[-1] or version.operation
    range = f"{version.first}-{version.last}" if version.first != version.last else f"{version.first}"
    made = _moment(version.made)
    said = [name, range, f"seed {version.seed}", *([made] if made else [])]
    return f"{version.number}: {', '.join(said)}"


def frames(done: int, total: int | None = None) -> str:
    """ "1 frame", "48 frames", "12 of 48 frames"."""
    last = done if total is None else total
    noun = "frame" if last == 1 else "frames"
    return f"{done} {noun}" if total is None else f"{done} of {total} {noun}"


def size(bytes: float) -> str:
    """ "512 B", "12.4 MB": in powers of ten, as disks are sold."""
    if bytes < 1000:
        return f"{bytes:.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        bytes /= 1000
        if bytes < 999.95 or unit == "TB":
            break
    return f"{bytes:.1f} {unit}"


def clock(seconds: float) -> str:
    """ "0:35", "12:05", "1:05:00"."""
    whole = max(0, round(seconds))
    minutes, hours = whole // 60, whole // 3600
    return f"{hours}:{minutes % 60:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def _left(handle: JobHandle) -> list[str]:
    guess = not handle.frames_done and handle.fraction < _TELLING
    return [f"about {clock(handle.seconds_left)} left"] if handle.seconds_left is not None and not guess else []


_TELLING = 0.1
"""The part that must be done for an estimate to be one: weights are loaded before the first frame."""


def _moment(text: str) -> str:
    try:
        made = datetime.datetime.fromisoformat(text)
    except ValueError:
        return ""
    # Not %B: the month's name follows a locale that the host sets as it likes.
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{made.day} {months[made.month - 1]} {made:%H:%M}"
