"""variations.json: what was tried, so that any of it can become the full job."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import replate
from replate.cli.request import Common, Request
from replate.errors import BadRequest, Damaged, NotFound, Unmet
from replate.media.writing import written_beside

NAME = "variations.json"
VERSION = 1
_NOT_KEPT: Mapping[str, Any] = {
    **{"out": None, "server": None, "token": None, "wait": True, "as_json": False},
    **{"vary": [], "preview": ""},
}
"""Options that are of the command that varied and not of what was asked for, as if they had been left out. A token is
nobody's to read."""
_FILES = ("style", "keyframes", "matte", "motion", "depth", "depths")
"""Of a command's own options: files, or jobs' outputs."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One variation."""

    label: str
    request: Request
    """For the full job, whatever was previewed."""
    told: Mapping[str, Any]
    """What came of it, for whoever reads the file."""


def write(folder: Path, preview: str, tried: Sequence[Tried]) -> Path:
    """Writes the file into a folder. Inputs stay as the artist gave them, seen from where they did."""
    path = folder / NAME
    said = {
        "version": VERSION,
        "replate": replate.__version__,
        "from": _from(folder),
        "preview": preview,
        "variations": [
            {"number": number, "label": each.label, **_request(each.request), **each.told}
            for number, each in enumerate(tried, 1)
        ],
    }
    with written_beside(path) as temporary:
        temporary.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path


def read(folder: Path, number: int) -> Request:
    """A variation's request, for the full job; files are found from wherever the command runs.

    folder: the one that the variations are in, or its `variations.json`.
    Raises `NotFound`, `Damaged`, `Unmet` for a file of a later Replate, `BadRequest` for a number there is none of.
    """
    path = folder if folder.name == NAME else folder / NAME
    try:
        said = json.loads(path.read_text("utf-8"))
        if int(said["version"]) > VERSION:
            raise Unmet(f"{path} was written by a later Replate, {said['replate']}: upgrade this one.")
        variations = {int(each["number"]): each for each in said["variations"]}
        if number not in variations:
            raise BadRequest(f"There is no variation {number} in {folder}: choose 1 to {len(variations)}.")
        request = _read(variations[number])
        return _found_from(request, path.parent / str(said["from"]))
    except OSError:
        raise NotFound(f"There is no {NAME} in {folder}: name a folder that --vary wrote.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{path} cannot be read ({type(error).__name__}: {error}): vary again.") from None


def _request(request: Request) -> dict[str, Any]:
    kept = [field.name for field in fields(Common) if field.name not in _NOT_KEPT]
    return {
        "operation": request.operation,
        "plate": request.plate,
        "options": {name: getattr(request.common, name) for name in kept},
        "own": dict(request.own),
    }


def _read(said: Mapping[str, Any]) -> Request:
    common = Common(**{**_NOT_KEPT, **said["options"]})
    return Request(str(said["operation"]), str(said["plate"]), common, dict(said["own"]))


def _from(folder: Path) -> str:
    try:
        return Path(os.path.relpath(Path.cwd(), folder)).as_posix()
    except ValueError:
        # On Windows there is no way from one drive to another.
        return Path.cwd().as_posix()


def _found_from(request: Request, base: Path) -> Request:
    def found(text: Any) -> Any:
        if isinstance(text, list):
            return [found(each) for each in text]
        return text if text is None or text.startswith("job:") else os.path.normpath(base / text)

    own = {name: found(value) if name in _FILES else value for name, value in request.own.items()}
    return replace(request, plate=found(request.plate), own=own)
