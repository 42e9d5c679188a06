"""A line in a Python file that is somebody else's: added, found again and taken out, to the byte."""

from __future__ import annotations

import shutil
from pathlib import Path

from replate.media.writing import written_beside


def add_line(path: Path, code: str, mark: str) -> bool:
    """Adds `code`, with `mark` as its comment, as the file's last line. False where it is there already.

    A line with this mark and other code is replaced. There may be no file yet.
    """
    line = f"{code}  # {mark}".encode()
    before = path.read_bytes() if path.exists() else None
    if before is None:
        _write(path, line + b"\n")
        return True
    lines = before.splitlines(keepends=True)
    places = _places(lines, mark)
    if places:
        lines[places[0]] = line + lines[places[0]][len(lines[places[0]].rstrip(b"\r\n")) :]
        after = b"".join(lines)
    else:
        end = b"\r\n" if b"\r\n" in before else b"\n"
        # Ours ends as the file did, with a line break or without: so what was there before can be told again.
        after = before + line + end if before.endswith(b"\n") else before + (end if before else b"") + line
    if after != before:
        _write(path, after)
    return after != before


def remove_line(path: Path, mark: str) -> bool:
    """Takes out the lines with this mark; a file that `add_line` made goes with them. False where there are none."""
    before = path.read_bytes() if path.exists() else b""
    lines = before.splitlines(keepends=True)
    places = _places(lines, mark)
    if not places:
        return False
    if len(lines) == 1 and before.endswith(b"\n"):
        path.resolve().unlink()
        return True
    if places[-1] == len(lines) - 1 > 0 and not before.endswith(b"\n"):
        lines[-2] = lines[-2].rstrip(b"\r\n")
    _write(path, b"".join(line for place, line in enumerate(lines) if place not in places))
    return True


def _places(lines: list[bytes], mark: str) -> list[int]:
    return [place for place, line in enumerate(lines) if line.rstrip().endswith(f"# {mark}".encode())]


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all; a link stays one, and the file's rights as they are."""
    path = path.resolve()
    with written_beside(path) as temporary:
        temporary.write_bytes(content)
        if path.exists():
            shutil.copymode(path, temporary)
