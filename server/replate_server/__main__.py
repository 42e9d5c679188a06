"""`replate-server`: serve, show the settings, look after the weights."""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer

import replate
from replate.errors import ReplateError
from replate_server import settings as settings_of
from replate_server.gateway.callers import token_sha256
from replate_server.weights.cli import app_for
from replate_server.weights.policy import Policy
from replate_server.weights.store import WeightStore

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Replate's server.")

Config = Annotated[Path | None, typer.Option("--config", help="A TOML file of settings.")]
Listen = Annotated[str | None, typer.Option("--listen", help="host:port, or unix:/path/to/socket.")]
Data = Annotated[Path | None, typer.Option("--data", help="Where frames, the ledger and weights live.")]


@app.command()
def serve(
    config: Config = None,
    listen: Listen = None,
    data: Data = None,
    embedded: Annotated[bool, typer.Option("--embedded", hidden=True)] = False,
) -> None:
    """Serves until Ctrl-C."""
    from replate_server.serve import serve as run

    settings = settings_of.load(config, listen=listen, data=data, embedded=embedded or None)

    def ready(address: str) -> None:
        typer.echo(f"Replate {replate.__version__} serves at {address}; its data is in {settings.data}.", err=True)

    run(settings, ready)


@app.command()
def config(
    config: Config = None,
    listen: Listen = None,
    data: Data = None,
    describe: Annotated[bool, typer.Option("--describe", help="What each setting is, instead.")] = False,
) -> None:
    """Prints the settings as they are in force, as JSON."""
    if describe:
        typer.echo(settings_of.described())
        return
    settings = settings_of.load(config, listen=listen, data=data)
    typer.echo(json.dumps(settings.model_dump(mode="json"), indent=2, sort_keys=True))


@app.command()
def token(name: str) -> None:
    """Makes a token for a user, and the lines for the settings file that let its holder in."""
    made = secrets.token_urlsafe(32)
    typer.echo(f"The token of {name}, to be kept secret and given to them as REPLATE_TOKEN:\n\n  {made}\n")
    typer.echo(f'For the settings file:\n\n  [[users]]\n  name = "{name}"\n  token_sha256 = "{token_sha256(made)}"')
    typer.echo("  projects = []")


def main() -> None:
    """The entry point: an error is one sentence."""
    try:
        app()
    except ReplateError as error:
        if os.environ.get("REPLATE_DEBUG"):
            raise
        typer.echo(str(error), err=True)
        sys.exit(1)


def _weights() -> WeightStore:
    settings = settings_of.load()
    policy = Policy(settings.weights.allow_non_commercial, settings.weights.refuse, settings.weights.allow)
    return WeightStore(settings.weights_folder, policy, settings.weights.registries, settings.weights.loras)


app.add_typer(app_for(_weights), name="weights")

if __name__ == "__main__":
    main()
