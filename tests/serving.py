"""Real servers in processes of their own, to be asked, killed and started again; and a studio's package of models."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

import replate
import studio_models
import studio_weights
from pictures import LINEAR
from replate.connection import Client
from replate.frame import Box, Frame, FrameSpec, PixelType, digest_of, pixel_bytes
from replate.jobs import Job

BY_FRAMES = {"hold": "frames"}
"""Parameters of a restyle whose frames come one by one, each by itself."""
PATIENCE = 60.0
"""Seconds within which anything that a test waits for happens, on a machine with much else to do."""

# In a process of its own: what forks beside running threads may hang in their locks.
_LIMITED = (
    "import os, resource, sys; most = int(sys.argv[1]); resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)); "
    "os.execv(sys.argv[2], sys.argv[2:])"
)


@dataclass
class Server:
    """A server's process. `address` is there once it serves, and stays the same over restarts."""

    data: Path
    listen: str = "127.0.0.1:0"
    settings: Mapping[str, str] = field(default_factory=dict)
    """Environment variables."""
    largest_file: int | None = None
    """Bytes after which the kernel refuses to write on: the full disk that a test can have."""
    address: str = ""
    log: list[str] = field(default_factory=list)
    """The lines on its stderr so far."""
    _process: subprocess.Popen[str] | None = None

    @property
    def process(self) -> psutil.Process:
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def start(self) -> Server:
        """Returns once it serves; raises AssertionError with what it said when it does not."""
        self._process = self.popen()
        ready, ended = threading.Event(), threading.Event()
        threading.Thread(target=self._read, args=(self._process, ready, ended), daemon=True).start()
        until(lambda: ready.is_set() or ended.is_set(), "the server serves")
        assert ready.is_set(), "".join(self.log)
        return self

    def popen(self) -> subprocess.Popen[str]:
        """The bare process, for one that is to fail."""
        listen = self.address or self.listen
        command = [sys.executable, "-m", "replate_server", "serve", "--listen", listen, "--data", str(self.data)]
        if self.largest_file is not None:
            command = [sys.executable, "-c", _LIMITED, str(self.largest_file), *command]
        return subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=clean_environment() | dict(self.settings)
        )

    def refused(self) -> str:
        """What a server says that must not start; AssertionError when it starts."""
        process = self.popen()
        try:
            said = process.communicate(timeout=PATIENCE)[1]
        finally:
            process.kill()
        assert process.returncode == 1, said
        return said.strip()

    def connect(self, token: str | None = None) -> Client:
        return replate.connect(self.address, token)

    def workers(self) -> list[psutil.Process]:
        """The processes that run windows."""
        return [child for child in self.process.children() if "spawn_main" in " ".join(child.cmdline())]

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=PATIENCE)
        finally:
            self._process.kill()

    def _read(self, process: subprocess.Popen[str], ready: threading.Event, ended: threading.Event) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.log.append(line)
            if found := re.search(r"serves at (\S+);", line):
                self.address = found[1]
                ready.set()
        ended.set()


@dataclass(frozen=True)
class Studio:
    """A studio's package of models on the servers' path, and the folder through which a test steers them."""

    site: Path
    gates: Path

    @classmethod
    def install(cls, folder: Path) -> Studio:
        """As pip would: a module, and its entry points in a .dist-info."""
        site, gates = folder / "site", folder / "gates"
        info = site / "studio_models-1.0.dist-info"
        info.mkdir(parents=True)
        gates.mkdir()
        modules = (studio_models, studio_weights)
        for source in (Path(module.__file__) for module in modules):
            (site / source.name).write_text(source.read_text("utf-8"), "utf-8")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: studio-models\nVersion: 1.0\n")
        models = [(module.__name__, model) for module in modules for model in module.MODELS]
        entries = "".join(f"{model.card.name} = {name}:{model.__name__}\n" for name, model in models)
        (info / "entry_points.txt").write_text(f"[replate.models]\n{entries}")
        return cls(site, gates)

    @property
    def settings(self) -> dict[str, str]:
        """For the environment of a server that has these models."""
        return {"PYTHONPATH": str(self.site), "STUDIO_GATES": str(self.gates)}

    def gate(self, name: str, allowed: int = 0) -> Gate:
        """A new gate: what ran through another of that name is forgotten."""
        gate = Gate(self.gates / name)
        for trace in self.gates.glob(f"{name}.*"):
            trace.unlink()
        gate.allow(allowed)
        return gate


@dataclass(frozen=True)
class Gate:
    """Holds the runs of jobs that name it in their parameter "gate"."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def parameters(self) -> dict[str, str]:
        """Of a restyle that it holds, frame by frame."""
        return {"gate": self.name, **BY_FRAMES}

    @property
    def started(self) -> int:
        """How many runs began."""
        return self._lines("started")

    @property
    def finished(self) -> int:
        return self._lines("finished")

    @property
    def sketched(self) -> int:
        """How many runs of the model that shows what it makes show nothing any more."""
        return self._lines("sketched")

    def allow(self, runs: int) -> None:
        """Lets runs finish until this many have."""
        part = self.path.with_suffix(".part")
        part.write_text(str(runs))
        part.replace(self.path)

    def open(self) -> None:
        self.allow(1 << 30)

    def wait_started(self, runs: int) -> None:
        until(lambda: self.started >= runs, f"{runs} runs began")

    def _lines(self, kind: str) -> int:
        file = self.path.with_suffix(f".{kind}")
        return len(file.read_text().splitlines()) if file.exists() else 0


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Waits for a condition that another process brings about."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.01)


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of Replate."""
    return {name: value for name, value in os.environ.items() if not name.startswith("REPLATE_")}


@contextmanager
def serving(data: Path, **options: object) -> Iterator[Server]:
    """A server that ends with the block."""
    server = Server(data, **options).start()  # type: ignore[arg-type]
    try:
        yield server
    finally:
        server.stop()


def noise(
    numbers: Sequence[int] = (1001,), size: tuple[int, int] = (16, 12), channels: str = "RGB", seed: int | None = None
) -> list[Frame]:
    """Frames of noise, width by height; without a seed, such as nobody has sent before."""
    generator, window = np.random.default_rng(seed), Box(0, 0, *size)
    shape = (*reversed(size), len(channels))
    return [
        Frame(
            FrameSpec(number, window, window, tuple(channels), PixelType.HALF, LINEAR),
            generator.random(shape, np.float32).astype(np.float16),
        )
        for number in numbers
    ]


def digests(job: Job) -> dict[tuple[str, int], str]:
    """What a job gave: digests by output and frame number. Raises what it failed of."""
    return {(output, frame.spec.number): digest_of(pixel_bytes(frame.pixels)) for output, frame in job.frames()}
