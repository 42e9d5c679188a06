"""`replate install` and `replate uninstall`: Replate in host applications, a command for each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import replate
from replate.cli.console import print_json, say
from replate.cli.options import Json
from replate.install import nuke

installing = typer.Typer(no_args_is_help=True, help="Puts Replate into a host application.")
uninstalling = typer.Typer(no_args_is_help=True, help="Takes Replate out of a host application.")


@installing.callback()
@uninstalling.callback()
def _hosts() -> None:
    """A host is named even while there is but one."""


NukePath = Annotated[
    Path | None,
    typer.Option(
        "--path", metavar="DIR", help="A folder that Nuke looks into, such as one of NUKE_PATH; else ~/.nuke."
    ),
]


@installing.command("nuke")
def install_nuke(path: NukePath = None, as_json: Json = False) -> None:
    """Copies the plugin to DIR/replate and adds a line to DIR/init.py. Run it again after an upgrade."""
    done = nuke.install(path)
    if as_json:
        print_json({"folder": done.folder, "init": done.init, "files": done.files, "line_added": done.line})
        return
    if done.files:
        say(f"Wrote {done.files} files of Replate {replate.__version__} to {done.folder}.")
    else:
        say(f"{done.folder} has Replate {replate.__version__} already.")
    say(f"Added a line to {done.init}." if done.line else f"{done.init} has its line already.")
    say("Start Nuke: the nodes are in the menu Replate. `replate uninstall nuke` takes everything away again.")


@uninstalling.command("nuke")
def uninstall_nuke(path: NukePath = None, as_json: Json = False) -> None:
    """Takes the line out of DIR/init.py and DIR/replate away, and leaves everything else as it is."""
    done = nuke.uninstall(path)
    if as_json:
        what = {"folder": done.folder, "init": done.init, "files": done.files, "line_removed": done.line}
        print_json({**what, "left": [str(file) for file in done.left]})
        return
    if not done.files and not done.line:
        say(f"There is no Replate in {done.folder.parent}: nothing is changed.")
        return
    if done.line:
        say(f"Took the line out of {done.init}.")
    if done.files:
        say(f"Took {done.files} files of Replate away from {done.folder}.")
    if done.left:
        say(f"Left {', '.join(map(str, done.left))}: Replate did not put it there.")
