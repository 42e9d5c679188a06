"""`replate jobs` and `replate fetch`: the jobs there are, and their frames."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated

import typer
from rich.table import Table

from replate.cli import asked
from replate.cli.console import bar, duration, print_json, results, say
from replate.cli.options import INTERRUPTED, Json, Server, Token
from replate.cli.run import run, summary
from replate.connection import connect
from replate.states import JobInfo
from replate.values import JobState

app = typer.Typer(no_args_is_help=False, add_completion=False, help="The jobs there are.")

Id = Annotated[str, typer.Argument(metavar="JOB", help="The job's id, as `replate jobs` lists it.")]
Open = Annotated[bool, typer.Option("--open", help="Only those still running.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most this many.")]

_COLOURS = {
    JobState.DONE: "green",
    JobState.FAILED: "red",
    JobState.CANCELLED: "yellow",
    JobState.RUNNING: "cyan",
    JobState.QUEUED: "blue",
}


@app.callback(invoke_without_command=True)
def jobs(
    context: typer.Context,
    open_: Open = False,
    limit: Limit = 20,
    server: Server = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """The jobs there are; without a further word, a list of them."""
    if context.invoked_subcommand is None:
        list_jobs(open_, limit, server, token, as_json)


@app.command("list")
def list_jobs(
    open_: Open = False, limit: Limit = 20, server: Server = None, token: Token = None, as_json: Json = False
) -> None:
    """Lists your jobs and those shared with your projects, newest first."""
    with connect(server, token) as client:
        found = [job.info for job in client.jobs(open_, limit)]
    if as_json:
        print_json({"jobs": [summary(info) for info in found]})
    elif found:
        results().print(_table(found))
    else:
        say("There are no jobs.")


@app.command()
def show(job: Id, server: Server = None, token: Token = None, as_json: Json = False) -> None:
    """Shows a job: how it stands, what it gave, its recipe."""
    with connect(server, token) as client:
        info = client.job(job).info
    if as_json:
        print_json(summary(info))
        return
    table = Table.grid(padding=(0, 2))
    for name, value in summary(info).items():
        if value not in (None, "", []):
            table.add_row(f"[dim]{name}", _plain(value))
    results().print(table)


@app.command()
def cancel(job: Id, server: Server = None, token: Token = None, as_json: Json = False) -> None:
    """Stops a job; the frames that are done stay."""
    with connect(server, token) as client:
        info = client.job(job).cancel()
    if as_json:
        print_json(summary(info))
    else:
        say(f"Job {job} is {info.state.value}.")


@app.command()
def watch(job: Id, server: Server = None, token: Token = None, as_json: Json = False) -> None:
    """Waits until a job ends, showing how far it is. Ctrl-C leaves it alone."""
    with connect(server, token) as client:
        watched = client.job(job)
        try:
            with bar(watched.model) as shown:
                watched.wait(shown.show)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        info = watched.info
    if as_json:
        print_json(summary(info))
    else:
        say(f"Job {job} is {info.state.value}.")


def fetch(
    job: Id,
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="PATTERN", help="Where the frames go.")] = None,
    compression: Annotated[str, typer.Option("--compression", help="Of the EXRs.")] = "zip",
    server: Server = None,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Gets the frames of a job, waiting for those to come. Ctrl-C leaves the job alone."""
    with connect(server, token) as client:
        found = client.job(job)
        stem = found.info.title or found.operation
        single = found.progress.frames_total == 1
        writers = asked.writers(out, found.outputs, _safe(stem), single=single, compression=compression)
        run(found, writers, as_json=as_json, ours=False)


def _table(found: list[JobInfo]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2), header_style="dim")
    for column in ("job", "state", "model", "frames", "title", "owner", "age"):
        table.add_column(column, no_wrap=column in ("job", "state", "frames", "age"))
    now = datetime.now(timezone.utc)
    for info in found:
        table.add_row(
            info.id,
            f"[{_COLOURS[info.state]}]{info.state.value}",
            info.model or info.operation,
            f"{info.progress.frames_done}/{info.progress.frames_total}",
            _plain(info.title),
            _plain(info.owner),
            duration((now - info.created).total_seconds()),
        )
    return table


def _plain(value: object) -> str:
    """Text that is not read as markup."""
    return str(value).replace("[", "\\[")


def _safe(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name)
