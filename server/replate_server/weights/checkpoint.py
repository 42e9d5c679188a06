"""What a folder of weights may hold: numbers in safetensors, and texts that say what they are. Nothing that runs.

A folder is a checkpoint as diffusers and transformers write it: model_index.json, and a folder a part with its
configuration, its tokenizer's files, its weights.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from replate.errors import Damaged
from replate_server.weights.tensors import check_tensors

USUAL = ("*.json", "*/*.json", "*/*.safetensors", "*/*.txt", "*/*.model", "*/*.jinja", "LICENSE*")
"""Globs of what a pipeline is loaded from; a star stands for no slash."""

MOST_FILES = 2000
MOST_BYTES = 2 << 40

_TAKEN = (".json", ".safetensors", ".txt", ".model", ".jinja", ".md", "")
"""By the ends of their names; any other file stays out."""
_REFUSED = (
    *(".py", ".pyc", ".pyd", ".so", ".dll", ".dylib", ".sh", ".exe"),
    *(".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill", ".npy", ".npz", ".h5", ".msgpack"),
)
"""Code, and what may be a pickle or is read in its place: it may not even lie beside what is used."""
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_DEEPEST = 4
_LARGEST_TEXT = 64 << 20
_CODE = ("auto_map", "custom_pipelines", "trust_remote_code")
"""Keys of a configuration that have the libraries run code of a repository."""


def is_name(path: str) -> bool:
    """Whether a path is one that a file of a checkpoint may have: relative, plain, of a kind that is taken."""
    parts = path.split("/")
    plain = len(path) <= 200 and len(parts) <= _DEEPEST and all(_PART.fullmatch(part) for part in parts)
    return plain and PurePosixPath(path).suffix in _TAKEN


def may_match(pattern: str) -> bool:
    """Whether a glob can stand for files that are taken."""
    ending = PurePosixPath(pattern).suffix
    return not pattern.startswith("/") and ".." not in pattern and ("*" in ending or ending in _TAKEN)


def chosen(paths: Iterable[str], include: Iterable[str]) -> list[str]:
    """Those of a checkpoint's paths that globs stand for and that are taken, in order."""
    globs = [pattern.split("/") for pattern in include]
    return sorted({path for path in paths if is_name(path) and any(_matches(path.split("/"), glob) for glob in globs)})


def found(root: Path, include: Iterable[str]) -> list[str]:
    """Those in a folder of this machine. Raises `Damaged` for one with code, pickles, or links that lead out of it."""
    names = []
    for path in _walked(root):
        name = path.relative_to(root).as_posix()
        if path.suffix.lower() in _REFUSED:
            raise Damaged(f"it has {name}, which may hold code: only safetensors and their configurations are used")
        if not path.resolve().is_relative_to(root.resolve()):
            raise Damaged(f"its {name} is a link that leads out of it")
        if not path.is_file():
            raise Damaged(f"its {name} is no plain file")
        names.append(name)
    return chosen(names, include)


def check_files(root: Path, names: Iterable[str]) -> None:
    """Raises `Damaged` for files that are not what their names say, or that ask for code."""
    weights = 0
    for name in names:
        path = root / name
        if path.suffix == ".safetensors":
            check_tensors(path)
            weights += 1
        elif path.stat().st_size > _LARGEST_TEXT:
            raise Damaged(f"its {name} is larger than a text is")
        elif path.suffix == ".json":
            _check_configuration(path, name)
    if not weights:
        raise Damaged("it has no weights in safetensors")


def _check_configuration(path: Path, name: str) -> None:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Damaged(f"its {name} is no JSON") from error
    if not isinstance(read, dict):
        return
    if wanted := [key for key in _CODE if read.get(key)]:
        raise Damaged(f"its {name} wants code of its own to be run ({wanted[0]})")
    if "_class_name" in read and not isinstance(read["_class_name"], str):
        raise Damaged(f"its {name} wants a class of its own")


def _matches(parts: list[str], glob: list[str]) -> bool:
    return len(parts) == len(glob) and all(map(fnmatchcase, parts, glob))


def _walked(root: Path) -> Iterator[Path]:
    """The files in a folder; a folder that is a link counts as one, and so does nothing that is hidden."""
    for count, (place, folders, files) in enumerate(os.walk(root)):
        if count > MOST_FILES or len(files) > MOST_FILES:
            raise Damaged("it has far more files than a checkpoint")
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        folders[:] = [name for name in folders if name not in links and not name.startswith(".")]
        yield from (Path(place) / name for name in (*files, *links) if not name.startswith("."))
