"""A scene as a host has it now, written for another one."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from replate.errors import BadRequest
from replate.scene import nuke
from replate.scene.staged_nuke import write_staged_nuke
from replate.scene.staging import Staging


class ExportKind(str, Enum):
    NUKE = "nuke"
    USD = "usd"
    GLTF = "gltf"


ENDINGS = {ExportKind.NUKE: ".nk", ExportKind.USD: ".usda", ExportKind.GLTF: ".glb"}


def export(staging: Staging, folder: Path, out: Path, kind: ExportKind, frame: int | None = None) -> list[str]:
    """Writes the scene that lies in `folder`, as it is staged, to a file whose name ends as `ENDINGS` has it.

    frame: the one that glTF shows, by default the camera's first. Gives what the format cannot say, in sentences.

    Raises
    ------
    BadRequest
        For a name with another ending, the scene's own files, and what the format cannot hold.
    NotFound
        Where the scene's files are not.
    Exhausted
        Where the disk is full.
    """
    if out.suffix.lower() != ENDINGS[kind]:
        raise BadRequest(f"{out.name} ends in {out.suffix!r}: give it a name that ends in {ENDINGS[kind]}.")
    if out.parent.resolve() == folder.resolve() and out.name.lower() in (nuke.FILE, "scene.usda"):
        raise BadRequest(f"{out} is the scene's own file: choose another name.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadRequest(f"{out.parent} cannot be made ({error.strerror}): choose another folder.") from None
    if kind is ExportKind.NUKE:
        write_staged_nuke(staging, folder, out)
        return []
    # USD takes a while to load, and those who export for Nuke do without it.
    if kind is ExportKind.USD:
        from replate.scene.staged_usd import write_staged_usd

        write_staged_usd(staging, folder, out)
        return []
    from replate.scene.gltf import write_gltf

    return write_gltf(staging, folder, out, staging.first if frame is None else frame)
