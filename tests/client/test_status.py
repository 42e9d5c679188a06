"""An error crosses the wire as the class it was; gRPC's own statuses become sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from replate import errors
from replate.link import Address, Link
from replate.status import CODES, code_of
from replate.v1 import catalog_pb2

SENTENCE = "Frame 1003 is missing; render it again."


class Refusing(grpc.GenericRpcHandler):
    """A server that ends every call with the status named by its message's version field."""

    def __init__(self) -> None:
        self.code = grpc.StatusCode.INTERNAL
        self.details = ""
        self.reply = b""

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        if "Describe" not in str(details.method):
            return None

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            if self.reply:
                return self.reply
            context.abort(self.code, self.details)
            raise AssertionError

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture
def refusing() -> Iterator[tuple[Refusing, Link]]:
    handler, server = Refusing(), grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    link = Link(Address(f"127.0.0.1:{port}"))
    yield handler, link
    link.close()
    server.stop(None)


def describe(link: Link) -> None:
    link.ask(lambda calls: calls.catalog.Describe, catalog_pb2.DescribeRequest(), timeout=5)


@pytest.mark.parametrize("kind", CODES)
def test_every_error_arrives_as_it_was_raised(kind: type[errors.ReplateError], refusing: tuple[Refusing, Link]) -> None:
    handler, link = refusing
    handler.code, handler.details = code_of(kind(SENTENCE)), SENTENCE
    with pytest.raises(kind, match=re.escape(SENTENCE)):
        describe(link)


def test_what_is_no_error_of_ours_is_internal() -> None:
    assert code_of(KeyError("x")) is grpc.StatusCode.INTERNAL


def test_every_error_class_has_a_status() -> None:
    classes = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert classes - {errors.ReplateError} == set(CODES)


@pytest.mark.parametrize(
    ("code", "details", "kind", "said"),
    [
        (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded", errors.Unavailable, "did not answer in time"),
        (grpc.StatusCode.UNIMPLEMENTED, "Method not found!", errors.Unmet, "upgrade the older one"),
        (grpc.StatusCode.UNKNOWN, "Exception calling application: x", errors.Failed, "failed with UNKNOWN"),
        (grpc.StatusCode.UNAUTHENTICATED, "", errors.Unauthenticated, "set REPLATE_TOKEN"),
        (grpc.StatusCode.CANCELLED, "CANCELLED", errors.Cancelled, "cancelled"),
    ],
)
def test_a_status_of_grpcs_own_becomes_a_sentence(
    code: grpc.StatusCode,
    details: str,
    kind: type[errors.ReplateError],
    said: str,
    refusing: tuple[Refusing, Link],
) -> None:
    handler, link = refusing
    handler.code, handler.details = code, details
    with pytest.raises(kind, match=said) as raised:
        describe(link)
    assert str(raised.value).endswith(".")


def test_a_message_over_the_cap_says_so(refusing: tuple[Refusing, Link]) -> None:
    handler, link = refusing
    handler.reply = bytes(65 << 20)
    with pytest.raises(errors.Exhausted, match="over the size cap"):
        describe(link)
