"""One zip: the add-on, what it imports, and the agent with all that it needs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tools.extension.needs import ROOT, missing, version
from tools.extension.packages import Source
from tools.extension.targets import Target

AGENT = "replate_agent"
"""As `replate_host.environment.BUNDLE`."""

_NO_CODE = shutil.ignore_patterns("__pycache__", "*.pyc")


def build(target: Target, source: Source, out: Path) -> Path:
    """Builds and validates a zip with Blender's own tool. Raises SystemExit with what that says."""
    out.mkdir(parents=True, exist_ok=True)
    file = out.resolve() / f"replate-{version()}-{target}.zip"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "replate"
        lay_out(folder, target, source)
        blender("build", "--source-dir", str(folder), "--output-filepath", str(file))
    blender("validate", str(file))
    return file


def packed(folder: Path) -> Path:
    """A zip of a folder as `lay_out` makes it, validated; not compressed, which is what takes the time."""
    file = folder.with_suffix(".zip")
    with zipfile.ZipFile(file, "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    blender("validate", str(file))
    return file


def lay_out(folder: Path, target: Target, source: Source) -> None:
    """Makes the folder that Blender has once the zip is installed."""
    shutil.copytree(ROOT / "blender_addon", folder, ignore=_NO_CODE)
    shutil.copytree(ROOT / "client" / "replate_host", folder / "replate_host", ignore=_NO_CODE)
    shutil.copy(ROOT / "LICENSE", folder)
    manifest = folder / "blender_manifest.toml"
    manifest.write_text(narrowed(manifest.read_text("utf-8"), target), "utf-8")
    carry(folder / AGENT, target, source)


def carry(folder: Path, target: Target, source: Source) -> None:
    """Fills a folder that the target's Python runs as the agent: `python -I -S FOLDER`."""
    folder.mkdir()
    while names := missing(folder, target):
        source(names, folder, target)
    for scripts in ("bin", "Scripts"):
        shutil.rmtree(folder / scripts, ignore_errors=True)
    for tests in [path for path in folder.rglob("tests") if path.is_dir()]:
        shutil.rmtree(tests)
    for package in ("replate", "replate_host"):
        shutil.copytree(ROOT / "client" / package, folder / package, ignore=_NO_CODE)
    about = folder / f"replate-{version()}.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text(f"Metadata-Version: 2.1\nName: replate\nVersion: {version()}\n", "utf-8")
    shutil.copy(Path(__file__).with_name("start.py"), folder / "__main__.py")


def narrowed(manifest: str, target: Target) -> str:
    """The manifest, saying which platform and which Blenders the zip is for."""
    first, end = target.blender
    blenders = f'blender_version_min = "{first}"' + (f'\nblender_version_max = "{end}"' if end else "")
    for name, line in {
        "version": f'version = "{version()}"',
        "platforms": f'platforms = ["{target.platform}"]',
        "blender_version_min": blenders,
    }.items():
        manifest, count = re.subn(rf"^{name} = .*$", line, manifest, flags=re.MULTILINE)
        if count != 1:
            raise SystemExit(f"blender_manifest.toml must have one line '{name} = ...', and has {count}.")
    return manifest


def blender(*words: str) -> None:
    """Blender's tool for extensions, which comes with a bpy of `make blender`: that of the newest."""
    where = "*/lib/python*/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"
    tools = sorted((ROOT / ".venv-bpy").glob(where))
    if not tools:
        raise SystemExit("Blender's own tool is not there: run `make blender`.")
    done = subprocess.run([sys.executable, str(tools[-1]), *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"Blender refuses the extension: {(done.stdout + done.stderr).strip()}")
