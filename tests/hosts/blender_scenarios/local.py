"""A server on this machine, started from the preferences; and a program that is none.

python local.py OUT DATA PROGRAM
"""

from __future__ import annotations

import os
import sys
from typing import Any

import bpy
from desk import MODULE, connect, enable, report


def main(out: str, data: str, program: str) -> None:
    os.environ["REPLATE_DATA"] = data
    enable()
    mine = bpy.context.preferences.addons[MODULE].preferences
    mine.program = f"{program}-that-is-not-there"
    told: dict[str, Any] = {"refused": connect("")}
    # Preferences that were changed are another connection.
    mine.program = program
    told["started"] = connect("")
    report(out, told)


if __name__ == "__main__":
    main(*sys.argv[1:])
