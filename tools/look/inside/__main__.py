"""Plays stories in this Blender: `blender --python THIS -- ORDERS`, a JSON file (see `tools.look.__main__`)."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tools.look.inside.stage import Stage, play
from tools.look.inside.stories import STORIES


def main() -> None:
    stage = Stage(json.loads(Path(sys.argv[-1]).read_text("utf-8")))

    def ended() -> None:
        print(f"look: failed: {', '.join(stage.failed) or 'nothing'}", flush=True)
        os._exit(1 if stage.failed else 0)

    play(stage, {name: STORIES[name] for name in stage.orders["stories"] or STORIES}, ended)


main()
