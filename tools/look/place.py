"""Where a Blender and a screen are: on this machine, or in a Debian laid into a folder of the checkout."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.extension.needs import ROOT

LEAST = (4, 2)
"""The first Blender that has extensions."""
SUITE = "trixie"
"""The Debian whose Blender is 4.3."""

_TOOLS = ("Xvfb", "xdotool", "import")
_PACKAGES = ("blender", "xvfb", "xdotool", "imagemagick", "libgl1-mesa-dri", "python3-numpy")
_VERSION = re.compile(r"Blender (\d+)\.(\d+)")

# The mounts are the process's own, and end with it. The checkout lies at the same path inside.
_ENTER = """
mount --make-rprivate /
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mkdir -p "$0$1"
mount --bind "$1" "$0$1"
folder=$0; shift
exec chroot "$folder" "$@"
"""


@dataclass(frozen=True)
class Place:
    """Where commands run. Paths in the checkout are the same in every place."""

    blender: str = "blender"
    root: Path | None = None
    """The folder that is `/` there; None for this machine itself."""

    def command(self, *words: str) -> list[str]:
        """What to start here for a command to run there; killed, it takes along what it started."""
        if self.root is None:
            return list(words)
        enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", _ENTER]
        return [*enter, str(self.root), str(ROOT), *words]

    def known_as(self, path: Path, name: str) -> str:
        """A path of the checkout by a name that may be shown, where there is a root to give it one."""
        if self.root is None:
            return str(path)
        link = self.root / name.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(path)
        return name

    def environment(self, **more: str) -> dict[str, str]:
        path = os.environ.get("PATH", "") if self.root is None else "/usr/sbin:/usr/bin:/sbin:/bin"
        return {"PATH": path, "LANG": "C.UTF-8", **more}


def find(folder: Path) -> Place:
    """This machine, where it has all that is needed; else the Debian in a folder, laid there the first time.

    Raises SystemExit with what is missing.
    """
    named = os.environ.get("BLENDER", "blender")
    version = _version(named)
    if version is not None and version >= LEAST and all(map(shutil.which, _TOOLS)):
        return Place(named)
    if "BLENDER" in os.environ:
        tools = ", ".join(tool for tool in _TOOLS if not shutil.which(tool))
        raise SystemExit(
            f"$BLENDER does not run here: it needs {tools} beside it."
            if tools
            else f"$BLENDER, {named}, is no Blender of {'.'.join(map(str, LEAST))} or newer."
        )
    if not (folder / "usr/bin/blender").exists():
        _lay(folder)
    return Place(root=folder)


def _version(blender: str) -> tuple[int, int] | None:
    if shutil.which(blender) is None:
        return None
    said = subprocess.run([blender, "--version"], capture_output=True, text=True, check=False).stdout
    found = _VERSION.search(said)
    return (int(found[1]), int(found[2])) if found else None


def _lay(folder: Path) -> None:
    if platform.system() != "Linux" or os.geteuid() != 0 or not all(map(shutil.which, ("debootstrap", "unshare"))):
        raise SystemExit(
            "There is no Blender to look at: put Blender 4.2 or newer, Xvfb, xdotool and ImageMagick on the PATH, or "
            "run this as root on a Linux that has debootstrap."
        )
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    subprocess.run(["debootstrap", "--variant=minbase", SUITE, str(part)], check=True)
    place = Place(root=part)
    install = ("apt-get", "install", "--yes", "--no-install-recommends", *_PACKAGES)
    environment = place.environment(DEBIAN_FRONTEND="noninteractive")
    subprocess.run(place.command(*install), env=environment, check=True)
    part.rename(folder)
