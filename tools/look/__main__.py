"""Plays an artist's ways through Replate in a real Blender, and leaves a shot of every step in out/look/.

With --docs, the pictures in docs/blender/ are made anew, too.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from replate.demo.server import serving
from tools.extension.needs import ROOT
from tools.look.footage import fetch
from tools.look.pictures import cut, developed
from tools.look.place import find
from tools.look.window import play
from tools.look.zipped import install

WORK = ROOT / ".cache" / "look"
SHOTS = ROOT / "out" / "look"
DOCS = ROOT / "docs" / "blender"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.look", description=__doc__)
    parser.add_argument("stories", nargs="*", metavar="STORY", help="all by default")
    parser.add_argument("--plate", type=Path, help="footage of your own, #### for the frame's number")
    parser.add_argument("--docs", action="store_true", help="make the pictures of the docs anew")
    asked = parser.parse_args()
    if asked.docs and asked.plate:
        parser.error("the docs show the demo's plate, which may be shown: leave --plate out")
    place = find(WORK / "root")
    data, home, footage = WORK / "server", WORK / "home", WORK / "footage"
    plate, style = fetch(data, footage, asked.plate)
    shots = Path(place.known_as(footage, "/shots"))
    install(place, home, WORK)
    shutil.rmtree(SHOTS, ignore_errors=True)
    SHOTS.mkdir(parents=True)
    with serving(data) as address:
        orders = {"address": address, "plate": str(shots / plate), "style": str(shots / style)}
        code = play(place, home, {**orders, "stories": asked.stories, "shots": str(SHOTS)}, WORK)
    developed(SHOTS)
    if asked.docs:
        cut(SHOTS, DOCS)
    sys.exit(code)


if __name__ == "__main__":
    main()
