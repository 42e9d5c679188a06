"""What an artist does with the zip, in a Blender of its own: install, enable, run, disable, remove.

    python extension.py ZIP ADDRESS PLATE RESULT

ADDRESS is a server's, PLATE and RESULT are sequences. The last line printed is JSON: what was so when.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import bpy

# It lies among the scripts that bpy brings along.
import addon_utils  # isort: skip

MODULE = "bl_ext.user_default.replate"
EXTENSIONS = Path(os.environ["BLENDER_USER_RESOURCES"]) / "extensions" / "user_default"


def main(file: str, address: str, plate: str, result: str) -> None:
    before = around()
    bpy.ops.extensions.package_install_files(filepath=file, repo="user_default", enable_on_install=False)
    told: dict[str, Any] = {"blender": bpy.app.version_string, "before": before, "installed": here()}
    bpy.ops.preferences.addon_enable(module=MODULE)
    told["enabled"] = here()
    # As Blender does before it lists extensions: what it holds against them.
    addon_utils._is_first_reset()
    told["run"] = run(address, plate, result)
    told["violations"] = addon_utils._extensions_warnings_get().get(MODULE, [])
    told["around"] = around()
    bpy.ops.preferences.addon_disable(module=MODULE)
    told["disabled"] = here()
    bpy.ops.preferences.addon_enable(module=MODULE)
    told["enabled_again"] = here()
    bpy.ops.extensions.package_uninstall(repo_directory=str(EXTENSIONS), pkg_id="replate")
    told["removed"] = here()
    told["left"] = sorted(name for name in sys.modules if name.startswith(MODULE))
    told["after"] = around()
    print(json.dumps(told), flush=True)
    # Blender's own way out prints of memory that it did not free, and takes its time.
    os._exit(0)


def here() -> dict[str, bool]:
    return {
        "files": (EXTENSIONS / "replate" / "blender_manifest.toml").is_file(),
        "enabled": MODULE in bpy.context.preferences.addons,
        "loaded": addon_utils.check(MODULE)[1],
    }


def around() -> dict[str, list[str]]:
    """What the extension is to leave as it was: where Python looks, what Blender knows, what lies on the disk."""
    home = EXTENSIONS.parents[1]
    files = [path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()]
    return {
        "path": list(sys.path),
        "top modules": sorted(name for name in sys.modules if name.startswith("replate")),
        "types": sorted(dir(bpy.types)),
        "operators": sorted(dir(bpy.ops.replate)),
        # What Blender itself keeps on extensions is Blender's.
        "files": sorted(name for name in files if not name.startswith(("extensions/.", "extensions/user_default/."))),
    }


def run(address: str, plate: str, result: str) -> dict[str, Any]:
    """A job of the agent that the extension carries, found without being told where."""
    agent = importlib.import_module(f"{MODULE}.replate_host").Agent(address=address)
    try:
        operations = [operation["name"] for operation in agent.call("catalog")["operations"]]
        asked = {"operation": "identity", "inputs": {"plate": {"path": plate}}, "outputs": {"plate": result}}
        handle = agent.wait(agent.submit(asked), 120)
        maps = Path(f"/proc/{agent.pid}/maps").read_text().splitlines()
        libraries = {Path(line.split()[-1]) for line in maps if ".so" in line}
        carried = EXTENSIONS / "replate" / "replate_agent"
        return {
            "operations": operations,
            "state": handle.state,
            "frames": [frame.number for frame in handle.frames],
            "carried": sorted({path.relative_to(carried).parts[0] for path in libraries if carried in path.parents}),
            "of_blender": sorted(str(path) for path in libraries if "site-packages" in path.parts),
        }
    finally:
        agent.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
