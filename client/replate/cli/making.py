"""What a job is making, as a picture beside its files for as long as it is being made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from replate.cli.console import say
from replate.cli.preview import beside
from replate.errors import ReplateError
from replate.media import MovieWriter, PlateWriter
from replate.media.writing import written_beside
from replate.states import Preview


@contextmanager
def making(writer: PlateWriter | MovieWriter) -> Iterator[Callable[[Preview], None]]:
    """Takes previews, and keeps the latest in a file beside those of a writer: "out/shot.restyle.making.png".

    Viewers that look at it again show how a frame comes about. Where it is, is said once. It goes with the block.
    """
    files: set[Path] = set()

    def show(preview: Preview) -> None:
        path = beside(writer.path(preview.number, preview.view), "making.png")
        # A viewer may hold the file, and the folder may be full: the job itself will say so.
        with suppress(OSError, ReplateError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_beside(path) as temporary:
                temporary.write_bytes(preview.png)
            if path not in files:
                files.add(path)
                say(f"Look at what is being made in {path}.")

    try:
        yield show
    finally:
        for path in files:
            with suppress(OSError):
                path.unlink(missing_ok=True)
