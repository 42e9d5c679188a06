"""Asking a server on the bare wire, for what no client would send."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np

from replate.connection import Client
from replate.errors import ReplateError
from replate.frame import Frame, FrameSpec, StoredFrame, digest_of, pixel_bytes
from replate.v1 import catalog_pb2_grpc, jobs_pb2, jobs_pb2_grpc, plates_pb2, plates_pb2_grpc
from replate.values import JobState
from replate.wire import write_digest, write_frame
from serving import Server, noise

CHUNK = 1 << 20

Verdict = grpc.StatusCode | JobState | type[ReplateError]


@dataclass(frozen=True)
class Wire:
    """The stubs of a server, and a frame that is on it."""

    plates: plates_pb2_grpc.PlatesStub
    jobs: jobs_pb2_grpc.JobsStub
    catalog: catalog_pb2_grpc.CatalogStub
    client: Client
    folder: Path
    frame: Frame = field(default_factory=lambda: noise()[0])

    @property
    def stored(self) -> StoredFrame:
        return StoredFrame(self.frame.spec, digest_of(pixel_bytes(self.frame.pixels)))

    def upload(self, *chunks: plates_pb2.UploadRequest) -> list[bytes]:
        """The digests that were acknowledged."""
        return [answer.digest for answer in self.plates.Upload(iter(chunks))]

    def spec(self, operation: str = "identity", **inputs: Iterable[plates_pb2.Frame]) -> jobs_pb2.JobSpec:
        """A job for the operation; without inputs, of the frame that is there."""
        spec = jobs_pb2.JobSpec(operation=operation)
        for role, frames in (inputs or {"plate": [self.message()]}).items():
            spec.inputs[role].plate.frames.extend(frames)
        return spec

    def restyle(self, model: str = "restyle/invert", **inputs: Iterable[plates_pb2.Frame]) -> jobs_pb2.JobSpec:
        spec = self.spec("restyle", **{"plate": [self.message()], "style": [self.message()]} | inputs)
        spec.model = model
        return spec

    def message(self, **changes: Any) -> plates_pb2.Frame:
        """The frame that is there, its spec changed."""
        return write_frame(StoredFrame(replace(self.frame.spec, **changes), self.stored.digest))

    def submit(self, spec: jobs_pb2.JobSpec, request: str = "") -> jobs_pb2.Job:
        return self.jobs.Submit(jobs_pb2.SubmitRequest(spec=spec, request=request))

    def outcome(self, job: jobs_pb2.Job) -> jobs_pb2.Job:
        """The job once it has ended."""
        *_, last = self.jobs.Watch(jobs_pb2.WatchRequest(job=job.id))
        return last.job


@contextmanager
def wire_of(server: Server, client: Client, folder: Path) -> Iterator[Wire]:
    with grpc.insecure_channel(server.address) as channel:
        wire = Wire(
            plates_pb2_grpc.PlatesStub(channel),
            jobs_pb2_grpc.JobsStub(channel),
            catalog_pb2_grpc.CatalogStub(channel),
            client,
            folder,
        )
        wire.upload(first_chunk(bytes(pixel_bytes(wire.frame.pixels))))
        yield wire


def first_chunk(data: bytes, *, of: bytes | None = None, size: int | None = None) -> plates_pb2.UploadRequest:
    """The first (or only) chunk of a blob; `of` is the blob whose digest is announced."""
    digest = write_digest(digest_of(data if of is None else of))
    return plates_pb2.UploadRequest(digest=digest, size=len(data) if size is None else size, data=data)


@dataclass(frozen=True)
class Row:
    """Something bad, how it is answered (a status, a job's state, an error on the artist's side), and what is said."""

    name: str
    do: Callable[[Wire], Any]
    verdict: Verdict
    sentence: str
    """A pattern for all of it."""


def spoilt(frame: Frame, value: float) -> Frame:
    """The frame with one sample of it another."""
    pixels = np.array(frame.pixels)
    pixels[3, 4, 1] = value
    return frame.with_pixels(pixels)


def of_size(spec: FrameSpec, width: int, height: int) -> FrameSpec:
    window = replace(spec.display_window, width=width, height=height)
    return replace(spec, data_window=window, display_window=window)
