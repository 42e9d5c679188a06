"""The server as a whole: its rooms put together, run until it is told to stop."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import structlog
from filelock import FileLock, Timeout

import replate
from replate.errors import Unmet
from replate.memory import keep_freed_memory
from replate_server import logs
from replate_server.devices import worker_setups
from replate_server.gateway.callers import Callers, token_sha256
from replate_server.gateway.calls import Activity, Gate
from replate_server.gateway.catalog import CatalogService
from replate_server.gateway.jobs import JobsService
from replate_server.gateway.listen import Gateway
from replate_server.gateway.plates import PlatesService
from replate_server.scheduling.admission import Admission
from replate_server.scheduling.local import LocalEngine
from replate_server.scheduling.scheduler import Scheduler
from replate_server.scheduling.watchers import Watchers
from replate_server.settings import GIGABYTE, Settings, User
from replate_server.store.files import FrameFiles
from replate_server.store.frames import FrameStore
from replate_server.store.ledger import Ledger
from replate_server.weights.policy import Policy
from replate_server.weights.store import WeightStore

log = structlog.get_logger()

STOP_GRACE = 2.0
"""Seconds that running calls get when the server stops."""
TURN = 15.0
"""Seconds for which an embedded server waits for the last one to end, which has the data directory until then."""


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serves until SIGTERM, SIGINT, or, embedded, until there was nothing to do for a while.

    `ready` is told the address once calls are taken. Raises `Unmet` when another server has the data directory.
    """
    logs.configure(settings.log_level)
    keep_freed_memory()
    stopping = threading.Event()
    _stop_on_signals(stopping)
    with _alone(settings.data, TURN if settings.embedded else 0.0), _embedded(settings) as (settings, publish):
        server = Server(settings)
        try:
            server.start()
            publish(server.address)
            ready(server.address)
            log.info("serving", address=server.address, devices=",".join(server.devices))
            while not stopping.wait(1.0):
                if settings.embedded and server.idle_seconds() > settings.idle_seconds:
                    log.info("idle", seconds=round(server.idle_seconds()))
                    break
        finally:
            server.stop()


class Server:
    """Store, ledger, scheduler, workers and gateway."""

    def __init__(self, settings: Settings) -> None:
        self._ledger = Ledger(settings.data / "ledger.sqlite")
        store = FrameStore(
            FrameFiles(settings.data / "frames"),
            int(settings.store.limit_gb * GIGABYTE),
            settings.store.grace_seconds,
            self._ledger.needed_digests,
        )
        policy = Policy(settings.weights.allow_non_commercial, settings.weights.refuse, settings.weights.allow)
        weights = WeightStore(settings.weights_folder, policy, settings.weights.registries, settings.weights.loras)
        engine = LocalEngine(worker_setups(settings))
        watchers = Watchers()
        self._scheduler = Scheduler(
            self._ledger, store, weights, engine, watchers, settings.colour_config, settings.worker.attempts
        )
        self._activity = Activity()
        callers = Callers(settings.users, alone=settings.embedded)
        admission = Admission(self._ledger, weights, settings.limits, settings.colour_config)
        self._gateway = Gateway(
            settings,
            Gate(callers, self._activity),
            PlatesService(store, settings.limits, self._scheduler.frames_arrived),
            JobsService(self._ledger, self._scheduler, admission, watchers, callers),
            CatalogService(settings, weights, engine.devices),
        )
        self.devices = engine.devices

    @property
    def address(self) -> str:
        return self._gateway.address

    def start(self) -> None:
        self._scheduler.start()
        self._gateway.start()

    def stop(self) -> None:
        self._gateway.stop(STOP_GRACE)
        self._scheduler.stop()
        self._ledger.close()

    def idle_seconds(self) -> float:
        return 0.0 if self._scheduler.busy else self._activity.idle_seconds()


@contextmanager
def _alone(data: Path, patience: float) -> Iterator[None]:
    """Holds a data directory against a second server."""
    lock = FileLock(data / "server.lock")
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=patience)
    except Timeout as error:
        raise Unmet(
            f"Another server is using the data directory {data}: end it, or give this one another with --data."
        ) from error
    except OSError as error:
        raise Unmet(
            f"The data directory {data} cannot be written ({error.strerror}): give another with --data."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _embedded(settings: Settings) -> Iterator[tuple[Settings, Callable[[str], None]]]:
    """For an embedded server: an address of its own, a token, and a file that tells both to this user's clients."""
    if not settings.embedded:
        yield settings, lambda address: None
        return
    token = secrets.token_urlsafe(32)
    user = User(name="artist", token_sha256=token_sha256(token))
    file = settings.data / "server.json"

    def publish(address: str) -> None:
        written = {"address": address, "token": token, "pid": os.getpid(), "version": replate.__version__}
        part = file.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            json.dump(written, stream)
        part.replace(file)

    # Its own short folder: the path of a socket has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="replate-") as folder:
        listen = f"unix:{folder}/server" if sys.platform != "win32" else "127.0.0.1:0"
        try:
            yield settings.model_copy(update={"listen": listen, "users": (user,)}), publish
        finally:
            file.unlink(missing_ok=True)


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, stop)
