"""What stories are told with: waiting, shots of the whole window, and a hand at mouse and keyboard.

A story is a generator that Blender goes on with from a timer, so that it draws and works in between as ever.
"""

from __future__ import annotations

import json
import subprocess
import time
import traceback
from collections.abc import Callable, Generator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy

Steps = Generator[None, None, None]
Story = Callable[["Stage"], Steps]

EXTENSION = "bl_ext.user_default.replate"

_PAUSE = 0.05
_FREE = "abdefhijklmnoprtuvwxy"
"""Letters of which, with all of Ctrl, Alt and Shift, Blender makes no use."""
_REST, _RESTLESS = 1.5, 20.0
"""Seconds without a change after which a window is at rest, as a view that is rendered in samples is between two of
them; and after which one that keeps changing is taken as it is."""


class Stage:
    def __init__(self, orders: dict[str, Any]) -> None:
        self.orders = orders
        self.failed: list[str] = []
        self._keys: dict[str, str] = {}

    def part(self, name: str) -> ModuleType:
        """A module of the extension that is installed."""
        return import_module(f"{EXTENSION}.{name}")

    @property
    def window(self) -> Any:
        return bpy.context.window_manager.windows[0]

    def area(self, kind: str) -> Any:
        """The largest area of a kind. Raises LookupError."""
        found = [area for area in self.window.screen.areas if area.type == kind]
        if not found:
            raise LookupError(f"there is no {kind} in the window")
        return max(found, key=lambda area: area.width * area.height)

    def until(self, condition: Callable[[], Any], what: str, patience: float = 60.0) -> Steps:
        """Raises TimeoutError."""
        deadline = time.monotonic() + patience
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited in vain until {what}")
            yield

    def shot(self, name: str, *parts: Any, moving: bool = False) -> Steps:
        """The whole screen as NAME.ppm, once it has come to rest, unless it is `moving`.

        With areas or regions of the window, it is a picture of those for the docs, too.
        """
        file = Path(self.orders["shots"]) / f"{name}.ppm"
        began = since = time.monotonic()
        before = b""
        while True:
            yield from self._run("import", "-window", "root", str(file))
            seen, now = file.read_bytes(), time.monotonic()
            since = since if seen == before else now
            before = seen
            if moving or now - since > _REST or now - began > _RESTLESS:
                break
        if parts:
            top = self.window.height
            left, right = min(part.x for part in parts), max(part.x + part.width for part in parts)
            low, high = min(part.y for part in parts), max(part.y + part.height for part in parts)
            file.with_suffix(".json").write_text(json.dumps([left, right, top - high, top - low]), "utf-8")
        print(f"look: {name}", flush=True)

    def key(self, name: str) -> Steps:
        yield from self._run("xdotool", "key", name)

    def point(self, x: float, y: float) -> Steps:
        """Moves the mouse to a place in the window, from its top left, in pixels."""
        yield from self._run("xdotool", "mousemove", str(int(x)), str(int(y)))

    def point_at(self, part: Any, across: float = 0.4, down: float = 0.4) -> Steps:
        """Moves the mouse into an area or a region, to parts of its width and height from its top left."""
        yield from self.point(part.x + part.width * across, self.window.height - part.y - part.height * (1 - down))

    def click(self, x: float, y: float) -> Steps:
        yield from self.point(x, y)
        yield from self._run("xdotool", "click", "1")

    def drag(self, begin: tuple[float, float], end: tuple[float, float]) -> Steps:
        yield from self.point(*begin)
        yield from self._run("xdotool", "mousedown", "1")
        # A hand is on its way for a while.
        for step in range(1, 6):
            yield from self.point(*(a + (b - a) * step / 5 for a, b in zip(begin, end, strict=True)))
        yield from self._run("xdotool", "mouseup", "1")

    def hold(self, key: str, steps: Steps) -> Steps:
        yield from self._run("xdotool", "keydown", key)
        yield from steps
        yield from self._run("xdotool", "keyup", key)

    def scroll(self, region: Any, down: int) -> Steps:
        """Turns the mouse's wheel over a region, upwards where negative."""
        yield from self.point_at(region, 0.5, 0.5)
        yield from self._run("xdotool", "click", "--repeat", str(abs(down)), "5" if down > 0 else "4")

    def away(self) -> Steps:
        """Has a report that pops up at the mouse go, as it does when the mouse goes."""
        yield from self.point(self.window.width * 0.2, self.window.height * 0.7)
        yield from self.point(self.window.width * 0.3, self.window.height * 0.6)

    def press(self, operator: str, **properties: Any) -> Steps:
        """Has an operator called by a key, as a button of a panel calls it, with its reports."""
        pressed = f"{operator} {properties}"
        if pressed not in self._keys:
            letter = _FREE[len(self._keys)]
            keymap = bpy.context.window_manager.keyconfigs.addon.keymaps.new(name="Window", space_type="EMPTY")
            item = keymap.keymap_items.new(operator, letter.upper(), "PRESS", ctrl=True, alt=True, shift=True)
            for name, value in properties.items():
                setattr(item.properties, name, value)
            self._keys[pressed] = f"ctrl+alt+shift+{letter}"
        yield from self.key(self._keys[pressed])

    def _run(self, *command: str) -> Steps:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        yield from self.until(lambda: process.poll() is not None, f"{command[0]} ends")
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)} ends with {process.returncode}")


def play(stage: Stage, stories: dict[str, Story], ended: Callable[[], None]) -> None:
    """Goes through stories one after the other. One that fails is shot and told of, and the next begins."""
    steps = _all(stage, stories)

    def step() -> float | None:
        try:
            with bpy.context.temp_override(window=stage.window):
                next(steps)
        except StopIteration:
            ended()
            return None
        return _PAUSE

    # Stories open files, which would end a timer that is not persistent.
    bpy.app.timers.register(step, first_interval=_PAUSE, persistent=True)


def _all(stage: Stage, stories: dict[str, Story]) -> Steps:
    for name, story in stories.items():
        try:
            yield from story(stage)
        except Exception:
            traceback.print_exc()
            stage.failed.append(name)
            yield from stage.shot(f"{name}-failed")
