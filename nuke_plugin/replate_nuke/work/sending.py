"""What is sent of a node's inputs: rendered by the Writes inside, frame by frame, on Nuke's main thread.

Raw, in the working space, at full size whatever the proxy settings are, all views of the script. A frame that is
there and whose upstream is what it was is not rendered again; a file has its name only once it is whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nuke

from replate_host import AgentError
from replate_nuke import colour
from replate_nuke.nodes import Node, Pin
from replate_nuke.nodes.undo import unrecorded
from replate_nuke.work import folders
from replate_nuke.work.upstream import Upstream, look

DATA = "data"
"""The colour space of what is no colour."""


@dataclass(frozen=True)
class Feed:
    """One input, as it is sent."""

    pin: Pin
    upstream: Upstream
    pattern: str
    """Of its files; with %V where the script has several views."""
    frames: tuple[int, ...]
    views: tuple[str, ...]
    channels: tuple[str, ...]
    """Those that the server is given, as the files call them."""
    colour_space: str

    @classmethod
    def of(cls, node: Node, pin: Pin, frames: Sequence[int], views: Sequence[str]) -> Feed:
        """Looks at what feeds the pin. Raises `AgentError` where it has not the channels that are needed."""
        source = node.group.input(pin.index)
        channels = _channels(pin, _given(source))
        upstream = look(source, [str(pin.write[name].toScript()) for name in ("channels", "datatype")])
        pattern = folders.input_pattern(upstream.digest, pin.role, views)
        space = colour.working_space() if _colours(pin, channels) else DATA
        return cls(pin, upstream, pattern, tuple(frames), tuple(views), channels, space)

    @cached_property
    def states(self) -> dict[int, str]:
        """By frame: what moves beneath the graph, asked once."""
        return {frame: self.upstream.state(frame) for frame in self.frames}

    def missing(self) -> list[int]:
        """The frames that must be rendered."""
        there, known = folders.on_disk(self.pattern, self.views), _remembered(self.pattern)
        return [frame for frame in self.frames if frame not in there or known.get(frame) != self.states[frame]]

    def picture(self, view: str, frames: Sequence[int] = ()) -> dict[str, Any]:
        """As the agent's `submit` and `offer` take it: these frames, or all."""
        numbers = ",".join(f"{first}-{last}" for first, last in _spans(frames or self.frames))
        said: dict[str, Any] = {"path": folders.of_view(self.pattern, view), "frames": numbers}
        if self.channels:
            said["channels"] = list(self.channels)
        if self.pin.kind != "matte":
            said["colour_space"] = self.colour_space
        return said

    def render(self, frame: int) -> None:
        """Renders a frame. Raises `AgentError` with Nuke's reason; `Busy` while Nuke renders something else."""
        write, part = self.pin.write, folders.temporary(self.pattern)
        with full_size(), unrecorded():
            write["file"].setValue(folders.for_nuke(part))
            # At other times `nuke -x` must not render it along with the artist's own.
            write["disable"].setValue(False)
            try:
                Path(part).parent.mkdir(parents=True, exist_ok=True)
                nuke.execute(write, frame, frame, 1, list(self.views))
                for view in self.views:
                    Path(folders.file(part, frame, view)).replace(folders.file(self.pattern, frame, view))
            except (RuntimeError, OSError) as error:
                raise _unrendered(self.pin, frame, error) from None
            finally:
                write["disable"].setValue(True)
                write["file"].setValue("")
                for view in self.views:
                    with suppress(OSError):
                        Path(folders.file(part, frame, view)).unlink()
        _remember(self.pattern, frame, self.states[frame])


class Busy(Exception):
    """Nuke is rendering something else: the same may be asked again a little later."""


@contextmanager
def full_size() -> Iterator[None]:
    """Proxy mode off within, whatever happens."""
    proxy = nuke.root()["proxy"]
    on = bool(proxy.value())
    if not on:
        yield
        return
    with unrecorded():
        proxy.setValue(False)
    try:
        yield
    finally:
        with unrecorded():
            proxy.setValue(True)


def file_channel(name: str) -> str:
    """A channel of Nuke's as EXR files call it: "rgba.red" is R, "dog.alpha" dog.A, "depth.Z" depth.Z."""
    layer, _, channel = name.rpartition(".")
    short = _SHORT.get(channel, channel)
    return short if layer == "rgba" else f"{layer}.{short}"


_SHORT = {"red": "R", "green": "G", "blue": "B", "alpha": "A"}
_COLOUR = ("rgba.red", "rgba.green", "rgba.blue", "rgba.alpha")


def _given(source: nuke.Node | None) -> Sequence[str]:
    """The channels of what feeds an input; colours alone where Nuke cannot say, at a frame between two keyframes."""
    try:
        return [str(name) for name in source.channels()] if source is not None else []
    except RuntimeError:
        return _COLOUR[:3]


def _channels(pin: Pin, there: Sequence[str]) -> tuple[str, ...]:
    """What the server is to take of the files; empty leaves it to the agent."""
    if pin.kind == "matte":
        return ()
    if pin.kind != "any":
        # A plate without alpha has none in its file: that it is opaque everywhere is what is meant.
        return tuple(file_channel(name) for name in _COLOUR if name in there)
    if pin.channels:
        return tuple(file_channel(name) for name in pin.channels)
    if any(not name.startswith("rgba.") for name in there):
        return tuple(file_channel(name) for name in there)
    return ()


def _colours(pin: Pin, channels: Sequence[str]) -> bool:
    return not pin.data or (pin.kind == "any" and (not channels or any(each.endswith("R") for each in channels)))


def _unrendered(pin: Pin, frame: int, error: Exception) -> Exception:
    said = str(error).strip().rstrip(".") or type(error).__name__
    if "already executing" in said:
        return Busy(said)
    if "ancel" in said:
        return AgentError("Cancelled", "Rendering was cancelled.")
    return AgentError("Failed", f"Frame {frame} of the {pin.role} could not be rendered: {said}.")


def _spans(frames: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Rising numbers as runs without gaps."""
    first = last = frames[0]
    for frame in frames[1:]:
        if frame != last + 1:
            yield first, last
            first = frame
        last = frame
    yield first, last


def _remember(pattern: str, frame: int, state: str) -> None:
    """Writes down of which state a frame's files are: one line, added, so that several Nukes may do so at once."""
    with _notes(pattern).open("a", encoding="ascii") as file:
        file.write(f"{frame} {state}\n")


def _remembered(pattern: str) -> dict[int, str]:
    """By frame; the last line counts, and one that was cut off does not."""
    try:
        with _notes(pattern).open(encoding="ascii", errors="replace") as file:
            lines = [line.split() for line in file if line.endswith("\n")]
    except OSError:
        return {}
    return {int(line[0]): line[1] for line in lines if len(line) == 2 and line[0].lstrip("-").isdigit()}


def _notes(pattern: str) -> Path:
    path = Path(pattern)
    return path.with_name(f"{path.name.split('.')[0]}.frames")
