"""Frames that a host offers before it asks for the job that needs them."""

from __future__ import annotations

from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any

from replate.agent import asked
from replate.agent.dispatch import Request
from replate.connection import Client
from replate.errors import Cancelled

_AT_ONCE = 4
"""Offers that are read and sent at the same time; the others wait for their turn, in order."""


class Offers:
    """Reads and sends what is offered. Thread-safe."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="replate-offer")

    def take(self, request: Request, client: Client) -> dict[str, Any]:
        """Returns when the frames are on the server. Raises what reading and sending raise, and `Cancelled`."""
        done = self._threads.submit(_send, request, client)
        request.when_cancelled(done.cancel)
        try:
            return done.result()
        except CancelledError:
            raise Cancelled("The request was cancelled.") from None

    def close(self) -> None:
        self._threads.shutdown(wait=False)


def _send(request: Request, client: Client) -> dict[str, Any]:
    request.check()
    source = asked.field(request.params, "plate", dict)
    plate = asked.picture(source, "The plate", asked.kind(request.params))
    offer = client.offer(asked.Stoppable(plate, request.cancelled))
    request.when_cancelled(offer.stop)
    offer.wait()
    request.check()
    return {"frames": len(offer.frames), "bytes": offer.sent.bytes}
