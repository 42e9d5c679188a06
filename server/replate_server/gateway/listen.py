"""The gRPC server: its services, its limits, and where it listens."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from replate.errors import BadRequest, NotFound, Unavailable
from replate.v1 import catalog_pb2, catalog_pb2_grpc, jobs_pb2, jobs_pb2_grpc, plates_pb2
from replate_server.gateway.calls import Gate
from replate_server.gateway.catalog import CatalogService
from replate_server.gateway.jobs import JobsService
from replate_server.gateway.plates import PlatesService
from replate_server.settings import Settings, TlsSettings

SERVICES = tuple(
    module.DESCRIPTOR.services_by_name[name].full_name
    for module, name in ((plates_pb2, "Plates"), (jobs_pb2, "Jobs"), (catalog_pb2, "Catalog"))
)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Gateway:
    """The edge of the server. `address` is where it really listens, once made."""

    def __init__(
        self,
        settings: Settings,
        gate: Gate,
        plates: PlatesService,
        jobs: JobsService,
        catalog: CatalogService,
    ) -> None:
        streams = settings.limits.streams
        self._pool = ThreadPoolExecutor(streams, thread_name_prefix="call")
        self._server = grpc.server(
            self._pool, interceptors=[gate], options=_options(settings), maximum_concurrent_rpcs=streams
        )
        self._health = health.HealthServicer()
        self._server.add_generic_rpc_handlers((plates.handler(),))
        jobs_pb2_grpc.add_JobsServicer_to_server(jobs, self._server)
        catalog_pb2_grpc.add_CatalogServicer_to_server(catalog, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), self._server)
        self.address = _bind(self._server, settings)

    def start(self) -> None:
        self._server.start()
        for service in ("", *SERVICES):
            self._health.set(service, health_pb2.HealthCheckResponse.SERVING)

    def stop(self, grace_seconds: float) -> None:
        """Takes no more calls, gives those that run some time, and ends them."""
        self._health.enter_graceful_shutdown()
        self._server.stop(grace_seconds).wait()
        # The calls have ended for their clients; now their threads do, before what they use is closed.
        self._pool.shutdown(wait=True, cancel_futures=True)


def _options(settings: Settings) -> Sequence[tuple[str, int]]:
    most = settings.limits.message_mb << 20
    return (
        ("grpc.max_receive_message_length", most),
        ("grpc.max_send_message_length", most),
        # Two servers on one port would share the artists between them at random.
        ("grpc.so_reuseport", 0),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    )


def _bind(server: grpc.Server, settings: Settings) -> str:
    address = settings.listen
    if not address.startswith("unix:") and not address.rpartition(":")[2].isdecimal():
        raise BadRequest(f"{address} is no address to listen on: write host:port, or unix:/path/to/socket.")
    local = address.startswith("unix:") or address.rpartition(":")[0] in LOOPBACK
    if not local and not settings.users:
        raise BadRequest(
            f"Listening on {address} would let everybody in: name users with tokens in the settings "
            "(`replate-server token`), or listen on 127.0.0.1."
        )
    try:
        if settings.tls is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, _credentials(settings.tls))
    except RuntimeError as error:
        raise Unavailable(
            f"The server cannot listen on {address}: choose another address with --listen, or end what uses it."
        ) from error
    return address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{port}"


def _credentials(tls: TlsSettings) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials([(_read(tls.key), _read(tls.certificate))])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"The TLS file {path} cannot be read ({error.strerror}): correct the settings tls.*.") from error
