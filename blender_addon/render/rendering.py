"""The scene's animation as multilayer EXRs: what is seen, and Blender's own exact depth and motion.

Blender goes on meanwhile. Each frame is told of once it is whole. Without a window there is nobody to go on for, and
rendering waits.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy

from ..replate_host import AgentError, telling
from ..work import rendered
from ..work.rendered import Frames
from ..work.results import on_disk
from . import borrowed

PAUSE = 0.1
"""Seconds between two looks at what was rendered."""

_WANTED: tuple[borrowed.Setting, ...] = (
    ("render.image_settings", "media_type", "MULTI_LAYER_IMAGE"),
    ("render.image_settings", "file_format", "OPEN_EXR_MULTILAYER"),
    ("render.image_settings", "color_mode", "RGBA"),
    # Half floats end at 65504, and Blender's distance to nothing is 1e10.
    ("render.image_settings", "color_depth", "32"),
    ("render.image_settings", "exr_codec", "ZIP"),
    ("render.image_settings", "color_management", "FOLLOW_SCENE"),
    ("render", "use_file_extension", True),
    # Frames that are there are left out, which is how rendering is stopped.
    ("render", "use_overwrite", False),
    ("render", "use_placeholder", False),
    # What is blurred has no motion of its own.
    ("render", "use_motion_blur", False),
    # The result may be there already, as a strip or in the compositor.
    ("render", "use_compositing", False),
    ("render", "use_sequencer", False),
    ("render", "use_multiview", False),
    ("render", "use_crop_to_border", False),
    ("render", "use_stamp", False),
    ("", "frame_step", 1),
)


class Rendering:
    """An animation that is being rendered."""

    def __init__(
        self,
        scene: bpy.types.Scene,
        layer: bpy.types.ViewLayer,
        folder: Path,
        on_frame: Callable[[int], None],
        on_ended: Callable[[str], None],
    ) -> None:
        """Starts nothing yet. What is told is told on Blender's main thread.

        on_frame
            Told of a frame by its number once its file is whole.
        on_ended
            Told once the settings are the artist's again: an empty text when all frames are there, or why not.
        """
        self.frames = Frames((folder / "move.####.exr").as_posix(), scene.frame_start, scene.frame_end, linear())
        self.ended = False
        self.stopped = False
        """Whether somebody stopped it."""
        self._scene, self._layer = scene.session_uid, layer.name
        self._frame, self._end = on_frame, on_ended
        # The handler runs on the thread that renders: from there, nothing but a number comes.
        self._written: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._whole: set[int] = set()

    @property
    def done(self) -> int:
        """How many frames are whole."""
        return len(self._whole)

    @property
    def total(self) -> int:
        return self.frames.last - self.frames.first + 1

    def start(self, scene: bpy.types.Scene) -> None:
        """Begins; without a window all is rendered, and told, before it returns."""
        path = f'view_layers["{bpy.utils.escape_identifier(self._layer)}"]'
        passes = [(path, name, True) for name in ("use_pass_combined", "use_pass_z", "use_pass_vector")]
        borrowed.borrow(scene, [*_WANTED, ("render", "filepath", self.frames.pattern), *passes])
        rendered.forget(scene)
        _under_way.append(self)
        bpy.app.handlers.render_write.append(self._note)
        asked = {"animation": True, "scene": scene.name, "layer": self._layer}
        try:
            if bpy.app.background:
                bpy.ops.render.render(**asked)
                self.look()
                return
            begun = bpy.ops.render.render("INVOKE_DEFAULT", **asked)
        except RuntimeError as error:
            self._finish(str(error).removeprefix("Error: ").strip())
            return
        if "CANCELLED" in begun:
            self._finish("Blender would not render: look at what it reports.")
            return
        bpy.app.timers.register(self.look, first_interval=PAUSE, persistent=True)

    def stop(self) -> None:
        """Stops after the frame that is being rendered: those that are left seem to be there, and are left out."""
        self.stopped = True
        for number in range(self.frames.first, self.frames.last + 1):
            with suppress(OSError):
                self._file(number).touch(exist_ok=True)

    def look(self) -> float | None:
        """The timer's body: tells what was rendered since the last time."""
        running = not bpy.app.background and bpy.app.is_job_running("RENDER")
        self._tell()
        if running:
            return PAUSE
        if not self.ended:
            # Esc in Blender's own view of a render is not told apart from what went wrong, which Blender reports.
            self.stopped = self.done < self.total
            there = telling.frames(self.done, self.total)
            self._finish(f"Rendering was stopped; {there} done." if self.stopped else "")
        return None

    def renders(self, scene: bpy.types.Scene) -> bool:
        return scene.session_uid == self._scene

    def _note(self, scene: bpy.types.Scene, *_: Any) -> None:
        if scene.session_uid != self._scene:
            return
        self._written.put(scene.frame_current)
        if bpy.app.background:
            self._tell()

    def _tell(self) -> None:
        with suppress(queue.Empty):
            while True:
                number = self._written.get_nowait()
                self._whole.add(number)
                self._frame(number)

    def _finish(self, problem: str) -> None:
        self.ended = True
        _under_way.remove(self)
        with suppress(ValueError):
            # Another file that was opened has taken it away.
            bpy.app.handlers.render_write.remove(self._note)
        for number in on_disk(self.frames.pattern):
            if number not in self._whole:
                with suppress(OSError):
                    self._file(number).unlink()
        for scene in bpy.data.scenes:
            if self.renders(scene):
                borrowed.give_back(scene)
                if not problem:
                    rendered.keep(scene, self.frames)
        self._end(problem)

    def _file(self, number: int) -> Path:
        return Path(self.frames.pattern.replace("####", f"{number:04d}"))


_under_way: list[Rendering] = []


def check(scene: bpy.types.Scene, folder: Path) -> None:
    """Makes the folder. Raises `AgentError` where Blender would not render."""
    # Blender 5.2 crashes where something else is to see.
    if scene.camera is None or scene.camera.type != "CAMERA":
        raise AgentError("Unmet", "The scene has no camera: choose one to render the move through.")
    if bpy.app.is_job_running("RENDER"):
        raise AgentError("Unmet", "Blender is rendering already: wait until it is done, or stop it.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AgentError(
            "Failed", f"{folder.parent} cannot be written to ({error.strerror}): save the file where you may write."
        ) from error


def linear() -> str:
    """Blender's name of the space that it renders in."""
    chosen = getattr(getattr(bpy.data, "colorspace", None), "working_space", "")
    return str(chosen) or "Linear Rec.709"


def register() -> None:
    borrowed.register()
    borrowed.under_way.append(_borrows)


def unregister() -> None:
    for each in _under_way:
        each.stop()
    borrowed.under_way.remove(_borrows)
    borrowed.unregister()


def _borrows(scene: bpy.types.Scene) -> bool:
    return any(each.renders(scene) for each in _under_way)
