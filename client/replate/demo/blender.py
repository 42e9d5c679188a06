"""A Blender of the demo's own, in a process: it opens the scene, moves its camera, and has the move restyled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from blake3 import blake3

from replate.demo.bars import Tell
from replate.errors import Failed
from replate.media import open_plate
from replate.scene import read_scene
from replate.values import Value

BARS = ("move", "restyled move")
"""What Blender's part goes on in: frames rendered, frames restyled."""
ARTIST = Path(__file__).with_name("artist.py")
EXTENSION = Path(__file__).resolve().parents[3] / "blender_addon"
LOG = "blender.log"


@dataclass(frozen=True)
class Orders:
    """What is done in Blender, in JSON's own types."""

    scene: str
    """The path of a scene.json."""
    blend: str
    """Where Blender's file goes."""
    results: str
    """The folder that what comes back goes into."""
    address: str
    """The server's."""
    style: str
    """The path of a picture."""
    model: str
    """That restyles."""
    revision: str
    """The model's: another gives other pixels."""
    parameters: Mapping[str, Value]
    move: Mapping[str, Value]
    """As the extension's `moves.Move` takes it."""
    turned: float
    """By how many radians the camera has gone round the other way where the move begins."""
    zoom: float
    """What the focal length is multiplied by."""
    raised: float
    """By how much of its width the picture looks higher."""
    samples: int
    """Of Cycles, a pixel."""


@dataclass(frozen=True)
class Moved:
    """Files, #### for the frame's number."""

    rendered: str
    """Multilayer EXRs."""
    restyled: str


def missing(program: Path | None) -> str:
    """Why there can be no Blender's part, in a sentence; empty where there can."""
    if program is None or not program.is_file():
        return "There is no Blender here (make blender-4.5 makes one): the move is rendered without."
    if not EXTENSION.is_dir():
        return "The extension for Blender is not here, as it is in a checkout: the move is rendered without Blender."
    return ""


def perform(program: Path, orders: Orders, data: Path, tells: Mapping[str, Tell]) -> Moved:
    """Has a Python with bpy do what an artist does; `tells` is told of each of `BARS`.

    What was done before with the same orders is not done again. Raises `Failed` with what Blender said.
    """
    made, key = Path(orders.results) / "made.json", _key(orders)
    with suppress(OSError, ValueError):
        before = json.loads(made.read_text(encoding="utf-8"))
        if before["key"] == key and Path(orders.blend).is_file():
            for name in BARS:
                tells[name](before["frames"], "as before")
            return Moved(**before["moved"])
    shutil.rmtree(orders.results, ignore_errors=True)
    data.mkdir(parents=True, exist_ok=True)
    file, problem, frames = data / "orders.json", "", 0
    file.write_text(json.dumps(asdict(orders)), encoding="utf-8")
    for line in _lines(program, file, orders, data):
        if "bar" in line:
            frames = line["done"]
            tells[line["bar"]](frames, line["news"])
        elif "problem" in line:
            problem = line["problem"]
        else:
            made.write_text(json.dumps({"key": key, "frames": frames, "moved": line}), encoding="utf-8")
            return Moved(**line)
    raise Failed(problem or f"Blender ended before the move was restyled: what it said is in {data / LOG}.")


def _key(orders: Orders) -> str:
    """Names all that the result depends on: what is asked for, the scene, and the code that does it."""
    scene = Path(orders.scene)
    name = blake3(json.dumps(asdict(orders) | {"address": ""}, sort_keys=True).encode())
    for source in (scene, ARTIST, *sorted(EXTENSION.rglob("*.py"))):
        name.update(source.read_bytes())
    # Not the files: what is written into them of how they were made names the jobs, which are others each time.
    for layer in read_scene(scene).layers:
        for pattern in (layer.picture, layer.depth):
            for frame in open_plate(scene.parent / pattern):
                name.update(frame.pixels.tobytes())
    return name.hexdigest()


def _lines(program: Path, file: Path, orders: Orders, data: Path) -> Iterator[dict[str, Any]]:
    """What artist.py says; all else that Blender says goes into the log."""
    with (data / LOG).open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [str(program), str(ARTIST), str(file)],
            env=_environment(orders, data),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
            errors="replace",
        )
        with process:
            for line in process.stdout or ():
                if line.startswith("{"):
                    yield json.loads(line)
                else:
                    log.write(line)


def _environment(orders: Orders, data: Path) -> dict[str, str]:
    """Of Replate's variables none but these: an artist's own would be stronger."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("REPLATE_")}
    return kept | {
        "BLENDER_USER_RESOURCES": str(data / "blender"),
        "REPLATE_AGENT": sys.executable,
        "REPLATE_CACHE": orders.results,
    }
