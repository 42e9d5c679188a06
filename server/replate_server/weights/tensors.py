"""Whether a file is safetensors: numbers and names, and nothing that runs."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open

from replate.errors import Damaged

MOST_TENSORS = 200_000


def check_tensors(file: Path) -> None:
    """Reads a file's header, bounded. Raises `Damaged` for one that is no whole safetensors file."""
    try:
        # The library refuses a header of more than 100 MB, and one that does not cover the file exactly.
        with safe_open(file, framework="np") as opened:
            count = len(opened.keys())
    except (SafetensorError, OSError, ValueError) as error:
        raise Damaged(f"{file.name} is no whole safetensors file") from error
    if not 0 < count <= MOST_TENSORS:
        raise Damaged(f"{file.name} has {count} tensors")
