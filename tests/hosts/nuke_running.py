"""Nuke as a process: the stand-in, or the real one that $NUKE_BIN names, with a home of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = Path(__file__).with_name("nuke_scenarios")
STAND_IN = Path(__file__).with_name("nuke")
PLUGIN = ROOT / "nuke_plugin"
SECONDS = 180
"""For a scenario, on a busy machine; most take seconds."""


@dataclass(frozen=True)
class Nuke:
    """An artist's Nuke, with a folder for home, cache and .nuke, and the Replate server that it is to find."""

    home: Path
    server: str = ""
    path: Sequence[Path] = (PLUGIN,)
    """$NUKE_PATH."""
    python: str = sys.executable
    """What runs the stand-in."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further environment, stronger than all here."""

    def run(self, mode: Sequence[str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Starts it with a mode's options ("-t") and waits for its end, whatever that is."""
        command = [*self._command(), *mode, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=self.environment())

    def scenario(self, name: str, *arguments: str | Path, mode: Sequence[str] = ("-t",)) -> str:
        """Runs nuke_scenarios/NAME.py, and gives what it printed; fails with all of it if the scenario did."""
        done = self.run(mode, SCENARIOS / f"{name}.py", *arguments)
        assert done.returncode == 0, f"{name}: {done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        return done.stdout

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("REPLATE_", "NUKE_", "XDG_"))}
        ours = {
            "HOME": self.home,
            "USERPROFILE": self.home,
            "LOCALAPPDATA": self.home,
            "NUKE_HOME_FOR_TESTS": self.home / ".nuke",
            "NUKE_PATH": os.pathsep.join(map(str, self.path)),
            "REPLATE_AGENT": sys.executable,
            "REPLATE_CACHE": self.home / "replate",
            "REPLATE_SERVER": self.server,
            "REPLATE_TEST_ENGINE": shlex.join([sys.executable, str(STAND_IN / "engine")]),
        }
        return {**kept, **{name: str(value) for name, value in ours.items()}, **self.settings}

    def _command(self) -> list[str]:
        real = os.environ.get("NUKE_BIN")
        return [real] if real else [self.python, str(STAND_IN / "start.py")]
