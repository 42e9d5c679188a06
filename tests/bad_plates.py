"""The table of bad input, its first half: pixels, frames and plates."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

import replate
from asking import CHUNK, Row, Wire, first_chunk, of_size
from replate.errors import BadRequest, Damaged, Exhausted, NotFound
from replate.frame import DATA, Box, digest_of
from replate.media import write_frame as write_picture
from replate.v1 import plates_pb2
from replate.values import JobState
from serving import noise

INVALID = grpc.StatusCode.INVALID_ARGUMENT
UNKNOWN = grpc.StatusCode.NOT_FOUND
LOSS = grpc.StatusCode.DATA_LOSS


def spec_with(**changes: Any) -> Callable[[Wire], Any]:
    """A job for one frame whose spec is changed."""
    return lambda wire: wire.submit(wire.spec(plate=[wire.message(**changes)]))


def from_disk(spoil: Callable[[Path], Any], frames: str | None = None) -> Callable[[Wire], Any]:
    """A plate of three EXRs, spoilt, and asked for."""

    def do(wire: Wire) -> Any:
        folder = wire.folder / uuid.uuid4().hex
        folder.mkdir()
        for frame in noise(range(1001, 1004)):
            write_picture(folder / f"a.{frame.spec.number}.exr", frame)
        spoil(folder)
        return wire.client.submit("identity", {"plate": replate.open_plate(folder / "a.####.exr", frames)}).wait()

    return do


def truncated(folder: Path) -> None:
    file = folder / "a.1002.exr"
    file.write_bytes(file.read_bytes()[:-300])


def resized(folder: Path) -> None:
    write_picture(folder / "a.1002.exr", noise([1002], (20, 12))[0])


UPLOADS = [
    Row(
        "a wrong digest",
        lambda w: w.upload(first_chunk(b"these", of=b"those")),
        LOSS,
        r"The pixels \w+ arrived damaged: send them again\.",
    ),
    Row(
        "an upload that ends in the middle",
        lambda w: w.upload(first_chunk(b"half", of=b"halfhalf", size=8)),
        LOSS,
        r"The pixels ended in the middle: send them again\.",
    ),
    Row(
        "a chunk that is too big",
        lambda w: w.upload(first_chunk(bytes(CHUNK + 1))),
        INVALID,
        r"A chunk of 1048577 bytes was sent: send at most 1048576 at once\.",
    ),
    Row(
        "pixels without size",
        lambda w: w.upload(first_chunk(b"", size=0)),
        INVALID,
        r"The pixels \w+ are 0 bytes where this server takes 1 to \d+: send .*\.",
    ),
    Row(
        "pixels over the limit",
        lambda w: w.upload(first_chunk(b"x", size=1 << 40)),
        INVALID,
        r"The pixels \w+ are 1099511627776 bytes where .*: send smaller frames\.",
    ),
    Row(
        "more pixels than announced",
        lambda w: w.upload(first_chunk(b"too many", size=3)),
        LOSS,
        r"More pixels came than were announced: send them again\.",
    ),
    Row(
        "pixels amid others",
        lambda w: w.upload(first_chunk(b"one", of=b"one two", size=7), first_chunk(b"two")),
        LOSS,
        r"New pixels began before the last were complete: send them again\.",
    ),
    Row(
        "pixels without digest",
        lambda w: w.upload(plates_pb2.UploadRequest(size=3, data=b"abc")),
        INVALID,
        r"A digest of 0 bytes was sent: send .* 32\.",
    ),
    Row(
        "too many digests at once",
        lambda w: w.plates.Missing(plates_pb2.MissingRequest(digests=[bytes(32)] * 10_001)),
        INVALID,
        r"10001 digests were asked for: ask for 10000 at once at most\.",
    ),
    Row(
        "a digest that is none",
        lambda w: w.plates.Missing(plates_pb2.MissingRequest(digests=[b"short"])),
        INVALID,
        r"A digest of 5 bytes was sent: .*\.",
    ),
    Row(
        "pixels that are not there",
        lambda w: list(w.plates.Download(iter([plates_pb2.DownloadRequest(digest=bytes(32))]))),
        UNKNOWN,
        r"The pixels 0+ are not on the server any more: submit their job again, or send them again\.",
    ),
]

FRAMES = [
    Row(
        "an empty data window",
        spec_with(data_window=Box(0, 0, 0, 0)),
        INVALID,
        r"Frame 1001 has an empty data window \(0x0\); it needs at least one pixel\.",
    ),
    Row(
        "an empty display window",
        spec_with(display_window=Box(0, 0, 16, 0)),
        INVALID,
        r"Frame 1001 has an empty display window \(16x0\); it needs .*\.",
    ),
    Row(
        "a window beyond all pictures",
        spec_with(data_window=Box(2**31 - 1, 0, 16, 12)),
        INVALID,
        r"Frame 1001 has a data window that reaches beyond 2147483647 pixels; .*\.",
    ),
    Row(
        "a frame of 100 megapixels",
        lambda w: w.submit(w.spec(plate=[w.message(data_window=Box(0, 0, 10_000, 10_000))])),
        INVALID,
        r"Frame 1001 of the plate is 10000x10000, 100 megapixels where this server takes 4: send a smaller .*\.",
    ),
    Row("no channels", spec_with(channels=()), INVALID, r"Frame 1001 has no channels; it needs at least one\."),
    Row(
        "a channel twice",
        spec_with(channels=("R", "R", "B")),
        INVALID,
        r"Frame 1001 has the channel R twice; channel names must be unique\.",
    ),
    Row(
        "65 channels",
        spec_with(channels=tuple(f"c{n}" for n in range(65))),
        INVALID,
        r"Frame 1001 has 65 channels; at most 64 are taken\.",
    ),
    Row(
        "no pixel type",
        lambda w: w.submit(w.spec(plate=[_without(w.message(), "pixel_type")])),
        INVALID,
        r"Frame 1001 does not say its pixel type; it is half or float\.",
    ),
    Row(
        "no spec",
        lambda w: w.submit(w.spec(plate=[plates_pb2.Frame(digest=bytes(32))])),
        INVALID,
        r"A frame was sent without its spec; .*\.",
    ),
    Row(
        "a negative pixel aspect",
        spec_with(pixel_aspect=-1.0),
        INVALID,
        r"Frame 1001 has the pixel aspect -1\.0; it must be a positive number\.",
    ),
    Row("an unknown colour space", spec_with(colour_space="ACEScgg"), INVALID, r'.*"?ACEScgg"?.*ACEScg.*\.'),
    Row(
        "data where a picture is due",
        lambda w: w.submit(w.restyle(plate=[w.message(colour_space=DATA)])),
        INVALID,
        r"The plate is marked as data, which has no colour: name its colour space\.",
    ),
    Row(
        "too much metadata",
        spec_with(metadata={"long": "x" * 70_000}),
        INVALID,
        r"Frame 1001 has \d+ bytes of metadata; at most 65536 are taken\.",
    ),
    Row(
        "mixed sizes",
        lambda w: w.submit(w.spec(plate=[w.message(), _sized(w, 1002, 20, 12)])),
        INVALID,
        r"Frame 1002 has the size 20x12 where frame 1001 has 16x12; all frames of a plate must have the same\.",
    ),
    Row(
        "a frame twice",
        lambda w: w.submit(w.spec(plate=[w.message(), w.message()])),
        INVALID,
        r"Frame 1001 is in the plate twice; give each number once\.",
    ),
    Row(
        "a plate that is too long",
        lambda w: w.submit(w.spec(plate=[w.message(number=n) for n in range(51)])),
        INVALID,
        r"The plate has 51 frames where this server takes 50: send it in parts\.",
    ),
    Row(
        "a plate of no frames",
        lambda w: w.submit(w.spec(plate=[])),
        INVALID,
        r"The plate has no frames; give at least one\.",
    ),
    Row(
        "pixels that are not the spec's",
        lambda w: w.submit(w.restyle(plate=[_sized(w, 1001, 20, 12)])),
        JobState.FAILED,
        r"Frame 1001 has 1152 bytes where its spec needs 1440: send a spec that fits the pixels\.",
    ),
    Row(
        "a matte of another size",
        lambda w: w.submit(w.restyle(matte=[_uploaded(w, (20, 12))])),
        JobState.FAILED,
        r"The matte is 20x12 and the plate 16x12 at frame 1001; reformat one to the other\.",
    ),
]

FILES = [
    Row(
        "a message over the cap",
        lambda w: w.client.submit(
            "restyle", {"plate": w.frame, "style": w.frame}, parameters={"strength": "x" * (3 << 20)}
        ),
        Exhausted,
        r"The server at .* exchanged a message over the size cap .*; send less at once\.",
    ),
    Row("a truncated EXR", from_disk(truncated), Damaged, r".*a\.1002\.exr.*\."),
    Row("a frame that is missing", from_disk(lambda folder: None, "1001-1005"), NotFound, r".*1004.*1005.*\."),
    Row(
        "a plate with a hole",
        from_disk(lambda folder: (folder / "a.1002.exr").unlink(), "1001-1003"),
        NotFound,
        r".*1002.*\.",
    ),
    Row(
        "mixed sizes on disk",
        from_disk(resized),
        BadRequest,
        r"Frame 1002 .* has the format 20 x 12 where frame 1001 has 16 x 12: .*\.",
    ),
    Row(
        "a file that is no picture",
        from_disk(lambda folder: (folder / "a.1002.exr").write_text("no picture")),
        Damaged,
        r".*a\.1002\.exr.*\.",
    ),
]


def _sized(wire: Wire, number: int, width: int, height: int) -> plates_pb2.Frame:
    spec = of_size(wire.frame.spec, width, height)
    return wire.message(number=number, data_window=spec.data_window, display_window=spec.display_window)


def _uploaded(wire: Wire, size: tuple[int, int]) -> plates_pb2.Frame:
    (frame,) = noise(size=size)
    blob = frame.pixels.tobytes()
    wire.upload(first_chunk(blob))
    return _with_digest(wire, frame.spec.display_window, blob)


def _with_digest(wire: Wire, window: Box, blob: bytes) -> plates_pb2.Frame:
    message = wire.message(data_window=window, display_window=window)
    message.digest = bytes.fromhex(digest_of(blob))
    return message


def _without(message: plates_pb2.Frame, field: str) -> plates_pb2.Frame:
    message.spec.ClearField(field)  # type: ignore[arg-type]
    return message
