"""What a window waits for, the task that runs it, and what its recipe gave before."""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from replate.errors import Unmet
from replate.frame import StoredFrame
from replate_server.jobs import Job, JobOutput
from replate_server.operations.contract import keyed_roles
from replate_server.operations.registry import broken_models, models, operations
from replate_server.scheduling.open_job import Inputs, Key, OpenJob, OpenWindow
from replate_server.scheduling.recipes import unmeasured, window_recipe, with_metadata_of
from replate_server.store.frames import FrameStore
from replate_server.store.ledger import Ledger, WindowRecord
from replate_server.weights.store import WeightStore
from replate_server.worker.contract import WindowTask


class Planner:
    """Reads the ledger and the store, and writes to neither."""

    def __init__(
        self, ledger: Ledger, store: FrameStore, weights: WeightStore, colour_config: str, devices: Iterable[str]
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._weights = weights
        self._config = colour_config
        # Kinds of device differ in a pixel's last digits, and so a recipe names the kind.
        self._kind = "+".join(sorted({re.split("[:#]", device)[0] for device in devices}))
        self._task_numbers = itertools.count(1)

    def open(self, job: Job) -> OpenJob:
        """The job with the windows that are not done, and what each waits for.

        Raises `Unmet` when its model is not on this server any more, or a linked job's frames are not.
        """
        name = job.spec.model
        if name not in models():
            raise Unmet(broken_models().get(name, f"The model {name} is not on this server any more: choose another."))
        if json.loads(job.recipe)["revision"] != models()[name].card.revision:
            raise Unmet(f"The model {name} changed while this job was open: submit it again.")
        links = {source for source in job.spec.inputs.values() if isinstance(source, JobOutput)}
        linked = {link: self._frames_of(link) for link in links}
        open_job = OpenJob(job, Inputs(job, linked, keyed_roles(operations()[job.spec.operation])), {})
        for record in self._ledger.windows(job.id):
            if record.done:
                open_job.frames_done += len(record.numbers)
            else:
                lacking = set(self._lacking(open_job, record))
                open_job.windows[record.ordinal] = OpenWindow(record, lacking, record.deaths)
        return open_job

    def task(self, open_job: OpenJob, record: WindowRecord) -> WindowTask:
        """The task that runs a window which lacks nothing. Each has a number of its own."""
        frames: defaultdict[str, list[StoredFrame]] = defaultdict(list)
        for role, (view, number) in open_job.inputs.wanted(record):
            frame = open_job.inputs.frame(role, (view, number))
            if frame is None:
                link = open_job.inputs.link(role)
                frame = self._ledger.output_frame(link.job, link.output, view, number)
                assert frame is not None, "a window is ready only when its linked frames are in the ledger"
            frames[role].append(unmeasured(frame))
        spec = open_job.job.spec
        return WindowTask(
            id=next(self._task_numbers),
            job=open_job.job.id,
            operation=spec.operation,
            model=spec.model,
            parameters=spec.parameters,
            seed=spec.seed,
            view=record.view,
            numbers=record.numbers,
            context=record.context,
            inputs={role: tuple(frames[role]) for role in spec.inputs},
            colour_config=self._config,
            loras=json.loads(open_job.job.recipe).get("loras", {}),
            keys=keyed_roles(operations()[spec.operation]),
        )

    def recipe(self, task: WindowTask) -> str:
        """The digest that names what a task makes; empty as long as a weight of it is to come and nobody knows its
        digest."""
        card = models()[task.model].card
        sums = {name: self._weights.weight(name).sha256 for name in card.weights}
        return window_recipe(task, card, sums, self._kind) if all(sums.values()) else ""

    def recall(self, recipe: str, task: WindowTask) -> Sequence[tuple[str, StoredFrame]] | None:
        """What the recipe gave before, with the metadata of this task's plate; None unless all of it is kept."""
        known = self._ledger.recall(recipe) if recipe else None
        if known is None or not all(self._store.has(frame.digest) for _, frame in known):
            return None
        for _, frame in known:
            self._store.touch(frame.digest)
        frames = task.inputs[operations()[task.operation].roles[0].name]
        plate = {frame.spec.number: frame for frame in frames}
        still = frames[0] if len(frames) == 1 else None
        return [(output, with_metadata_of(frame, still or plate[frame.spec.number])) for output, frame in known]

    def _frames_of(self, link: JobOutput) -> frozenset[tuple[str, int]]:
        return frozenset(
            (window.view, number) for window in self._ledger.windows(link.job) for number in window.numbers
        )

    def _lacking(self, open_job: OpenJob, record: WindowRecord) -> Iterator[Key]:
        for role, (view, number) in open_job.inputs.wanted(record):
            frame = open_job.inputs.frame(role, (view, number))
            if frame is None:
                link = open_job.inputs.link(role)
                found = self._ledger.output_frame(link.job, link.output, view, number)
                if found is None:
                    yield (link.job, link.output, view, number)
                elif not self._store.has(found.digest):
                    raise Unmet(
                        f"Frame {number} of job {link.job} is not kept any more: submit that job again, then this one."
                    )
            elif not self._store.has(frame.digest):
                yield frame.digest
