"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

import replate
from replate.cli import install, jobs
from replate.cli.choose import choose
from replate.cli.doctor import doctor
from replate.cli.export import export_scene
from replate.cli.layers import layers
from replate.cli.models import models
from replate.cli.operations import add_operations
from replate.cli.synthesize import SynthesizeCommand, synthesize

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Restyle plates, cut out subjects, make clean plates and motion vectors.",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"replate {replate.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _agent() -> None:
    """Serves a host application over stdin and stdout; see docs/agent.md."""
    from replate.agent.__main__ import main

    raise typer.Exit(main())


add_operations(app)
app.command("choose")(choose)
app.command("layers")(layers)
app.command("export")(export_scene)
app.command("synthesize", cls=SynthesizeCommand)(synthesize)
app.command("fetch")(jobs.fetch)
app.add_typer(jobs.app, name="jobs")
app.add_typer(install.installing, name="install")
app.add_typer(install.uninstalling, name="uninstall")
app.command("models")(models)
app.command("doctor")(doctor)
app.command("agent")(_agent)
