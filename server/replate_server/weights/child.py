"""Running a program that downloads: watched, and ended with all it started when somebody cancels."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_WATCH_SECONDS = 0.2
_END_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    said: str
    """What it wrote to its standard output and error."""


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str], watch: Callable[[], None]) -> Ended:
    """Runs a program in a folder until it ends, calling `watch` a few times a second.

    What `watch` raises ends the program and its children, and is raised again.
    Raises OSError when it cannot be started.
    """
    log = folder / "said.txt"
    # A file and not a pipe: nothing blocks while nobody reads.
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    child.wait(_WATCH_SECONDS)
                    break
                watch()
        finally:
            if child.poll() is None:
                _end(child)
    return Ended(child.returncode, log.read_text("utf-8", "replace"))


def _end(child: subprocess.Popen[bytes]) -> None:
    family: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        leader = psutil.Process(child.pid)
        family = [leader, *leader.children(recursive=True)]
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    child.wait()
    # A grandchild that is dying still has files open in the folder that goes next.
    psutil.wait_procs(family, timeout=_END_SECONDS)
