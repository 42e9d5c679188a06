"""Where a server listens, and what it answers to machines."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
import trustme
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

import replate
from replate.errors import Unavailable
from replate.v1 import catalog_pb2, catalog_pb2_grpc
from replate.wire import PROTOCOL_KEY
from serving import Server, digests, noise, serving

SERVICES = {"replate.v1.Plates", "replate.v1.Jobs", "replate.v1.Catalog"}


@pytest.mark.parametrize("service", ["", *sorted(SERVICES)])
def test_health_answers(server: Server, service: str) -> None:
    with grpc.insecure_channel(server.address) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_names_the_services_and_gives_their_contract(server: Server) -> None:
    asked = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        *(reflection_pb2.ServerReflectionRequest(file_containing_symbol=name) for name in SERVICES),
    ]
    with grpc.insecure_channel(server.address) as channel:
        listed, *files = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter(asked))
    assert {service.name for service in listed.list_services_response.service} > SERVICES
    assert all(file.file_descriptor_response.file_descriptor_proto for file in files)


@pytest.mark.parametrize(
    ("spoken", "sentence"),
    [
        ("2", "The client speaks protocol 2 and the server 1: upgrade the server."),
        ("0", "The client speaks protocol 0 and the server 1: upgrade the client."),
        ("x", "The client speaks protocol x and the server 1: upgrade the client."),
    ],
)
def test_another_protocol_is_refused_with_the_side_to_upgrade(server: Server, spoken: str, sentence: str) -> None:
    with grpc.insecure_channel(server.address) as channel, pytest.raises(grpc.RpcError) as raised:
        catalog_pb2_grpc.CatalogStub(channel).Describe(
            catalog_pb2.DescribeRequest(), metadata=((PROTOCOL_KEY, spoken),)
        )
    assert raised.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert raised.value.details() == sentence


def test_a_unix_socket_survives_a_killed_server(tmp_path: Path) -> None:
    with serving(tmp_path / "data", listen=f"unix:{tmp_path}/s") as server, server.connect() as client:
        plate = noise()
        first = digests(client.submit("identity", {"plate": plate}))
        server.kill()
        server.start()
        assert digests(client.submit("identity", {"plate": plate})) == first


@pytest.mark.parametrize(
    ("listen", "sentence"),
    [
        (
            "0.0.0.0:0",
            "Listening on 0.0.0.0:0 would let everybody in: name users with tokens in the settings "
            "(`replate-server token`), or listen on 127.0.0.1.",
        ),
        ("127.0.0.1", "127.0.0.1 is no address to listen on: write host:port, or unix:/path/to/socket."),
    ],
)
def test_an_address_that_will_not_do_is_refused(tmp_path: Path, listen: str, sentence: str) -> None:
    assert Server(tmp_path, listen).refused() == sentence


def test_an_address_in_use_is_refused(tmp_path: Path, server: Server) -> None:
    said = Server(tmp_path, server.address).refused()
    assert said.splitlines()[-1] == (
        f"The server cannot listen on {server.address}: choose another address with --listen, or end what uses it."
    )


def test_a_data_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = Server(tmp_path / "file" / "data").refused()
    assert said.endswith("cannot be written (Not a directory): give another with --data.")


def test_a_ledger_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("This is no database, long as it is, and never was one. " * 20)
    said = Server(tmp_path).refused()
    assert said.endswith("(file is not a database): put a backup in its place, or move it away.")


def test_a_server_with_a_certificate_is_reached_by_who_trusts_it(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    key, chain, trusted = tmp_path / "key.pem", tmp_path / "chain.pem", tmp_path / "authority.pem"
    certificate.private_key_pem.write_to_path(str(key))
    chain.write_bytes(b"".join(pem.bytes() for pem in certificate.cert_chain_pems))
    authority.cert_pem.write_to_path(str(trusted))
    settings = {"REPLATE_TLS__KEY": str(key), "REPLATE_TLS__CERTIFICATE": str(chain)}
    with serving(tmp_path / "data", listen="localhost:0", settings=settings) as server:
        with replate.connect(f"grpcs://{server.address}", tls_ca=trusted) as client:
            assert len(digests(client.submit("identity", {"plate": noise()}))) == 1
        with replate.connect(f"grpcs://{server.address}") as stranger, pytest.raises(Unavailable, match="certificate"):
            stranger.catalog()
