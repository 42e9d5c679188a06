"""Builds the extension for every platform and Python, for some, or for this machine from what is installed here."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.extension.building import build
from tools.extension.packages import fetched, installed
from tools.extension.targets import ALL, here


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.extension", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(map(str, ALL))}; all by default")
    parser.add_argument("--here", action="store_true", help="for this machine, from what is installed: no network")
    parser.add_argument("--out", type=Path, default=Path("dist"), help="the folder of the zips; dist by default")
    asked = parser.parse_args()
    known = {str(target): target for target in ALL}
    if unknown := set(asked.targets) - set(known):
        parser.error(f"{', '.join(sorted(unknown))}: no target; choose from {', '.join(known)}")
    targets, source = [known[name] for name in asked.targets or known], fetched
    if asked.here:
        if (target := here()) is None:
            parser.error("no Blender runs this Python on this machine: leave --here out, and choose a target")
        targets, source = [target], installed
    for target in targets:
        file = build(target, source, asked.out)
        print(f"{file}  {file.stat().st_size / 1e6:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
