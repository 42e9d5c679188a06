"""Recipes: everything that pixels depend on, so that what was made once is not made again.

A *window's* recipe is a digest. It knows pixels, geometry and colour, not
metadata: a new timecode does not make new pixels. A *job's* recipe is for
people: JSON that says how to make its outputs again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import replate
from replate.frame import FrameSpec, StoredFrame, digest_of
from replate_server.jobs import JobOutput, JobSpec, Source
from replate_server.operations.contract import Card
from replate_server.store import records
from replate_server.worker.contract import WindowTask

Weights = Mapping[str, str]
"""sha256 by the name of a weight."""


def window_recipe(task: WindowTask, card: Card, weights: Weights, device_kind: str) -> str:
    """The digest of everything that a window's pixels depend on. 64 hexadecimal digits."""
    return digest_of(
        json.dumps(
            {
                "version": replate.__version__,
                "operation": task.operation,
                "model": task.model,
                "revision": card.revision,
                "weights": dict(weights),
                "loras": dict(task.loras),
                "device": device_kind,
                "parameters": json.loads(records.parameters_text(task.parameters)),
                "seed": task.seed,
                "colour_config": task.colour_config,
                "view": task.view,
                "numbers": task.numbers,
                "inputs": {
                    role: [[frame.digest, records.spec_text(without_metadata(frame.spec))] for frame in frames]
                    for role, frames in task.inputs.items()
                },
            },
            sort_keys=True,
        ).encode()
    )


def job_recipe(spec: JobSpec, card: Card, weights: Weights, loras: Weights, colour_config: str) -> str:
    """What it takes to make a job's outputs again, as JSON that a person can read. `loras` are LoRA files."""
    return json.dumps(
        {
            "replate": replate.__version__,
            "operation": spec.operation,
            "model": spec.model,
            "revision": card.revision,
            "weights": dict(weights),
            "loras": dict(loras),
            "parameters": json.loads(records.parameters_text(spec.parameters)),
            "frames": [spec.first, spec.last],
            "seed": spec.seed,
            "colour_config": colour_config,
            "inputs": {role: _described(source) for role, source in spec.inputs.items()},
        },
        sort_keys=True,
    )


def without_metadata(spec: FrameSpec) -> FrameSpec:
    return replace(spec, metadata={})


def with_metadata_of(frame: StoredFrame, like: StoredFrame) -> StoredFrame:
    """A frame recalled from a recipe, with the metadata of the plate's frame that it answers for."""
    return replace(frame, spec=replace(frame.spec, metadata=like.spec.metadata))


def unmeasured(frame: StoredFrame) -> StoredFrame:
    """A frame as an input: what was measured of it is not handed on, and makes no other pixels."""
    return replace(frame, spec=replace(frame.spec, figures=()))


def _described(source: Source) -> object:
    """An input in a few words: a recipe goes into the header of every frame that is made from it."""
    if isinstance(source, JobOutput):
        return {"job": source.job, "output": source.output}
    frames = sorted(source, key=lambda frame: (frame.spec.number, frame.spec.view))
    return {
        "first": frames[0].spec.number,
        "last": frames[-1].spec.number,
        "count": len(frames),
        "digest": digest_of("".join(frame.digest for frame in frames).encode()),
    }
