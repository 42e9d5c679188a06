"""Who is calling, and what they may see."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import grpc

from replate.errors import Denied, NotFound, Unauthenticated
from replate.wire import TOKEN_KEY, bearer
from replate_server.jobs import Job
from replate_server.settings import User

EVERYBODY = "local"
"""The one user of a server without users: whoever is on its machine."""


@dataclass(frozen=True, slots=True)
class Caller:
    name: str
    projects: frozenset[str]
    alone: bool = False
    """Whether there is nobody else on this server, so that any project will do."""

    def check_sees(self, job: Job) -> None:
        """Raises `NotFound` for a job of somebody else's: whether there is one is none of the caller's business."""
        if job.owner != self.name and job.spec.project not in self.projects:
            raise NotFound(f"There is no job {job.id} on this server: list those there are with `replate jobs`.")

    def check_shares(self, project: str) -> None:
        """Raises `Denied` for a project that the caller is not in."""
        if project and not self.alone and project not in self.projects:
            mine = ", ".join(sorted(self.projects)) or "none"
            raise Denied(f"You are not in the project {project[:60]}: share with one of yours ({mine}).")


class Callers:
    """The users of this server, known by their tokens."""

    def __init__(self, users: Iterable[User], *, alone: bool = False) -> None:
        self._users = {user.token_sha256: Caller(user.name, user.projects, alone) for user in users}

    def of(self, context: grpc.ServicerContext) -> Caller:
        """The caller of a running call. Raises `Unauthenticated`."""
        return self.identify(context.invocation_metadata())

    def identify(self, metadata: Sequence[tuple[str, str | bytes]]) -> Caller:
        """The caller who sent this call metadata. Raises `Unauthenticated`."""
        if not self._users:
            return Caller(EVERYBODY, frozenset(), alone=True)
        sent = next((str(value) for key, value in metadata if key == TOKEN_KEY), "")
        given = token_sha256(sent.removeprefix(bearer("")))
        for known, caller in self._users.items():
            if sent and hmac.compare_digest(known, given):
                return caller
        raise Unauthenticated("This server does not know you: set REPLATE_TOKEN to the token that its TD gave you.")


def token_sha256(token: str) -> str:
    """What the settings keep of a token, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()
