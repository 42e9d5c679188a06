"""A real server on a real socket, for the tests of the client's rooms."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from replate.frame import Box, Frame, FrameSpec, PixelType


@dataclass
class Server:
    """A server in a process of its own, which can be killed and started again at the same address."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"unix:{self.data}/s"

    def start(self) -> Server:
        """Returns once it serves."""
        command = [sys.executable, "-m", "replate_server", "serve", "--listen", self.address, "--data", str(self.data)]
        environment = {**os.environ, **self.settings}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True)
        assert self.process.stderr is not None
        said = []
        for line in self.process.stderr:
            said.append(line)
            if "serves at" in line:
                break
        else:
            raise AssertionError("the server did not start: " + "".join(said))
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        return self

    def kill(self) -> None:
        """Ends it without a warning."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server that all tests share."""
    server = Server(tmp_path_factory.mktemp("srv")).start()
    yield server
    server.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, to be killed."""
    server = Server(tmp_path).start()
    yield server
    server.stop()


@pytest.fixture
def make_frames() -> Callable[..., list[Frame]]:
    """Frames of noise that no other test has sent."""

    def make(numbers: range = range(1001, 1005), width: int = 96, height: int = 54) -> list[Frame]:
        noise = np.random.default_rng()
        window = Box(0, 0, width, height)
        return [
            Frame(
                FrameSpec(number, window, window, ("R", "G", "B", "A"), PixelType.HALF, "lin_rec709"),
                noise.random((height, width, 4), np.float32).astype(np.float16),
            )
            for number in numbers
        ]

    return make
