"""The extension for one Blender, whichever Python it was built with, as Debian's is with another than Blender's own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from packaging.utils import NormalizedName

from tools.extension.building import lay_out, packed
from tools.extension.needs import pinned
from tools.extension.packages import fetched
from tools.extension.targets import Target
from tools.look.place import Place

_ASK = "import bpy, json, sys; print('says', json.dumps([bpy.app.version, sys.version_info[:2]]))"
_INSTALL = """
import bpy, sys
file = sys.argv[-1]
bpy.ops.extensions.package_install_files(filepath=file, repo="user_default", enable_on_install=True)
bpy.context.preferences.view.show_splash = False
bpy.ops.wm.save_userpref()
"""


def install(place: Place, home: Path, work: Path) -> None:
    """Builds the zip and has Blender install it into a new home, as an artist does.

    `work` keeps packages from one time to the next. Raises SystemExit with what Blender says.
    """
    file = _zip(place, work)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    said = _told(place, home, _INSTALL, str(file))
    if not list(home.glob("**/extensions/user_default/replate/blender_manifest.toml")):
        raise SystemExit(f"Blender did not install the extension: {said[-2000:]}")


def environment(place: Place, home: Path, **more: str) -> dict[str, str]:
    """In which Blender finds its settings and an artist's files in a home of their own."""
    known = place.known_as(home, "/home/artist")
    return place.environment(HOME=known, BLENDER_USER_RESOURCES=f"{known}/blender", **more)


def _zip(place: Place, work: Path) -> Path:
    said = _told(place, work, _ASK)
    version, python = json.loads(said.partition("says ")[2].splitlines()[0])
    target = Target("linux-x64", ".".join(map(str, python)))

    def kept(names: Sequence[NormalizedName], folder: Path, target: Target) -> None:
        for name in names:
            had = work / "packages" / str(target) / f"{name}-{pinned().get(name)}"
            if not had.is_dir():
                part = had.with_suffix(".part")
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir(parents=True)
                fetched([name], part, target)
                part.rename(had)
            shutil.copytree(had, folder, dirs_exist_ok=True)

    folder = work / "replate"
    shutil.rmtree(folder, ignore_errors=True)
    lay_out(folder, target, kept)
    manifest = folder / "blender_manifest.toml"
    manifest.write_text(_widened(manifest.read_text("utf-8"), version), "utf-8")
    return packed(folder)


def _widened(manifest: str, version: Sequence[int]) -> str:
    """The manifest, saying that the zip is for this Blender and all that follow."""
    first = f'blender_version_min = "{".".join(map(str, version))}"'
    return re.sub(r"blender_version_min = .*", first, re.sub(r"blender_version_max = .*\n", "", manifest))


def _told(place: Place, home: Path, script: str, *words: str) -> str:
    """What Blender, without a window, prints while it runs a script."""
    command = place.command(place.blender, "--background", "--factory-startup", "--python-expr", script, "--", *words)
    done = subprocess.run(command, env=environment(place, home), capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
