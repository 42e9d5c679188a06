"""Renews the pictures of docs/nuke.md: `python tests/hosts/draw_nuke [FOLDER]`, after `make demo`.

A session is played in Nuke's stand-in, with a real server and real models, which takes minutes; in a FOLDER it is
kept, and drawn from there the next time. Graphs and panels are drawn from the scripts that the session saved.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE.parent), str(_HERE.parents[1]), str(_HERE.parent / "nuke" / "python")]

from draw_nuke.pictures import PICTURES  # noqa: E402
from draw_nuke.session import Session, played  # noqa: E402

from nuke_engine import Engine  # noqa: E402

OUT = _HERE.parents[2] / "docs" / "nuke"
LARGEST = 150_000
"""Bytes of a picture."""


def main(folder: Path) -> None:
    if not (folder / "moved.nk").is_file():
        played(folder)
    OUT.mkdir(exist_ok=True)
    session = Session(folder)
    with Engine(folder) as engine:
        for name, draw in PICTURES.items():
            _save(draw(session, engine).finished(), OUT / f"{name}.jpg")


def _save(picture: Image.Image, file: Path) -> None:
    """As good as it can be in so many bytes."""
    for quality in range(92, 40, -4):
        kept = io.BytesIO()
        picture.save(kept, "JPEG", quality=quality, subsampling=2, optimize=True, progressive=True)
        if kept.tell() < LARGEST:
            break
    file.write_bytes(kept.getvalue())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]).resolve())
    else:
        with tempfile.TemporaryDirectory() as kept:
            main(Path(kept) / "session")
