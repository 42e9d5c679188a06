"""What several commands take and give back."""

from __future__ import annotations

from typing import Annotated

import typer

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""

Server = Annotated[str | None, typer.Option("--server", "-s", metavar="ADDRESS", help="host:port.")]
Token = Annotated[str | None, typer.Option("--token", help="Who you are; by default $REPLATE_TOKEN.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
