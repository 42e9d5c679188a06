"""What crosses the wire arrives as it was sent, and what makes no sense is refused in one sentence."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replate.chunks import Chunk, chunks_of, read_chunk, write_chunk
from replate.depth import Depth
from replate.errors import BadRequest
from replate.frame import Box, Figure, FrameSpec, PixelType, StoredFrame
from replate.v1 import plates_pb2
from replate.wire import (
    CHUNK,
    protocol_fault,
    read_digest,
    read_frame,
    read_plate,
    read_spec,
    write_digest,
    write_frame,
    write_plate,
    write_spec,
)

int32 = st.integers(-(2**31), 2**31 - 1)
sides = st.integers(1, 100_000)
corners = st.integers(-100_000, 100_000)
boxes = st.builds(Box, corners, corners, sides, sides)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = text.filter(bool)
numbers = st.floats(allow_nan=False)
metadata_values = st.one_of(text, st.integers(-(2**63), 2**63 - 1), numbers, st.lists(numbers, max_size=16).map(tuple))
depths = st.builds(
    Depth,
    metric=st.booleans(),
    inverse=st.booleans(),
    near=st.floats(1e-3, 1.0),
    far=st.one_of(st.floats(1.0, 1e6), st.just(float("inf"))),
    invalid=numbers,
    focal=st.floats(0, 1e6),
)
figures = st.builds(
    Figure, st.from_regex("[a-z_]{1,32}", fullmatch=True), st.floats(allow_nan=False, allow_infinity=False)
)
specs = st.builds(
    FrameSpec,
    number=int32,
    data_window=boxes,
    display_window=boxes,
    channels=st.lists(names, min_size=1, max_size=64, unique=True).map(tuple),
    pixel_type=st.sampled_from(PixelType),
    colour_space=names,
    pixel_aspect=st.floats(1e-3, 1e3),
    view=text,
    metadata=st.dictionaries(names, metadata_values, max_size=8),
    depth=st.none() | depths,
    figures=st.lists(figures, max_size=16, unique_by=lambda figure: figure.name).map(tuple),
)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)


def spec(**changes: object) -> FrameSpec:
    said: dict[str, object] = {
        "number": 12,
        "data_window": Box(0, 0, 4, 3),
        "display_window": Box(0, 0, 4, 3),
        "channels": ("R", "G", "B"),
    }
    return FrameSpec(**{**said, **changes})  # type: ignore[arg-type]


@given(st.builds(StoredFrame, specs, digests))
def test_a_frame_arrives_as_it_was_sent(frame: StoredFrame) -> None:
    sent = write_frame(frame).SerializeToString()
    assert read_frame(plates_pb2.Frame.FromString(sent)) == frame


@given(st.lists(int32, min_size=1, max_size=20, unique=True))
def test_a_plate_arrives_in_rising_order(numbers: list[int]) -> None:
    frames = [StoredFrame(spec(number=number), "00" * 32) for number in numbers]
    arrived = read_plate(write_plate(frames))
    assert [frame.spec.number for frame in arrived] == sorted(numbers)


@given(digests)
def test_a_digest_arrives_as_it_was_sent(digest: str) -> None:
    assert read_digest(write_digest(digest)) == digest


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data_window": Box(0, 0, 0, 3)}, "Frame 12 has an empty data window"),
        ({"display_window": Box(0, 0, 4, 0)}, "Frame 12 has an empty display window"),
        ({"data_window": Box(2**31 - 2, 0, 4, 3)}, "Frame 12 has a data window that reaches beyond"),
        ({"pixel_aspect": float("nan")}, "Frame 12 has the pixel aspect nan"),
        ({"pixel_aspect": -1.0}, "Frame 12 has the pixel aspect -1.0"),
        ({"channels": ()}, "Frame 12 has no channels"),
        ({"channels": ("R", "")}, "Frame 12 has an empty channel name"),
        ({"channels": ("R", "G", "R")}, "Frame 12 has the channel R twice"),
        ({"channels": tuple(f"c{n}" for n in range(65))}, "Frame 12 has 65 channels"),
        ({"channels": ("x" * 256,)}, "Frame 12 has a channel name of 256 characters"),
        ({"colour_space": ""}, "Frame 12 has an empty colour space"),
        ({"metadata": {"note": "x" * (64 << 10)}}, "Frame 12 has 65"),
        ({"metadata": {"": 1}}, "Frame 12 has metadata without a name"),
        ({"figures": tuple(Figure("a" * n, 0.5) for n in range(1, 18))}, "Frame 12 has 17 figures; at most 16"),
        ({"figures": (Figure("structure", 1.0),) * 2}, "Frame 12 has a figure twice"),
    ],
)
def test_a_spec_that_does_not_hold_together_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(BadRequest, match=re.escape(said)):
        read_spec(write_spec(spec(**change)))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("structure", float("inf"), "Frame 12: The figure structure is inf; it must be a finite number."),
        ("Structure", 1.0, "Frame 12: 'Structure' cannot name a figure"),
        ("a" * 33, 1.0, "cannot name a figure; use 1 to 32 of a to z"),
    ],
)
def test_what_is_no_figure_is_refused(name: str, value: float, said: str) -> None:
    message = write_spec(spec())
    message.figures.add(name=name, value=value)
    with pytest.raises(BadRequest, match=re.escape(said)):
        read_spec(message)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": 2**31}, "Frame 2147483648 cannot be sent"),
        ({"data_window": Box(0, 0, -1, 3)}, "Frame 12 cannot be sent"),
        ({"metadata": {"id": 2**63}}, "Frame 12 cannot be sent"),
    ],
)
def test_what_no_message_can_hold_is_refused_before_it_is_sent(change: dict[str, object], said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        write_spec(spec(**change))


def test_a_message_that_says_nothing_is_refused() -> None:
    with pytest.raises(BadRequest, match="without its spec"):
        read_frame(plates_pb2.Frame())
    with pytest.raises(BadRequest, match="does not say its pixel type"):
        read_spec(plates_pb2.FrameSpec(number=1))
    with pytest.raises(BadRequest, match="has no data window"):
        read_spec(plates_pb2.FrameSpec(pixel_type=plates_pb2.PIXEL_TYPE_HALF))
    message = write_spec(spec(metadata={"a": 1}))
    message.metadata[0].ClearField("value")
    with pytest.raises(BadRequest, match="metadata a without a value"):
        read_spec(message)
    message = write_spec(spec(depth=Depth(True, True, 1.0, 2.0)))
    message.depth.near = 3.0
    with pytest.raises(BadRequest, match=r"Frame 12: Depth from 3\.0 to 2\.0 makes no sense"):
        read_spec(message)


def test_an_unset_pixel_aspect_is_square() -> None:
    assert read_spec(write_spec(spec(pixel_aspect=0.0))).pixel_aspect == 1.0


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_digest_of_another_length_is_refused(size: int) -> None:
    message = write_frame(StoredFrame(spec(), "00" * 32))
    message.digest = b"x" * size
    with pytest.raises(BadRequest, match=f"Frame 12 has a digest of {size} bytes"):
        read_frame(message)


def test_a_plate_must_hold_together() -> None:
    def plate(*specs: FrameSpec) -> plates_pb2.Plate:
        return write_plate(StoredFrame(one, "00" * 32) for one in specs)

    with pytest.raises(BadRequest, match="no frames"):
        read_plate(plate())
    with pytest.raises(BadRequest, match="Frame 12 is in the plate twice"):
        read_plate(plate(spec(), spec()))
    with pytest.raises(BadRequest, match="Frame 13 has the size 8x3 where frame 12 has 4x3"):
        read_plate(plate(spec(), spec(number=13, display_window=Box(0, 0, 8, 3))))
    with pytest.raises(BadRequest, match="Frame 13 has the channels R where frame 12 has R, G, B"):
        read_plate(plate(spec(), spec(number=13, channels=("R",))))
    assert len(read_plate(plate(spec(view="left"), spec(view="right")))) == 2


@given(st.integers(0, 3 * CHUNK), st.binary(min_size=32, max_size=32))
def test_chunks_are_the_messages_that_protobuf_makes(size: int, digest: bytes) -> None:
    blob = memoryview(bytes(size))
    together = b""
    for index, chunk in enumerate(chunks_of(digest, blob)):
        sent = write_chunk(chunk)
        parsed = plates_pb2.UploadRequest.FromString(sent)
        assert (parsed.digest, parsed.size) == ((digest, size) if index == 0 else (b"", 0))
        assert len(parsed.data) <= CHUNK
        assert read_chunk(parsed.SerializeToString()) == Chunk(parsed.digest, parsed.size, parsed.data)
        together += parsed.data
    assert together == blob


@given(st.binary(max_size=64))
def test_any_bytes_are_read_as_protobuf_reads_them(message: bytes) -> None:
    try:
        parsed = plates_pb2.UploadRequest.FromString(message)
    except Exception as error:
        with pytest.raises(type(error)):
            read_chunk(message)
    else:
        assert read_chunk(message) == Chunk(parsed.digest, parsed.size, parsed.data)


def test_differing_protocols_say_which_side_is_older() -> None:
    assert protocol_fault("1", "1") == ""
    assert "upgrade the client" in protocol_fault("1", "2")
    assert "upgrade the server" in protocol_fault("2", "1")
    assert "upgrade the client" in protocol_fault("", "1")
