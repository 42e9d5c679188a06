"""What is left of the extension when one of its parts cannot be registered: printed as JSON on the last line."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
import blender_addon


def main() -> None:
    happened: list[str] = []

    def fail() -> None:
        raise RuntimeError("there is no such property")

    part("sound", lambda: happened.append("registered"), lambda: happened.append("unregistered"))
    part("broken", fail, lambda: happened.append("never"))
    blender_addon.PARTS = ("sound", "broken")
    blender_addon.register()
    shown = [kind for kind in bpy.types.AddonPreferences.__subclasses__() if kind.bl_idname == "blender_addon"]
    told = {"happened": list(happened), "shown": [kind.what for kind in shown if kind.is_registered]}
    # As after an upgrade: the same Blender, and a part that is mended.
    blender_addon.unregister()
    part("broken", lambda: happened.append("mended"), lambda: happened.append("gone"))
    blender_addon.register()
    blender_addon.unregister()
    told["later"] = happened[2:]
    told["left"] = [kind.what for kind in shown if kind.is_registered]
    print(json.dumps(told), flush=True)
    # Blender's own way out prints of memory that it did not free, and takes its time.
    os._exit(0)


def part(name: str, register: object, unregister: object) -> None:
    module = ModuleType(f"blender_addon.{name}")
    vars(module).update(register=register, unregister=unregister)
    sys.modules[module.__name__] = module


if __name__ == "__main__":
    main()
