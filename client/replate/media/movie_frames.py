"""Frames that come in any order, to one movie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from replate.frame import Frame
from replate.media.metadata import rate_of
from replate.media.movie_writing import write_movie
from replate.media.plates import open_plate
from replate.media.writing import PlateWriter

_RATE = 24
"""Frames a second where the frames do not say."""


@dataclass(frozen=True, slots=True)
class MovieWriter:
    """Writes frames to a movie, as a `PlateWriter` does to pictures: they wait on disk until the last has come."""

    pattern: str | Path
    """The movie's file."""
    _folder: TemporaryDirectory[str] = field(
        default_factory=lambda: TemporaryDirectory(prefix="replate-movie-", ignore_cleanup_errors=True)
    )

    def signed(self, recipe: str | None) -> MovieWriter:
        """Itself: a movie carries no recipe."""
        return self

    def path(self, number: int, view: str = "") -> Path:
        return Path(self.pattern)

    def write(self, frame: Frame) -> Path:
        """Keeps a frame. Gives the file that it waits in; raises `BadRequest` or `Exhausted` as `write_frame` does."""
        return PlateWriter(Path(self._folder.name) / "frame.####.exr", compression="none").write(frame)

    def finished(self, files: Sequence[Path]) -> list[Path]:
        """Makes the movie of the files that `write` gave, by their frame numbers."""
        plates = [open_plate(file) for file in sorted(files)]
        rate = rate_of(plates[0].spec(plates[0].numbers[0]).metadata) if plates else None
        path = Path(self.pattern)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_movie(path, (frame for plate in plates for frame in plate), rate or _RATE)
        self._folder.cleanup()
        return [path]
