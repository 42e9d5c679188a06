"""What a host can ask the agent for: one small function a method."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import replate
from replate.agent import asked, exports, sheets
from replate.agent.catalog_json import catalog_as_json
from replate.agent.delivery import Delivery
from replate.agent.dispatch import Answer, Method, Request
from replate.agent.notify import Notifier, standing
from replate.agent.offers import Offers
from replate.agent.previews import Previews
from replate.agent.scenes import Scenes
from replate.catalog import Catalog
from replate.connection import Client, connect
from replate.errors import ReplateError, Unmet
from replate.jobs import Job

PROTOCOL = 1
"""Version of the lines that a host and its agent exchange."""
IN_VAIN = ("offer", "scene", "sheet")
"""Methods whose work is of no use once the host has gone: the job that needs frames sends them itself."""


class Methods:
    """The methods of one host's agent, and what they share: a client, its catalog, the jobs that are watched."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._client: Client | None = None
        self._begin: Callable[[], Client] | None = None
        self._beginning = threading.Lock()
        self._catalog: Catalog | None = None
        self._deliveries: dict[str, Delivery] = {}
        self._lock = threading.Lock()
        self._writers = ThreadPoolExecutor(2, thread_name_prefix="replate-write")
        self._previews = Previews()
        self._offers = Offers()
        self._scenes = Scenes(notifier)

    def table(self) -> Mapping[str, Method]:
        """Methods by their name on the wire; `shutdown` and `$/cancel` are the dispatcher's."""
        return {
            "initialize": self.initialize,
            "catalog": self.catalog,
            "offer": self.offer,
            "submit": self.submit,
            "watch": self.watch,
            "cancel": self.cancel,
            "jobs": self.jobs,
            "scene": self.scene,
            "export": self.export,
            "sheet": self.sheet,
        }

    def initialize(self, request: Request) -> Answer:
        """Connects; without an address, to a server of this machine, which starts with the first need of it."""
        params = request.params
        wanted = asked.field(params, "protocol", int, PROTOCOL)
        if wanted != PROTOCOL:
            older = "host's plugin" if wanted < PROTOCOL else "agent"
            raise Unmet(f"The host speaks agent protocol {wanted} and the agent {PROTOCOL}; upgrade the {older}.")
        address = asked.field(params, "address", str, "") or os.environ.get("REPLATE_SERVER", "")
        said = {name: asked.field(params, name, str, "") or None for name in ("token", "tls_ca", "data", "program")}

        def begin() -> Client:
            return connect(address or None, **said)

        client = begin() if address else None
        with self._lock:
            stale, self._client, self._catalog, self._begin = self._client, client, None, begin
        if stale is not None:
            stale.close()
        return Answer(
            {"protocol": PROTOCOL, "version": replate.__version__, "address": client.address if client else ""}
        )

    def catalog(self, request: Request) -> Answer:
        """What the server can do, asked anew."""
        catalog = self._connected().catalog()
        with self._lock:
            self._catalog = catalog
        return Answer(catalog_as_json(catalog))

    def offer(self, request: Request) -> Answer:
        """Sends frames ahead of the job that will need them."""
        return Answer(self._offers.take(request, self._connected()))

    def submit(self, request: Request) -> Answer:
        """Asks for a job, and watches it."""
        params, client, catalog = request.params, self._connected(), self._known()
        operation = asked.field(params, "operation", str)
        model = asked.field(params, "model", str, "")
        outputs = asked.outputs(params)
        job = client.submit(
            operation,
            asked.inputs(params, operation, catalog, request.cancelled),
            model=model,
            parameters=asked.parameters(params, operation, model, catalog),
            frames=asked.frame_range(params),
            seed=asked.field(params, "seed", int, 0),
            title=asked.field(params, "title", str, ""),
            project=asked.field(params, "project", str, ""),
            priority=asked.priority(params),
            request=asked.field(params, "request", str, ""),
        )
        if request.cancelled.is_set():
            job.cancel()
            request.check()
        return Answer(standing(job.info), self._delivering(job, outputs, asked.field(params, "after", int, 0)))

    def watch(self, request: Request) -> Answer:
        """Goes on with a job of before: frames after a sequence number, and how it ends."""
        job = self._connected().job(asked.field(request.params, "job", str))
        after, frames = asked.field(request.params, "after", int, 0), asked.frame_range(request.params)
        return Answer(standing(job.info), self._delivering(job, asked.outputs(request.params), after, frames))

    def cancel(self, request: Request) -> Answer:
        id = asked.field(request.params, "job", str)
        with self._lock:
            delivery = self._deliveries.get(id)
        job = delivery.job if delivery is not None else self._connected().job(id)
        return Answer(standing(job.cancel()))

    def jobs(self, request: Request) -> Answer:
        found = self._connected().jobs(
            asked.field(request.params, "open", bool, False), asked.field(request.params, "limit", int, 100)
        )
        return Answer([{**standing(job.info), "created": job.info.created.isoformat()} for job in found])

    def scene(self, request: Request) -> Answer:
        """Writes the 2.5D scene of a `layers` job."""
        job = self._connected().job(asked.field(request.params, "job", str))
        return Answer(self._scenes.write(request, job))

    def export(self, request: Request) -> Answer:
        """Writes a scene as the host has it now. Needs no server."""
        return Answer(exports.write(request.params))

    def sheet(self, request: Request) -> Answer:
        """Writes finished pictures side by side. Needs no server."""
        return Answer(sheets.write(request))

    def close(self) -> None:
        """Stops watching and finishes sending: jobs go on without the host, and need all their frames for it."""
        with self._lock:
            deliveries, client = list(self._deliveries.values()), self._client
        for delivery in deliveries:
            delivery.stop()
        self._previews.close()
        self._offers.close()
        if client is not None:
            try:
                client.close()
            except ReplateError:
                # The host has gone: there is nobody left to tell.
                return

    def _connected(self) -> Client:
        # A server of this machine takes a while to start, and who needs none does not wait for it.
        with self._beginning:
            with self._lock:
                client, begin = self._client, self._begin
            if client is not None:
                return client
            if begin is None:
                raise Unmet("The agent is not connected; call initialize first.")
            client = begin()
            with self._lock:
                # The host may have asked for another one meanwhile.
                if self._begin is begin:
                    self._client = client
            return client

    def _known(self) -> Catalog:
        client = self._connected()
        with self._lock:
            catalog = self._catalog
        if catalog is None:
            catalog = client.catalog()
            with self._lock:
                self._catalog = catalog
        return catalog

    def _delivering(
        self, job: Job, outputs: Mapping[str, str], after: int = 0, frames: tuple[int, int] | None = None
    ) -> Callable[[], None]:
        delivery = Delivery(job, outputs, self._notifier, self._writers, self._previews, after=after, frames=frames)
        with self._lock:
            self._deliveries = {id: other for id, other in self._deliveries.items() if other.running}
            stale = self._deliveries.get(job.id)
            self._deliveries[job.id] = delivery
        if stale is not None:
            stale.stop()
        return delivery.start
