"""The server of one artist with one machine: started when it is needed, ended by itself when it is idle.

The server says in `server.json` in its data folder where it listens; a lock
beside it sees to it that many clients starting at once start one server.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from replate.errors import Exhausted, Failed, Unmet
from replate.link import Address

RECORD = "server.json"
"""Written by the server, for its user alone: {"address": ..., "token": ..., "pid": ...}."""
LOG = "server.log"

SERVER_NEEDS = ("replate_server", "pydantic_settings", "PyOpenColorIO", "cv2", "onnxruntime", "torch")
"""What is here where the server was installed with what it needs: its own code comes with the client's."""

_PATIENCE = 120.0
"""Seconds for a server to start; a cold import of its libraries takes a while on a slow disk."""


PROGRAM = "REPLATE_SERVER_PROGRAM"
"""The environment's name of the program that is the server, where it is not installed beside the client."""


def ensure(data: Path | None = None, program: str | None = None) -> Address:
    """The server of a data folder, started if none is running.

    Parameters
    ----------
    data
        None for $REPLATE_DATA, or else the user's data folder.
    program
        A Python in which the server is installed, or the command `replate-server`. None for
        $REPLATE_SERVER_PROGRAM, else this Python, else the command on the path.

    Raises
    ------
    Unmet
        When the server's software is not installed there.
    Failed
        When it does not start, with the last line of its log.
    Exhausted
        When the data folder cannot be written.
    """
    folder = folder_of(data)
    running = find(folder)
    if running is not None:
        return running
    command = _command(program or os.environ.get(PROGRAM, ""))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(folder / "starting.lock", timeout=_PATIENCE):
            return find(folder) or _start(folder, command)
    except Timeout as error:
        raise Failed(f"Another program has been starting the server in {folder} for too long; end it.") from error
    except OSError as error:
        raise Exhausted(
            f"The data folder {folder} cannot be written ({error.strerror}); set REPLATE_DATA to another."
        ) from error


def folder_of(data: Path | None = None) -> Path:
    """Where a server started here keeps its data."""
    chosen = data or os.environ.get("REPLATE_DATA") or platformdirs.user_data_dir("replate", appauthor=False)
    return Path(chosen).expanduser().resolve()


def find(folder: Path) -> Address | None:
    """The server that runs in a data folder, if one does."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        where = Address(str(record["address"]), str(record.get("token", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return where if _answers(where.address) else None


def _command(program: str) -> list[str]:
    """The server's command line. Raises `Unmet` where there is none."""
    if program:
        found = shutil.which(Path(program).expanduser())
        if found is None:
            raise Unmet(
                f"{program} is no program: name the Python in which Replate's server is installed, or its command "
                "replate-server."
            )
        return [found, "-m", "replate_server"] if Path(found).name.lower().startswith("python") else [found]
    if all(importlib.util.find_spec(module) is not None for module in SERVER_NEEDS):
        return [sys.executable, "-m", "replate_server"]
    found = shutil.which("replate-server")
    if found is None:
        raise Unmet(
            "No server is named and none is installed here: set REPLATE_SERVER to the address of one, or install it "
            f'with `pip install "replate[server]"`; in another Python than this, set {PROGRAM} to that.'
        )
    return [found]


def _start(folder: Path, command: Sequence[str]) -> Address:
    # Left by a server that was killed: what appears from now on is the new one's.
    (folder / RECORD).unlink(missing_ok=True)
    with (folder / LOG).open("ab") as log:
        begin = log.tell()
        process = subprocess.Popen(
            [*command, "serve", "--embedded", "--data", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            creationflags=_no_window(),
            # Ctrl-C in the client's terminal is not meant for the server.
            start_new_session=True,
        )
    # Collects its exit status whenever that comes, so that no zombie stays.
    threading.Thread(target=process.wait, name="replate-server", daemon=True).start()
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        where = find(folder)
        if where is not None:
            return where
        if process.poll() is not None:
            raise Failed(f"The server did not start: {_last_line(folder / LOG, begin)}")
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    process.terminate()
    raise Failed(f"The server did not get ready within {_PATIENCE:.0f} seconds; see {folder / LOG}.")


def _no_window() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0


def _answers(address: str) -> bool:
    """Whether somebody listens there."""
    try:
        if address.startswith("unix:"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(2)
                line.connect(address.removeprefix("unix:"))
            return True
        host, _, port = address.rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), timeout=2):
            return True
    except (OSError, ValueError, AttributeError):
        return False


def _last_line(log: Path, begin: int) -> str:
    with log.open("rb") as file:
        file.seek(begin)
        lines = [line.strip() for line in file.read()[-65536:].decode("utf-8", "replace").splitlines()]
    said = [line for line in lines if line]
    return said[-1] if said else f"it ended without a word; see {log}."
