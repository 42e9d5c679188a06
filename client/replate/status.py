"""Errors as gRPC statuses, and back: the one table of both directions."""

from __future__ import annotations

import grpc

from replate.errors import (
    BadRequest,
    Cancelled,
    Damaged,
    Denied,
    Exhausted,
    Failed,
    NotFound,
    ReplateError,
    Unauthenticated,
    Unavailable,
    Unmet,
)

CODES: dict[type[ReplateError], grpc.StatusCode] = {
    BadRequest: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    Unmet: grpc.StatusCode.FAILED_PRECONDITION,
    Denied: grpc.StatusCode.PERMISSION_DENIED,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Damaged: grpc.StatusCode.DATA_LOSS,
    Cancelled: grpc.StatusCode.CANCELLED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    Failed: grpc.StatusCode.INTERNAL,
}

_CLASSES = {code: kind for kind, code in CODES.items()}


def code_of(error: BaseException) -> grpc.StatusCode:
    """The status an error travels as; INTERNAL for what is none of Replate's errors."""
    for kind in type(error).__mro__:
        if kind in CODES:
            return CODES[kind]
    return grpc.StatusCode.INTERNAL


def error_from(rpc_error: grpc.RpcError, address: str = "") -> ReplateError:
    """The error that a failed call stands for, worded for the artist.

    A status of our own server carries a whole sentence, which is kept. Statuses
    that gRPC makes itself (no connection, a message over the cap, an unknown
    method) carry fragments, and are reworded here.

    Parameters
    ----------
    rpc_error
        What the call raised.
    address
        Where the call went, for the sentence; may be empty.
    """
    code, details = _code(rpc_error), _details(rpc_error)
    if code in _CLASSES and _is_sentence(details):
        return _CLASSES[code](details)
    return _of_transport(code, details, f"The server at {address}" if address else "The server")


def _of_transport(code: grpc.StatusCode, details: str, server: str) -> ReplateError:
    why = details.rstrip(".! ") or "no reason given"
    if code is grpc.StatusCode.UNAVAILABLE:
        return Unavailable(
            f"{server} cannot be reached: {_cause(why)}; check that it runs and that its address is right."
        )
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return Unavailable(f"{server} did not answer in time; it may be overloaded, try again in a while.")
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return Unmet(
            f"{server} does not know this call ({why}); client and server are of different versions, "
            "upgrade the older one."
        )
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "concurrent" in why.lower():
        return Exhausted(f"{server} serves as many calls as it can; try again in a while, or raise limits.streams.")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return Exhausted(f"{server} and this client exchanged a message over the size cap ({why}); send less at once.")
    if code is grpc.StatusCode.CANCELLED:
        return Cancelled("The call was cancelled.")
    if code is grpc.StatusCode.UNAUTHENTICATED:
        return Unauthenticated(f"{server} does not know this client ({why}); set REPLATE_TOKEN to a valid token.")
    kind = _CLASSES.get(code, Failed)
    return kind(f"{server} failed with {code.name}: {why}; its log says more.")


def _cause(details: str) -> str:
    """The innermost reason of gRPC's nested connection errors."""
    lowered = details.lower()
    for symptom, words in (
        ("connection refused", "nothing listens there"),
        ("no such file or directory", "there is no such socket"),
        ("dns resolution failed", "its name is not known to the network"),
        ("name resolution", "its name is not known to the network"),
        ("certificate_verify_failed", "its certificate is not trusted"),
        ("ssl_error", "the TLS handshake failed"),
        ("handshake", "the TLS handshake failed"),
        ("connection reset", "it closed the connection"),
        ("socket closed", "it closed the connection"),
        ("goaway", "it is shutting down"),
    ):
        if symptom in lowered:
            return words
    return details


def _is_sentence(details: str) -> bool:
    """Whether our own server said it: gRPC's fragments end without a full stop."""
    return details.endswith(".")


def _code(rpc_error: grpc.RpcError) -> grpc.StatusCode:
    code = rpc_error.code() if hasattr(rpc_error, "code") else None
    return code if isinstance(code, grpc.StatusCode) else grpc.StatusCode.UNKNOWN


def _details(rpc_error: grpc.RpcError) -> str:
    details = rpc_error.details() if hasattr(rpc_error, "details") else str(rpc_error)
    return str(details or "").strip()
