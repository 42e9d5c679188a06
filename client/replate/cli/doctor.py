"""`replate doctor`: whether everything is in place, and what to do where it is not."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

import replate
from replate import embedded
from replate.catalog import Catalog, Model
from replate.cli.console import notes, print_json, results
from replate.cli.options import Json, Server, Token
from replate.connection import Client, connect
from replate.errors import ReplateError
from replate.frame import Box, Frame, FrameSpec

_LOW = 5 << 30
"""Bytes of free disk below which a plate of some length will not fit."""


class Health(str, Enum):
    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    health: Health
    text: str
    remedy: str = ""
    """What to do; empty where nothing needs doing."""


def doctor(server: Server = None, token: Token = None, as_json: Json = False) -> None:
    """Checks this machine, the server, its models and weights, and says what to fix. Exits with 1 if broken."""
    findings: list[Finding] = []
    with notes().status("Looking"):
        findings.extend(examine(server, token))
    broken = any(finding.health is Health.BROKEN for finding in findings)
    if as_json:
        print_json({"healthy": not broken, "findings": [asdict(finding) for finding in findings]})
    else:
        results().print(_table(findings))
    if broken:
        raise typer.Exit(1)


def examine(server: str | None, token: str | None) -> Iterator[Finding]:
    """What there is to say, in the order in which one thing needs another."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("client", Health.OK, f"Replate {replate.__version__} under Python {version}")
    yield _disk("disk", Path.cwd(), "where you are")
    named = server or os.environ.get("REPLATE_SERVER")
    if named:
        yield Finding("address", Health.OK, f"{named}, from {'--server' if server else '$REPLATE_SERVER'}")
    else:
        folder = embedded.folder_of()
        yield Finding("address", Health.OK, f"none is named: a server of this machine's own, its data in {folder}")
        yield _disk("data", folder, "of the server's data")
    try:
        with connect(server, token) as client:
            yield from _examine_server(client)
    except ReplateError as error:
        yield Finding("server", Health.BROKEN, "it does not answer", str(error))


def _examine_server(client: Client) -> Iterator[Finding]:
    begin = time.monotonic()
    catalog = client.catalog()
    milliseconds = (time.monotonic() - begin) * 1000
    yield Finding("server", Health.OK, f"answers at {client.address} in {milliseconds:.0f} ms")
    yield _versions(catalog)
    yield Finding("devices", Health.OK, ", ".join(catalog.devices) or "none listed")
    yield Finding("colour", Health.OK, f"spaces are named in {catalog.colour_config}")
    for model in catalog.models:
        yield _model(model)
    yield _round_trip(client)


def _versions(catalog: Catalog) -> Finding:
    if catalog.version == replate.__version__:
        return Finding("versions", Health.OK, f"client and server are both {catalog.version}")
    return Finding(
        "versions",
        Health.WARNING,
        f"the client is {replate.__version__}, the server {catalog.version}; they speak the same protocol",
        "Bring both to the same version when you can.",
    )


def _model(model: Model) -> Finding:
    missing = [weight for weight in model.weights if not weight.present]
    if not model.available:
        return Finding(model.name, Health.WARNING, "cannot run", model.unavailable_reason)
    if missing:
        size = sum(weight.bytes for weight in missing) / 1e6
        return Finding(
            model.name,
            Health.WARNING,
            f"{size:.0f} MB of weights are not here yet; the first job fetches them",
            f"To have them before: replate-server weights pull {' '.join(weight.name for weight in missing)}",
        )
    return Finding(model.name, Health.OK, f"ready, {model.licence}")


def _round_trip(client: Client) -> Finding:
    """A frame that nobody has sent before, through the identity operation and back."""
    window = Box(0, 0, 64, 36)
    spec = FrameSpec(1, window, window, ("R", "G", "B", "A"))
    pixels = np.random.default_rng().normal(0.5, 4, spec.shape).astype(np.float16)
    begin = time.monotonic()
    try:
        job = client.submit("identity", {"plate": Frame(spec, pixels.copy())}, title="replate doctor")
        back = [frame for _, frame in job.frames()]
    except ReplateError as error:
        return Finding("a frame", Health.BROKEN, "does not come through the server and back", str(error))
    seconds = time.monotonic() - begin
    if len(back) != 1 or not np.array_equal(back[0].pixels, pixels):
        return Finding("a frame", Health.BROKEN, "comes back changed", "Report this, with the server's log.")
    return Finding("a frame", Health.OK, f"goes through the server and back in {seconds:.2f} s, bit for bit")


def _disk(name: str, folder: Path, whose: str) -> Finding:
    there = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    free = shutil.disk_usage(there).free
    text = f"{free / 1e9:.1f} GB are free on the disk {whose}"
    if not os.access(there, os.W_OK):
        return Finding(name, Health.WARNING, f"{there} cannot be written to", "Work in a folder that can be.")
    if free < _LOW:
        return Finding(name, Health.WARNING, text, f"Make room on the disk of {there}.")
    return Finding(name, Health.OK, text)


def _table(findings: list[Finding]) -> Table:
    marks = {Health.OK: "[green]ok", Health.WARNING: "[yellow]look", Health.BROKEN: "[red]broken"}
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        text = escape(finding.text) + (f"\n[bold]{escape(finding.remedy)}" if finding.remedy else "")
        table.add_row(marks[finding.health], escape(finding.name), text)
    return table
