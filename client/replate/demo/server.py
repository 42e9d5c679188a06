"""A server of the demo's own, in view: started, and shut down at the end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from replate.errors import Failed, Unavailable

READY = re.compile(r"serves at (\S+);")
STOP_SECONDS = 15.0


@contextmanager
def serving(data: Path) -> Iterator[str]:
    """The address of a server on this machine that ends with the block; its log is `server.log` in the data folder."""
    log = data / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            _server("serve", "--data", str(data), "--listen", "127.0.0.1:0"), stdout=file, stderr=subprocess.STDOUT
        )
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def pull_weights(data: Path, names: Sequence[str]) -> None:
    """Fetches weights and footage that are not there yet, with a progress bar. Raises `Unavailable`."""
    pulled = subprocess.run(_server("weights", "pull", *names), env=os.environ | {"REPLATE_DATA": str(data)})
    if pulled.returncode:
        raise Unavailable("What the demo needs could not be fetched: do what is said above, then start it again.")


def weight_file(data: Path, pattern: str) -> Path:
    """A fetched file, by the pattern of its name."""
    found = sorted((data / "weights").rglob(pattern))
    if not found:
        raise Failed(f"There is no {pattern} in {data / 'weights'}: remove that folder and start the demo again.")
    return found[0]


def _server(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "replate_server", *arguments]


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    while process.poll() is None:
        found = READY.search(log.read_text(encoding="utf-8"))
        if found:
            return found[1]
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    lines = log.read_text(encoding="utf-8").strip().splitlines()
    raise Failed(f"The server did not start: {lines[-1] if lines else 'it said nothing'}")
