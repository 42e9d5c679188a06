"""Who is served next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from replate.values import Priority


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that has a window ready to run."""

    job: str
    owner: str
    priority: Priority
    created: float


class FairShare:
    """Gives devices to the owner who has had the least of them, and within an owner to the most urgent, oldest job.

    An owner's account holds the device seconds they were given. One who comes back after a
    pause starts level with the least served of those waiting: credit is not saved up. This is
    start-time fair queueing (Goyal, Vin and Cheng, 1996) with equal weights, charged after the fact.
    """

    def __init__(self) -> None:
        self._served: dict[str, float] = {}
        self._level = 0.0

    def choose(self, claims: Iterable[Claim]) -> Claim | None:
        """The claim to serve next, or None when there are none."""
        waiting = list(claims)
        if not waiting:
            return None
        for claim in waiting:
            self._served[claim.owner] = max(self._served.get(claim.owner, 0.0), self._level)
        best = min(waiting, key=lambda c: (self._served[c.owner], c.priority, c.created, c.job))
        self._level = self._served[best.owner]
        return best

    def charge(self, owner: str, seconds: float) -> None:
        """Books device time that an owner was given."""
        self._served[owner] = self._served.get(owner, self._level) + seconds
