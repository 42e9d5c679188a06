"""Shots as they come from the screen, made into pictures."""

from __future__ import annotations

import json
from pathlib import Path

from OpenImageIO import ROI, ImageBuf, ImageBufAlgo

_QUALITY = 78


def developed(folder: Path) -> None:
    """Makes each NAME.ppm of a folder NAME.png."""
    for raw in folder.glob("*.ppm"):
        _write(ImageBuf(str(raw)), raw.with_suffix(".png"))
        raw.unlink()


def cut(shots: Path, docs: Path) -> None:
    """Makes docs/NAME.jpg of each shots/NAME.png with a NAME.json: its left, right, top and bottom."""
    docs.mkdir(parents=True, exist_ok=True)
    for said in shots.glob("*.json"):
        left, right, top, bottom = json.loads(said.read_text("utf-8"))
        part = ImageBufAlgo.cut(ImageBuf(str(said.with_suffix(".png"))), ROI(left, right, top, bottom))
        part.specmod().attribute("Compression", f"jpeg:{_QUALITY}")
        _write(part, docs / f"{said.stem}.jpg")


def _write(picture: ImageBuf, file: Path) -> None:
    if not picture.write(str(file)):
        raise SystemExit(f"{file.name} cannot be written: {picture.geterror()}")
