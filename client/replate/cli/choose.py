"""`replate choose`: one of several variations as the full job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from replate.cli import record
from replate.cli.operations import ask
from replate.cli.options import Json, Server, Token


def choose(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What --vary wrote.")],
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The variation's, as on the sheet.")],
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="PATTERN", help="Where the frames go.")] = None,
    frames: Annotated[
        str | None, typer.Option("--frames", "-f", metavar="RANGE", help="Other frames than were asked for.")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for the frames, or only ask for the job.")
    ] = True,
    server: Server = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Makes the full job of a variation: all frames at full size, with everything that made it what it is."""
    request = record.read(folder, number)
    common = replace(request.common, out=out, server=server, token=token, wait=wait, as_json=as_json)
    ask(replace(request, common=replace(common, frames=frames or common.frames)))
