"""Finished pictures side by side, to choose from."""

from __future__ import annotations

from typing import Any

from replate.agent import asked
from replate.agent.dispatch import Request
from replate.errors import BadRequest
from replate.media import Plate
from replate.media.side_by_side import write_sheet, write_side_by_side
from replate.values import RoleKind
from replate.variations import MOST

_FILES = {"sheet": ".png", "movie": ".mp4"}


def write(request: Request) -> dict[str, Any]:
    """Writes the sheet, the movie, or both. Raises `BadRequest`, what reading and writing raise, and `Cancelled`."""
    params = request.params
    files = {name: asked.folder(params, name) for name in _FILES if params.get(name) is not None}
    for name, file in files.items():
        if file.suffix.lower() != _FILES[name]:
            raise BadRequest(f"'{name}' must end in {_FILES[name]}, not {file.suffix!r}.")
    if not files:
        raise BadRequest("Say where to write the 'sheet', the 'movie', or both.")
    said = asked.field(params, "plates", list)
    if len(said) > MOST + 1:
        raise BadRequest(f"'plates' are {len(said)}: give {MOST + 1} at most.")
    plates = [_plate(each, place) for place, each in enumerate(said, 1)]
    for file in files.values():
        file.parent.mkdir(parents=True, exist_ok=True)
    if "sheet" in files:
        write_sheet(files["sheet"], plates, title=asked.field(params, "title", str, ""))
    if "movie" in files:
        write_side_by_side(files["movie"], plates, fps=asked.number(params, "fps"), before=request.check)
    return {name: file.as_posix() for name, file in files.items()}


def _plate(said: Any, place: int) -> tuple[str, Plate]:
    if not isinstance(said, dict):
        raise BadRequest(f"Number {place} of 'plates' must be an object with a label and a path.")
    source = {name: value for name, value in said.items() if name != "label"}
    return asked.field(said, "label", str, ""), asked.picture(source, f"Number {place} of 'plates'", RoleKind.ANY)
