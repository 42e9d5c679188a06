"""Scenes at rest: with no parallax at any frame, and with some where the move begins. Arguments TASKS: a JSON file."""

import json
from pathlib import Path

import desk
import nuke
import parallax_desk

(tasks,) = desk.arguments(1)
for task in json.loads(Path(tasks).read_text(encoding="utf-8")):
    group = parallax_desk.built(task["scene"], **task["knobs"])
    parallax_desk.render(group, task["out"], task["frame"])
    nuke.delete(group)
