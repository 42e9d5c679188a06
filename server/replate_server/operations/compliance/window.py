"""A window in memory, and steps that remember what they were told: for tests, ours and others'."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from replate.errors import Cancelled, NotFound
from replate.frame import Frame, digest_of, pixel_bytes
from replate.values import Value
from replate_server.darkroom.sequence import plan
from replate_server.operations.contract import Cached, Tensor, Windows


@dataclass(frozen=True, slots=True)
class MemoryWindow:
    """A `Window` over frames in memory."""

    inputs: Mapping[str, Sequence[Frame]]
    """Frames by role. An input of one frame is held."""
    parameters: Mapping[str, Value]
    """As `check_parameters` gives them."""
    numbers: tuple[int, ...] = ()
    context: tuple[int, ...] = ()
    seed: int = 0
    colour_config: str = "ocio://default"
    keys: tuple[str, ...] = ()
    """Roles whose frames stand under their own numbers, be there only one."""
    loras: Mapping[str, Path] = field(default_factory=dict)
    """LoRA files by name."""

    def has(self, role: str) -> bool:
        return role in self.inputs

    def given(self, role: str) -> tuple[int, ...]:
        frames = self.inputs.get(role, ())
        numbers = sorted(frame.spec.number for frame in frames)
        held = len(frames) == 1 and role not in self.keys
        return tuple(number for number in numbers if held or number in self.context)

    def frame(self, role: str, number: int) -> Frame:
        frames = self.inputs[role]
        if len(frames) == 1 and role not in self.keys:
            return frames[0]
        for frame in frames:
            if frame.spec.number == number:
                return frame
        raise NotFound(f'The input "{role}" has no frame {number}; give it one.')

    def digest(self, role: str, number: int) -> str:
        return digest_of(pixel_bytes(self.frame(role, number).pixels))

    def lora(self, name: str) -> Path:
        if name not in self.loras:
            raise NotFound(f"There is no LoRA {name}; give its file to the window.")
        return self.loras[name]


def windows_of(
    inputs: Mapping[str, Sequence[Frame]],
    plate: str,
    parameters: Mapping[str, Value],
    windows: Windows,
    keys: tuple[str, ...] = (),
) -> list[MemoryWindow]:
    """The windows of a shot, as a scheduler would plan them for a model's card."""
    numbers = [frame.spec.number for frame in inputs[plate]]
    return [
        MemoryWindow(inputs, parameters, one.numbers, one.context, keys=keys)
        for one in plan(numbers, windows.length, windows.before, windows.after)
    ]


@dataclass(slots=True)
class Recorder:
    """`Steps` that remember."""

    cancel_at: int | None = None
    """Which call of `progress`, counted from 0, is answered with `Cancelled`."""
    fractions: list[float] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    previews: list[tuple[int, Tensor]] = field(default_factory=list)
    kept: dict[str, Cached] = field(default_factory=dict)
    computed: int = 0
    """How often something was not in `kept`."""
    told_computing: int = 0
    """How many calls of `progress` came from work whose result is kept, and would not come again."""
    cancelled: int = 0
    """How often `Cancelled` was raised: once, if nobody catches it."""
    _computing: bool = False

    def progress(self, fraction: float, message: str = "") -> None:
        if self.cancel_at is not None and len(self.fractions) >= self.cancel_at:
            self.cancelled += 1
            raise Cancelled("The job was cancelled; submit it again to go on.")
        self.fractions.append(fraction)
        self.told_computing += self._computing

    def check(self) -> None:
        """Cancelled is only what asks for `progress`: how often a network checks says nothing."""

    def preview(self, number: int, picture: Tensor) -> None:
        self.previews.append((number, picture))

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def cached(self, key: str, compute: Callable[[], Cached]) -> Cached:
        if key not in self.kept:
            self.computed += 1
            self._computing = True
            try:
                self.kept[key] = compute()
            finally:
                self._computing = False
        return self.kept[key]
