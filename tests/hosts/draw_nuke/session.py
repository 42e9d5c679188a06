"""What the pictures are of: a session at the keyboard, on a real plate, with a real server and real models."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nk
import numpy as np
import OpenImageIO as oiio  # noqa: N813
from numpy.typing import NDArray
from PIL import Image

from in_nuke import ROOT, Nuke
from nuke_engine import Engine
from serving import serving

FRAMES = tuple(range(44, 50))
LOOK = 46
STYLE = ROOT / "client" / "replate" / "demo" / "style.jpg"
DATA = ROOT / ".replate" / "demo"
"""Of `make demo`, whose weights and plate are used."""


def played(folder: Path) -> None:
    """Plays the session into a folder: a script for each moment, what was said, and the results."""
    if not plate(LOOK).is_file():
        sys.exit("There is no plate: run make demo first.")
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"REPLATE_WEIGHTS__FOLDER": str(DATA / "weights")}
    with serving(folder / "server", settings=settings) as server:
        nuke = Nuke(folder / "home", server.address, seconds=3600.0)
        pattern = plate(LOOK).with_name("plate.%04d.exr")
        done = nuke.scenario("shown", folder / "seen.json", pattern, STYLE, gui=True)
        if done.code:
            sys.exit(done.said)


def plate(frame: int) -> Path:
    return ROOT / "out" / "demo" / "plate" / f"plate.{frame:04d}.exr"


@dataclass(frozen=True)
class Session:
    """What was played into a folder."""

    folder: Path

    def script(self, moment: str) -> str:
        return (self.folder / f"{moment}.nk").read_text(encoding="utf-8")

    def nodes(self, moment: str) -> list[nk.Node]:
        return nk.loads(self.script(moment)).nodes

    def node(self, moment: str, name: str) -> nk.Node:
        return nk.loads(self.script(moment)).node(name)

    @cached_property
    def told(self) -> Mapping[str, Any]:
        """What the scenario saw: the menu's items, the progress bar's words."""
        found: dict[str, Any] = json.loads((self.folder / "seen.json").read_text(encoding="utf-8"))
        return found

    def rendered(self, engine: Engine, moment: str, write: str, frame: int) -> NDArray[np.float32]:
        """What a Write of the script gives at a frame, [height, width, 4], from the top: nothing of Replate's runs."""
        script = self.script(moment)
        engine.ask(script, write, frame)
        file = nk.split(nk.loads(script).node(write).knobs["file"])[0]
        return pixels(Path(file % frame))

    def installed(self) -> tuple[str, str]:
        """What `replate install nuke` says to an artist who has nothing yet, and their init.py after it."""
        home = self.folder / "ann"
        shutil.rmtree(home, ignore_errors=True)
        (home / ".nuke").mkdir(parents=True)
        command = [str(Path(sys.executable).with_name("replate")), "install", "nuke"]
        environment = {**os.environ, "HOME": str(home), "COLUMNS": "200", "NO_COLOR": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return (done.stdout + done.stderr).replace(str(home), "/home/ann"), (home / ".nuke" / "init.py").read_text(
            "utf-8"
        )


def pixels(file: Path) -> NDArray[np.float32]:
    """R, G, B, A of an EXR, [height, width, 4]; alpha is 1 where it has none."""
    picture = oiio.ImageBuf(str(file))
    spec = picture.spec()
    found = np.asarray(picture.get_pixels(oiio.FLOAT), np.float32).reshape(spec.height, spec.width, -1)
    planes = dict(zip(spec.channelnames, np.moveaxis(found, 2, 0), strict=True))
    one = np.ones(found.shape[:2], np.float32)
    return np.dstack([planes.get(name, one) for name in "RGBA"])


def plane(file: Path, channel: str) -> NDArray[np.float32]:
    picture = oiio.ImageBuf(str(file))
    index = picture.spec().channelnames.index(channel)
    return np.asarray(picture.get_pixels(oiio.FLOAT), np.float32)[..., index]


def photograph(linear: NDArray[np.float32]) -> Image.Image:
    """Scene-linear Rec.709 as sRGB shows it."""
    colours = np.clip(linear[..., :3], 0, 1)
    shown = np.where(colours <= 0.0031308, 12.92 * colours, 1.055 * np.power(colours, 1 / 2.4) - 0.055)
    return Image.fromarray(np.round(shown * 255).astype(np.uint8))


def grey(values: NDArray[np.float32]) -> Image.Image:
    """0 to 1 as black to white."""
    return Image.fromarray(np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)).convert("RGB")
