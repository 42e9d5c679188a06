"""A screen that nobody sees, and Blender's window on it while stories are played."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.look.place import Place
from tools.look.zipped import environment

SIZE = (1600, 1000)
PATIENCE = 3600.0
"""Seconds after which a Blender that does not come to an end is ended. Each step inside has a deadline of its own."""

_INSIDE = Path(__file__).parent / "inside" / "__main__.py"


def play(place: Place, home: Path, orders: dict[str, Any], work: Path) -> int:
    """Plays stories in Blender's window, and gives its exit code: 0 when all of them went well."""
    told = work / "orders.json"
    told.write_text(json.dumps(orders), "utf-8")
    width, height = map(str, SIZE)
    with _screen(place) as display:
        command = place.command(
            *(place.blender, "-noaudio", "--window-geometry", "0", "0", width, height),
            *("--python-exit-code", "1", "--python", str(_INSIDE), "--", str(told)),
        )
        # Software draws where a server has no graphics card, and draws the same everywhere.
        blender = subprocess.Popen(command, env=environment(place, home, DISPLAY=display, LIBGL_ALWAYS_SOFTWARE="1"))
        try:
            return blender.wait(PATIENCE)
        finally:
            blender.kill()
            blender.wait()


@contextmanager
def _screen(place: Place) -> Iterator[str]:
    """The DISPLAY of a screen that ends with the block."""
    size = f"{SIZE[0]}x{SIZE[1]}x24"
    command = place.command("Xvfb", "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp")
    screen = subprocess.Popen(
        command, env=place.environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert screen.stdout is not None
        yield f":{screen.stdout.readline().strip()}"
    finally:
        screen.kill()
        screen.wait()
