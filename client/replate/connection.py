"""The way in: `connect` gives a `Client`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from replate import catalog, embedded
from replate.catalog import Catalog
from replate.digests import Digests, FileDigests
from replate.jobs import InputLike, Job, Jobs
from replate.link import Address, Link
from replate.offers import Offer
from replate.plates import PlateLike, Sender
from replate.values import Priority, Value


def connect(
    address: str | None = None,
    token: str | None = None,
    *,
    tls_ca: Path | str | None = None,
    data: Path | str | None = None,
    program: str | None = None,
    cache: Path | str | None = None,
) -> Client:
    """A client of a server; the line is opened with the first call.

    Parameters
    ----------
    address
        "host:port", "unix:/path", or "grpcs://host:port" for TLS. None for
        $REPLATE_SERVER; where that is not set either, a server is started on this
        machine (or found running), which ends by itself when it is idle.
    token
        Who the caller is; None for $REPLATE_TOKEN.
    tls_ca
        PEM file of the authority that signed the server's certificate; None for
        $REPLATE_TLS_CA, or those that the system trusts. Setting it asks for TLS.
    data
        Where a server started here keeps its data; None for $REPLATE_DATA or the user's data folder.
    program
        What a server here is started by: a Python in which it is installed, or the command `replate-server`.
        None for $REPLATE_SERVER_PROGRAM, else this Python, else the command on the path.
    cache
        Where digests of files are remembered; None for the user's cache folder.

    Raises
    ------
    BadRequest
        When the address is none.
    Unmet, Failed
        When no server is named and none can be started here.
    """
    address = address or os.environ.get("REPLATE_SERVER") or None
    token = token if token is not None else os.environ.get("REPLATE_TOKEN", "")
    authority = tls_ca or os.environ.get("REPLATE_TLS_CA") or None
    if address is None:
        folder = Path(data) if data is not None else None
        link = Link(embedded.ensure(folder, program), lambda: embedded.ensure(folder, program))
    else:
        where = Address(address, token, Path(authority) if authority else None)
        link = Link(where)
    link.check()
    return Client(link, FileDigests(Path(cache) if cache is not None else None))


class Client:
    """A line to a server. Thread-safe; a context manager that finishes sending before it closes."""

    def __init__(self, link: Link, files: FileDigests) -> None:
        digests = Digests()
        self._link = link
        self._sender = Sender(digests, files)
        self._jobs = Jobs(link, self._sender, digests)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._jobs.stop_sending()
            self.close(finish=False)
        else:
            self.close()

    @property
    def address(self) -> str:
        """Where the server is."""
        return self._link.where.address

    def catalog(self) -> Catalog:
        """What the server can do."""
        return catalog.describe(self._link)

    def submit(
        self,
        operation: str,
        inputs: Mapping[str, InputLike],
        *,
        model: str = "",
        parameters: Mapping[str, Value] | None = None,
        frames: tuple[int, int] | None = None,
        seed: int = 0,
        title: str = "",
        project: str = "",
        priority: Priority = Priority.NORMAL,
        request: str = "",
    ) -> Job:
        """Asks for a job: see `replate.jobs.Jobs.submit`."""
        return self._jobs.submit(
            operation,
            inputs,
            model=model,
            parameters=parameters,
            frames=frames,
            seed=seed,
            title=title,
            project=project,
            priority=priority,
            request=request,
        )

    def offer(self, plate: PlateLike) -> Offer:
        """Sends frames ahead of the job that will need them: see `replate.jobs.Jobs.offer`."""
        return self._jobs.offer(plate)

    def job(self, id: str) -> Job:
        """A job by its id. Raises `NotFound`."""
        return self._jobs.get(id)

    def jobs(self, open: bool = False, limit: int = 100) -> list[Job]:
        """One's own jobs and those shared with one's projects, newest first; `open`: only unfinished ones."""
        return self._jobs.list(open, limit)

    def close(self, finish: bool = True) -> None:
        """Closes the line, by default once every submitted frame is on the server; raises why one is not."""
        try:
            if finish:
                self._jobs.wait_sent()
        finally:
            self._sender.close()
            self._link.close()
