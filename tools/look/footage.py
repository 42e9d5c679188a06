"""The plate and the style of the shots: the demo's, because shots of it may be shown; or footage of one's own."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

import replate.demo
from replate.demo.server import pull_weights, weight_file
from replate.frame import Box, Frame
from replate.media import PlateWriter, open_plate

FIRST, LAST = 31, 42
WEIGHTS = ("plate-bigbuckbunny", "adain-vgg", "adain-decoder", "sam2-tiny-encoder", "sam2-tiny-decoder", "migan")


def fetch(data: Path, folder: Path, own: Path | None) -> tuple[Path, Path]:
    """Fetches the weights into a server's data, and gives the plate and the style, which are written into a folder,
    by their paths in it.

    The server forgets what it did before: what is done already shows no progress.
    """
    for each in data.glob("*"):
        if each.name != "weights":
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    pull_weights(data, WEIGHTS)
    style = folder / "style.jpg"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(replate.demo.__file__).with_name(style.name), style)
    if own is not None:
        plate = _few(own, folder / "own" / "own.####.exr")
    else:
        plate = _halves(weight_file(data, "plate-bigbuckbunny.*"), folder / "bunny" / "bunny.####.exr")
    return plate.relative_to(folder), style.relative_to(folder)


def _few(source: Path, pattern: Path) -> Path:
    """As many frames of a plate as the demo's has, where a Debian in a folder finds them."""
    writer = PlateWriter(pattern)
    shutil.rmtree(pattern.parent, ignore_errors=True)
    for frame, _ in zip(open_plate(source), range(FIRST, LAST + 1), strict=False):
        writer.write(frame)
    return pattern


def _halves(movie: Path, pattern: Path) -> Path:
    """Some frames of a movie, at half its size."""
    writer = PlateWriter(pattern)
    if all(writer.path(number).exists() for number in range(FIRST, LAST + 1)):
        return pattern
    for frame in open_plate(movie, f"{FIRST}-{LAST}"):
        height, width, channels = frame.pixels.shape
        halves = frame.pixels.astype(np.float32).reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3))
        window = Box(0, 0, width // 2, height // 2)
        writer.write(Frame(replace(frame.spec, data_window=window, display_window=window), halves.astype(np.float16)))
    return pattern
