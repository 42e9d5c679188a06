"""`replate export`: a scene for another program, without any host."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from replate.cli.console import say
from replate.errors import BadRequest
from replate.scene import read_scene
from replate.scene.exporting import ENDINGS, export
from replate.scene.staging import at_rest

_KINDS = {ending: kind for kind, ending in ENDINGS.items()}


def export_scene(
    scene: Annotated[Path, typer.Argument(metavar="SCENE", help="scene.json, or the folder that it is in.")],
    out: Annotated[Path, typer.Argument(metavar="FILE", help="What to write: .glb, .nk or .usda.")],
    frame: Annotated[int | None, typer.Option("--frame", help="The one that a .glb shows; else the first.")] = None,
) -> None:
    """Writes a scene at rest for another program. What an artist made of it in Blender is exported there."""
    kind = _KINDS.get(out.suffix.lower())
    if kind is None:
        raise BadRequest(f"{out.name} ends in {out.suffix!r}: give it a name that ends in {', '.join(_KINDS)}.")
    folder = scene if scene.is_dir() else scene.parent
    for said in export(at_rest(read_scene(scene)), folder, out.absolute(), kind, frame):
        say(said)
    say(f"Wrote {out}.")
