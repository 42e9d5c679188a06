"""Several jobs at once that differ in something, to choose from."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product

from replate.connection import Client
from replate.errors import BadRequest, ReplateError, Unavailable
from replate.jobs import InputLike, Job, JobOutput
from replate.values import Priority, Value

MOST = 64
"""Variations of one plate: more are nothing that anybody looks at."""
_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Variation:
    """What a job is made of, and what tells it from the others."""

    label: str
    """"strength 0.4 · seed 1"."""
    inputs: Mapping[str, InputLike]
    """By role. What several variations share is the same object in all of them."""
    model: str = ""
    """Empty for the operation's default."""
    parameters: Mapping[str, Value] = field(default_factory=dict)
    seed: int = 0


def vary(
    client: Client,
    operation: str,
    variations: Sequence[Variation],
    *,
    frames: tuple[int, int] | None = None,
    title: str = "",
    project: str = "",
    priority: Priority = Priority.NORMAL,
) -> list[Job]:
    """Asks for a job for each variation; files and frames that they share are hashed and sent once.

    frames: first and last to deliver; None for all that are sent.
    title: what they are called in lists of jobs, each with its number and its label.
    Either all are asked for or none: raises what `Client.submit` raises, with those before cancelled.
    """
    shared = {id(source): source for each in variations for source in each.inputs.values()}
    # What is offered is not hashed again for the jobs, however young its files are.
    offers = [client.offer(source) for source in shared.values() if not isinstance(source, JobOutput)]
    jobs: list[Job] = []
    stopped = threading.Event()

    def ask() -> None:
        for number, each in enumerate(variations, 1):
            if stopped.is_set():
                return
            job = client.submit(
                operation,
                each.inputs,
                model=each.model,
                parameters=each.parameters,
                frames=frames,
                seed=each.seed,
                title=f"{title} {number}/{len(variations)}: {each.label}".strip()[:_LONGEST_TITLE],
                project=project,
                priority=priority,
            )
            jobs.append(job)

    try:
        # On a thread of its own, where Ctrl-C cannot lose a job that the server has just written down.
        with ThreadPoolExecutor(1, thread_name_prefix="replate-vary") as thread:
            try:
                thread.submit(ask).result()
            finally:
                stopped.set()
    except BaseException:
        for offer in offers:
            offer.stop()
        cancel_all(jobs)
        raise
    return jobs


def cancel_all(jobs: Iterable[Job]) -> None:
    """Stops what has not ended, the last first: what waits is not begun meanwhile. A server that is gone is let be."""
    for job in reversed(list(jobs)):
        try:
            if not job.state.ended:
                job.cancel()
        except Unavailable:
            return
        except ReplateError:
            continue


def combined(varied: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Every combination of the values of each name, the last name's changing fastest.

    Raises `BadRequest` where there are more than `MOST`.
    """
    count = 1
    for values in varied.values():
        count *= len(values)
    if count > MOST:
        raise BadRequest(f"That is {count} variations, over the limit of {MOST}: vary by less at once.")
    return [dict(zip(varied, values, strict=True)) for values in product(*varied.values())]
