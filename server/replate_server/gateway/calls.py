"""What every call goes through: identity, protocol version, errors as statuses, and a count of who is there."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import grpc
import structlog

from replate.errors import ReplateError, Unmet
from replate.status import code_of
from replate.wire import PROTOCOL, PROTOCOL_KEY, protocol_fault
from replate_server.gateway.callers import Callers

log = structlog.get_logger()

HEALTH = "/grpc.health."
"""Health is asked by machines that have no token."""


class Activity:
    """How many calls are being served, and how long there have been none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._last = time.monotonic()

    @contextmanager
    def call(self) -> Iterator[None]:
        with self._lock:
            self._calls += 1
        try:
            yield
        finally:
            with self._lock:
                self._calls -= 1
                self._last = time.monotonic()

    def idle_seconds(self) -> float:
        with self._lock:
            return 0.0 if self._calls else time.monotonic() - self._last


# The class takes type arguments in its stubs alone.
class Gate(grpc.ServerInterceptor):  # type: ignore[type-arg]
    """Wraps every method of every service."""

    def __init__(self, callers: Callers, activity: Activity) -> None:
        self._callers = callers
        self._activity = activity

    def intercept_service(self, continuation: Callable[[Any], Any], details: grpc.HandlerCallDetails) -> Any:
        """The method's handler, wrapped; None for a method that there is not."""
        handler = continuation(details)
        if handler is None or details.method.startswith(HEALTH):
            return handler
        kind = ("stream" if handler.request_streaming else "unary") + (
            "_stream" if handler.response_streaming else "_unary"
        )
        behaviour = getattr(handler, kind)
        wrapped = self._streaming(behaviour) if handler.response_streaming else self._single(behaviour)
        return handler._replace(**{kind: wrapped})

    def _single(self, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        def call(request: Any, context: grpc.ServicerContext) -> Any:
            with self._activity.call():
                try:
                    self._check(context)
                    return behaviour(request, context)
                except Exception as error:
                    _abort(context, error)

        return call

    def _streaming(self, behaviour: Callable[..., Any]) -> Callable[..., Any]:
        def call(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            with self._activity.call():
                try:
                    self._check(context)
                    yield from behaviour(request, context)
                except Exception as error:
                    _abort(context, error)

        return call

    def _check(self, context: grpc.ServicerContext) -> None:
        metadata = context.invocation_metadata()
        self._callers.identify(metadata)
        spoken = next((str(value) for key, value in metadata if key == PROTOCOL_KEY), PROTOCOL)
        if fault := protocol_fault(client=spoken, server=PROTOCOL):
            raise Unmet(fault)


def _abort(context: grpc.ServicerContext, error: Exception) -> NoReturn:
    if isinstance(error, ReplateError):
        context.abort(code_of(error), str(error))
    if not context.is_active():
        # The client went away in the middle of its stream, and gRPC raised out of the request iterator.
        context.abort(grpc.StatusCode.CANCELLED, "The call was cancelled.")
    reference = secrets.token_hex(4)
    log.error("call failed", reference=reference, exc_info=error)
    context.abort(
        grpc.StatusCode.INTERNAL,
        f"The server has a fault; its log says more under the reference {reference}.",
    )
    raise AssertionError("abort raises")
