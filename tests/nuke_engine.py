"""The engine of Nuke's stand-in, asked by tests: what a script gives is written as an EXR and read by OpenImageIO."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
from numpy.typing import NDArray

COMMAND = [sys.executable, str(Path(__file__).parent / "hosts" / "nuke" / "engine")]
Plane = NDArray[np.float32]
RGBA = ("R", "G", "B", "A")


@dataclass(frozen=True, eq=False)
class Seen:
    """An EXR file. Rows go upwards, as Nuke counts them."""

    planes: Mapping[str, Plane]
    box: tuple[int, int, int, int]
    """x, y, right and top of the data window, in the format, from its bottom left."""
    format: tuple[int, int, float]
    header: oiio.ImageSpec

    def rgba(self) -> Plane:
        return np.dstack([self.planes[name] for name in "RGBA"])


class Refused(Exception):
    """What the engine answered instead."""


class Engine:
    """The process. One at a time is asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        assert self._process.wait(timeout=60) == 0
        self._process.stdout.close()

    def ask(self, script: str, node: str, frame: float = 1, view: str = "main", **more: Any) -> dict[str, Any]:
        """The answer to one question. Raises `Refused` with the sentence."""
        assert self._process.stdin and self._process.stdout
        self._count += 1
        asked = {"id": self._count, "script": script, "node": node, "frame": frame, "view": view, **more}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert answer.pop("id") == self._count
        if "error" in answer:
            raise Refused(answer["error"])
        return answer

    def seen(self, script: str, frame: float = 1, view: str = "main", write: str = "") -> Seen:
        """What lies on top of the script's stack, written in 32 bits (or as the knobs in `write` say) and read back."""
        file = self._folder / f"seen{self._count}.exr"
        knobs = write or 'datatype "32 bit float"'
        last = f'Write {{\n file "{file.as_posix()}"\n raw true\n channels all\n {knobs}\n name seen\n}}\n'
        self.ask(script + last, "seen", frame, view)
        return opened(file)


def opened(file: Path) -> Seen:
    picture = oiio.ImageBuf(str(file))
    spec = picture.spec()
    pixels = np.asarray(picture.get_pixels(oiio.FLOAT)).reshape(spec.height, spec.width, -1)[::-1]
    top = spec.full_y + spec.full_height
    left, low = spec.x - spec.full_x, top - spec.y - spec.height
    return Seen(
        {name: pixels[:, :, index] for index, name in enumerate(spec.channelnames)},
        (left, low, left + spec.width, low + spec.height),
        (spec.full_width, spec.full_height, spec.get_float_attribute("PixelAspectRatio", 1.0)),
        spec,
    )


def save(
    file: Path,
    pixels: NDArray[Any],
    names: Sequence[str],
    *,
    data: tuple[int, int] = (0, 0),
    display: tuple[int, int] | None = None,
    **attributes: Any,
) -> Path:
    """An EXR of `pixels` [height, width, channels], rows upwards, its data window's top left at `data`; 32 bit float
    unless they are half."""
    height, width = pixels.shape[:2]
    half = pixels.dtype == np.float16
    spec = oiio.ImageSpec(width, height, len(names), oiio.HALF if half else oiio.FLOAT)
    spec.channelnames = tuple(names)
    spec.x, spec.y = data
    spec.full_x, spec.full_y = 0, 0
    spec.full_width, spec.full_height = display or (width, height)
    for name, value in attributes.items():
        spec.attribute(name, value)
    picture = oiio.ImageBuf(spec)
    picture.set_pixels(oiio.ROI(), np.ascontiguousarray(pixels[::-1], np.float32))
    file.parent.mkdir(parents=True, exist_ok=True)
    assert picture.write(str(file)), picture.geterror()
    return file


def constant(colour: str, width: int = 4, height: int = 3, aspect: float = 1, channels: str = "rgba") -> str:
    """A Constant of a script."""
    format = f'"{width} {height} 0 0 {width} {height} {aspect} "'
    return (
        f"Constant {{\n inputs 0\n channels {channels}\n color {{{colour}}}\n format {format}\n name made{width}\n}}\n"
    )


def ramp(width: int = 4, height: int = 3) -> Plane:
    """Every pixel another: red 10 y + x, green negative, blue beyond 1, alpha 0.5. Rows upwards."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.dstack([10 * y + x, -x, 2 + y, np.full_like(x, 0.5)])


def read(file: Path | str, more: str = "") -> str:
    """A raw Read of a script."""
    return f'Read {{\n inputs 0\n file "{Path(file).as_posix()}"\n raw true\n {more}\n name read\n}}\n'


def node(kind: str, knobs: str = "", inputs: str = "") -> str:
    """A node of a script, of one input if it does not say."""
    told = f" inputs {inputs}\n" if inputs else ""
    return f"{kind} {{\n{told} {knobs}\n name {kind}_\n}}\n"


def pixel(seen: Seen) -> list[float]:
    """The lowest left one."""
    return [round(float(value), 6) for value in seen.rgba()[0, 0]]
