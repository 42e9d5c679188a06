"""The line to a server: where it is, how it is reached, and what every call carries."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import grpc

from replate import chunks
from replate.errors import BadRequest, NotFound, Unavailable
from replate.status import error_from
from replate.v1 import catalog_pb2_grpc, jobs_pb2_grpc, plates_pb2, plates_pb2_grpc
from replate.wire import PROTOCOL, PROTOCOL_KEY, TOKEN_KEY, bearer

DEFAULT_PORT = 7431
PATIENCE = 60.0
"""Seconds for which a server that went away is waited for."""

_SEND_CAP = 256 << 20
_RECEIVE_CAP = 64 << 20
_SAFE_TO_REPEAT = (
    ("replate.v1.Plates", "Missing"),
    ("replate.v1.Jobs", "Submit"),
    ("replate.v1.Jobs", "Get"),
    ("replate.v1.Jobs", "List"),
    ("replate.v1.Jobs", "Cancel"),
    ("replate.v1.Catalog", "Describe"),
)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Address:
    """A server, and who we are to it."""

    address: str
    """"host:port", "unix:/path", or "grpcs://host:port" for TLS."""
    token: str = ""
    tls_ca: Path | None = None
    """PEM file of the authority that signed the server's certificate; setting it asks for TLS."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of one channel."""

    channel: grpc.Channel
    plates: plates_pb2_grpc.PlatesStub
    jobs: jobs_pb2_grpc.JobsStub
    catalog: catalog_pb2_grpc.CatalogStub
    upload: grpc.StreamStreamMultiCallable[chunks.Chunk, plates_pb2.UploadResponse]
    download: grpc.StreamStreamMultiCallable[plates_pb2.DownloadRequest, chunks.Chunk]


@dataclass(slots=True)
class Link:
    """A server's calls, on a channel that is made again when the server moved. Thread-safe."""

    where: Address
    renew: Callable[[], Address] | None = None
    """Finds (or starts) the server again after it went away: the embedded server."""
    _calls: Calls | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def calls(self) -> Calls:
        with self._lock:
            if self._calls is None:
                self._calls = _open(self.where)
            return self._calls

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What every call carries."""
        protocol = ((PROTOCOL_KEY, PROTOCOL),)
        return (*protocol, (TOKEN_KEY, bearer(self.where.token))) if self.where.token else protocol

    @contextmanager
    def typed(self) -> Iterator[None]:
        """gRPC's errors become Replate's."""
        try:
            yield
        except grpc.RpcError as error:
            raise error_from(error, self.where.address) from error

    def ask(self, call: Callable[[Calls], Callable[..., Result]], request: Any, timeout: float = 60.0) -> Result:
        """One call that is answered at once: `ask(lambda calls: calls.jobs.Get, request)`."""

        def once() -> Result:
            with self.typed():
                return call(self.calls)(request, metadata=self.metadata, timeout=timeout)

        try:
            return once()
        except Unavailable:
            if self.renew is None:
                raise
            self.find_again()
            return once()

    def find_again(self) -> None:
        """After the server went away: where it is now. Raises what `renew` raises."""
        if self.renew is None:
            return
        where = self.renew()
        with self._lock:
            if where != self.where:
                # The old channel is left to its last calls, which fail by themselves.
                self.where, self._calls = where, None

    def check(self) -> None:
        """Raises `BadRequest` for what is no address, before anything is sent."""
        parse(self.where.address)

    def close(self) -> None:
        with self._lock:
            stale, self._calls = self._calls, None
        if stale is not None:
            stale.channel.close()


@dataclass(slots=True)
class Stream:
    """Whether a call's request iterator should go on; an abandoned one must take nothing more."""

    open: bool = True


@dataclass(slots=True)
class Patience:
    """How long a server that went away is waited for, counted from when it last answered."""

    link: Link
    seconds: float = PATIENCE
    _since: float | None = None
    _pause: float = 0.1

    def answered(self) -> None:
        self._since, self._pause = None, 0.1

    def wait(self, error: Unavailable, stop: threading.Event) -> None:
        """A growing pause before the next attempt; raises the error when patience is at its end."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if stop.is_set() or now - self._since > self.seconds:
            raise error
        stop.wait(self._pause)
        self._pause = min(self._pause * 2, 2.0)
        self.link.find_again()


def parse(address: str) -> tuple[str, bool]:
    """An address as gRPC's target, and whether it is TLS. Raises `BadRequest`."""
    tls = address.startswith("grpcs://")
    rest = re.sub(r"^grpcs?://", "", address.strip())
    if rest.startswith("unix:"):
        return rest, False
    if re.fullmatch(r"[A-Za-z0-9._-]+", rest):
        return f"{rest}:{DEFAULT_PORT}", tls
    if re.fullmatch(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.%]+\]):\d{1,5}", rest):
        return rest, tls
    raise BadRequest(f"'{address}' is no address; write host:port, grpcs://host:port or unix:/path.")


def _open(where: Address) -> Calls:
    channel = _channel(where)
    return Calls(
        channel=channel,
        plates=plates_pb2_grpc.PlatesStub(channel),
        jobs=jobs_pb2_grpc.JobsStub(channel),
        catalog=catalog_pb2_grpc.CatalogStub(channel),
        upload=channel.stream_stream(
            chunks.UPLOAD,
            request_serializer=chunks.write_chunk,
            response_deserializer=plates_pb2.UploadResponse.FromString,
        ),
        download=channel.stream_stream(
            chunks.DOWNLOAD,
            request_serializer=plates_pb2.DownloadRequest.SerializeToString,
            response_deserializer=chunks.read_chunk,
        ),
    )


def _channel(where: Address) -> grpc.Channel:
    target, tls = parse(where.address)
    options: list[tuple[str, Any]] = [
        ("grpc.max_send_message_length", _SEND_CAP),
        ("grpc.max_receive_message_length", _RECEIVE_CAP),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        ("grpc.initial_reconnect_backoff_ms", 100),
        # Channels to one address share a connection otherwise, and with it its flow control.
        ("grpc.use_local_subchannel_pool", 1),
        # Farms set http_proxy for package mirrors; a server on the local network is not behind it.
        ("grpc.enable_http_proxy", 0),
        ("grpc.service_config", _service_config()),
    ]
    if not tls and where.tls_ca is None:
        return grpc.insecure_channel(target, options=options)
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(_authority(where.tls_ca)), options=options)


def _authority(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"The certificate file {path} cannot be read ({error.strerror}).") from error


def _service_config() -> str:
    return json.dumps(
        {
            "methodConfig": [
                {
                    "name": [{"service": service, "method": method} for service, method in _SAFE_TO_REPEAT],
                    "retryPolicy": {
                        "maxAttempts": 4,
                        "initialBackoff": "0.1s",
                        "maxBackoff": "1s",
                        "backoffMultiplier": 2,
                        "retryableStatusCodes": ["UNAVAILABLE"],
                    },
                }
            ]
        }
    )
