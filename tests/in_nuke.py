"""Nuke with the plugin, in a process of its own: the stand-in in `hosts/nuke`, or a real one.

NUKE_BIN is the command line of a real one, and everything that runs a scenario or renders a script runs in that then:
the same files, the same server, the same checks of what it wrote. It gets a home of the test's own, so that a licence
must come by the environment (foundry_LICENSE), and nothing on its standard input, so that a Python prompt ends.
What is about the stand-in itself goes on with the stand-in, and what is about other Pythons is skipped: Nuke has one.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pythons import interpreter
from serving import clean_environment

HERE = Path(__file__).parent / "hosts"
ROOT = Path(__file__).parents[1]
SCENARIOS = HERE / "nuke_scenarios"
REAL = "NUKE_BIN"
SECONDS = 180.0
"""For one process, on a machine with much else to do; most take few."""


@dataclass(frozen=True)
class Done:
    """How a process of Nuke's ended."""

    code: int
    said: str
    """All that it printed."""


@dataclass(frozen=True)
class Nuke:
    """Starts Nukes that share a home, a cache and a server."""

    home: Path
    """In place of the artist's: ~/.nuke, the cache of the catalog, `replate` for scripts that were never saved."""
    server: str = ""
    python: str = sys.executable
    """The stand-in's: what Nuke's own Python is to a real one."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Environment variables."""
    seconds: float = SECONDS
    """For each process."""

    def scenario(self, name: str, *arguments: object, gui: bool = False) -> Done:
        """Runs a file of `nuke_scenarios` in it, to its end, with a window or without."""
        script = str(SCENARIOS / f"{name}.py")
        return self.run("--tg" if gui else "-t", script, *arguments)

    def run(self, *arguments: object) -> Done:
        """Nuke with a command line of its own."""
        process = self.start(*arguments)
        try:
            said, _ = process.communicate(timeout=self.seconds)
        finally:
            process.kill()
        return Done(process.returncode, said)

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """The same, for a test that has something to do meanwhile."""
        self.home.mkdir(parents=True, exist_ok=True)
        return subprocess.Popen(
            [*self._program(), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment(),
            cwd=self.home,
        )

    def older(self, version: str) -> Nuke:
        """The same, as a Nuke that has a Python of that version; the test is skipped where there is none."""
        python = interpreter(version)
        if python is None or REAL in os.environ:
            pytest.skip(f"there is no Python {version} for Nuke here")
        return replace(self, python=python)

    def _program(self) -> list[str]:
        real = os.environ.get(REAL)
        # Without its site-packages, which Nuke's Python has not.
        return shlex.split(real) if real else [self.python, "-S", str(HERE / "nuke" / "start.py")]

    def _environment(self) -> dict[str, str]:
        own = {
            "NUKE_PATH": str(ROOT / "nuke_plugin"),
            "NUKE_HOME_FOR_TESTS": str(self.home / ".nuke"),
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "PYTHONPATH": str(SCENARIOS),
            "REPLATE_AGENT": sys.executable,
            "REPLATE_TEST_ENGINE": shlex.join([sys.executable, str(HERE / "nuke" / "engine")]),
            "REPLATE_SERVER": self.server,
        }
        kept = {name: value for name, value in clean_environment().items() if name != "OCIO"}
        return {**kept, **own, **self.more}
