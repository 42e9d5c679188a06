"""The wire's messages as vocabulary, and back. Pure; used by the client and the gateway alike.

`write_...` makes a message, `read_...` takes one apart. Reading is strict: what
does not hold together is a `BadRequest` that names the field and the frame.
`replate.wire_values` has parameters, roles, states and priorities.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from replate.depth import Depth
from replate.errors import BadRequest
from replate.frame import MOST_FIGURES, Box, Figure, FrameSpec, MetadataValue, PixelType, StoredFrame
from replate.v1 import plates_pb2

CHUNK = 1 << 20
"""Bytes of pixels in one message of Upload and Download, at most."""

PROTOCOL = "1"
"""Version of the wire contract; another one cannot be spoken with."""

PROTOCOL_KEY = "replate-protocol"
"""Call metadata that carries `PROTOCOL`."""

TOKEN_KEY = "authorization"
"""Call metadata that carries "Bearer TOKEN"."""

MOST_CHANNELS = 64
MOST_METADATA = 64 << 10
"""Bytes of a frame's metadata, as it travels."""
MOST_NAME = 255
"""Characters of a channel, a view or a colour space; what OpenEXR takes."""

Window = Literal["data_window", "display_window"]

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PIXEL_TYPES = {
    PixelType.HALF: plates_pb2.PIXEL_TYPE_HALF,
    PixelType.FLOAT: plates_pb2.PIXEL_TYPE_FLOAT,
}
_PIXEL_TYPES_READ = {number: kind for kind, number in _PIXEL_TYPES.items()}


def protocol_fault(client: str, server: str) -> str:
    """What to do about two protocol versions that differ, as a sentence; empty when they are the same."""
    if client == server:
        return ""
    older = "client" if _version(client) < _version(server) else "server"
    return (
        f"The client speaks protocol {client or 'of no version'} and the server {server or 'of no version'}: "
        f"upgrade the {older}."
    )


def bearer(token: str) -> str:
    """The value of `TOKEN_KEY` for a token."""
    return f"Bearer {token}"


def write_digest(digest: str) -> bytes:
    """64 hexadecimal digits as the 32 bytes that travel."""
    if not _DIGEST.fullmatch(digest):
        raise BadRequest(f"'{digest}' is no digest; a digest is 64 hexadecimal digits.")
    return bytes.fromhex(digest)


def read_digest(digest: bytes) -> str:
    """A digest's 32 bytes as 64 hexadecimal digits."""
    if len(digest) != 32:
        raise BadRequest(
            f"A digest of {len(digest)} bytes was sent: send the BLAKE3 digest of the pixels, which has 32."
        )
    return digest.hex()


def write_box(box: Box) -> plates_pb2.Box:
    return plates_pb2.Box(x=box.x, y=box.y, width=box.width, height=box.height)


def write_spec(spec: FrameSpec) -> plates_pb2.FrameSpec:
    """Raises `BadRequest` where a number or a text does not fit the message."""
    try:
        return plates_pb2.FrameSpec(
            number=spec.number,
            data_window=write_box(spec.data_window),
            display_window=write_box(spec.display_window),
            pixel_aspect=spec.pixel_aspect,
            channels=spec.channels,
            pixel_type=_PIXEL_TYPES[spec.pixel_type],
            colour_space=spec.colour_space,
            view=spec.view,
            depth=_write_depth(spec.depth),
            figures=[plates_pb2.Figure(name=one.name, value=one.value) for one in spec.figures],
            metadata=[_write_attribute(name, value) for name, value in spec.metadata.items()],
        )
    except (ValueError, TypeError) as error:
        raise BadRequest(f"Frame {spec.number} cannot be sent: {error}.") from error


def read_spec(message: plates_pb2.FrameSpec) -> FrameSpec:
    """Raises `BadRequest` where the spec does not hold together."""
    frame = f"Frame {message.number}"
    if message.pixel_type not in _PIXEL_TYPES_READ:
        raise BadRequest(f"{frame} does not say its pixel type; it is half or float.")
    return FrameSpec(
        number=message.number,
        data_window=_read_window(frame, "data window", message, "data_window"),
        display_window=_read_window(frame, "display window", message, "display_window"),
        channels=_read_channels(frame, message.channels),
        pixel_type=_PIXEL_TYPES_READ[message.pixel_type],
        colour_space=_read_name(frame, "colour space", message.colour_space),
        pixel_aspect=_read_aspect(frame, message.pixel_aspect),
        view=_read_name(frame, "view", message.view) if message.view else "",
        depth=_read_depth(frame, message.depth) if message.HasField("depth") else None,
        figures=_read_figures(frame, message.figures),
        metadata=_read_metadata(frame, message.metadata),
    )


def write_frame(frame: StoredFrame) -> plates_pb2.Frame:
    return plates_pb2.Frame(spec=write_spec(frame.spec), digest=write_digest(frame.digest))


def read_frame(message: plates_pb2.Frame) -> StoredFrame:
    """Raises `BadRequest`, naming the frame."""
    if not message.HasField("spec"):
        raise BadRequest("A frame was sent without its spec; send it with the frame.")
    if len(message.digest) != 32:
        raise BadRequest(f"Frame {message.spec.number} has a digest of {len(message.digest)} bytes; send BLAKE3's 32.")
    return StoredFrame(read_spec(message.spec), message.digest.hex())


def write_plate(frames: Iterable[StoredFrame]) -> plates_pb2.Plate:
    return plates_pb2.Plate(frames=[write_frame(frame) for frame in frames])


def read_plate(message: plates_pb2.Plate) -> tuple[StoredFrame, ...]:
    """A plate's frames, by rising number and view. Raises `BadRequest` where they make no plate."""
    frames = tuple(read_frame(frame) for frame in message.frames)
    check_plate([frame.spec for frame in frames])
    return tuple(sorted(frames, key=lambda frame: (frame.spec.number, frame.spec.view)))


def check_plate(specs: Sequence[FrameSpec]) -> None:
    """Raises `BadRequest` unless these frames make a plate: each number once a view, all of one format."""
    if not specs:
        raise BadRequest("The plate has no frames; give at least one.")
    first, seen = specs[0], set()
    for spec in specs:
        if (spec.number, spec.view) in seen:
            view = f" of view {spec.view}" if spec.view else ""
            raise BadRequest(f"Frame {spec.number}{view} is in the plate twice; give each number once.")
        seen.add((spec.number, spec.view))
        for what, mine, other in (
            ("size", _size(spec), _size(first)),
            ("display window", spec.display_window, first.display_window),
            ("pixel aspect", spec.pixel_aspect, first.pixel_aspect),
            ("channels", ", ".join(spec.channels), ", ".join(first.channels)),
            ("colour space", spec.colour_space, first.colour_space),
        ):
            if mine != other:
                raise BadRequest(
                    f"Frame {spec.number} has the {what} {mine} where frame {first.number} has {other}; "
                    "all frames of a plate must have the same."
                )


def _version(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _size(spec: FrameSpec) -> str:
    return f"{spec.display_window.width}x{spec.display_window.height}"


def _read_window(frame: str, what: str, message: plates_pb2.FrameSpec, field: Window) -> Box:
    if not message.HasField(field):
        raise BadRequest(f"{frame} has no {what}; give it one.")
    box: plates_pb2.Box = getattr(message, field)
    if box.width < 1 or box.height < 1:
        raise BadRequest(f"{frame} has an empty {what} ({box.width}x{box.height}); it needs at least one pixel.")
    if box.x + box.width > 2**31 - 1 or box.y + box.height > 2**31 - 1:
        raise BadRequest(f"{frame} has a {what} that reaches beyond 2147483647 pixels; crop it.")
    return Box(box.x, box.y, box.width, box.height)


def _read_channels(frame: str, channels: Sequence[str]) -> tuple[str, ...]:
    if not channels:
        raise BadRequest(f"{frame} has no channels; it needs at least one.")
    if len(channels) > MOST_CHANNELS:
        raise BadRequest(f"{frame} has {len(channels)} channels; at most {MOST_CHANNELS} are taken.")
    seen: set[str] = set()
    for name in channels:
        _read_name(frame, "channel name", name)
        if name in seen:
            raise BadRequest(f"{frame} has the channel {name} twice; channel names must be unique.")
        seen.add(name)
    return tuple(channels)


def _read_name(frame: str, what: str, name: str) -> str:
    if not name:
        raise BadRequest(f"{frame} has an empty {what}; name it.")
    if len(name) > MOST_NAME:
        raise BadRequest(f"{frame} has a {what} of {len(name)} characters; at most {MOST_NAME} are taken.")
    return name


def _read_aspect(frame: str, aspect: float) -> float:
    if not math.isfinite(aspect) or aspect < 0:
        raise BadRequest(f"{frame} has the pixel aspect {aspect}; it must be a positive number.")
    return aspect or 1.0


def _write_depth(depth: Depth | None) -> plates_pb2.Depth | None:
    if depth is None:
        return None
    return plates_pb2.Depth(
        metric=depth.metric,
        inverse=depth.inverse,
        near=depth.near,
        far=depth.far,
        invalid=depth.invalid,
        focal=depth.focal,
    )


def _read_depth(frame: str, message: plates_pb2.Depth) -> Depth:
    try:
        return Depth(message.metric, message.inverse, message.near, message.far, message.invalid, message.focal)
    except BadRequest as error:
        raise BadRequest(f"{frame}: {error}") from None


def _read_figures(frame: str, figures: Sequence[plates_pb2.Figure]) -> tuple[Figure, ...]:
    if len(figures) > MOST_FIGURES:
        raise BadRequest(f"{frame} has {len(figures)} figures; at most {MOST_FIGURES} are taken.")
    try:
        read = tuple(Figure(figure.name, figure.value) for figure in figures)
    except BadRequest as error:
        raise BadRequest(f"{frame}: {error}") from None
    if len({figure.name for figure in read}) < len(read):
        raise BadRequest(f"{frame} has a figure twice; give each name once.")
    return read


def _write_attribute(name: str, value: MetadataValue) -> plates_pb2.Attribute:
    if isinstance(value, str):
        return plates_pb2.Attribute(name=name, text=value)
    if isinstance(value, int):
        return plates_pb2.Attribute(name=name, whole=value)
    if isinstance(value, float):
        return plates_pb2.Attribute(name=name, real=value)
    return plates_pb2.Attribute(name=name, numbers=plates_pb2.Numbers(values=value))


def _read_metadata(frame: str, attributes: Sequence[plates_pb2.Attribute]) -> Mapping[str, MetadataValue]:
    size = sum(attribute.ByteSize() for attribute in attributes)
    if size > MOST_METADATA:
        raise BadRequest(f"{frame} has {size} bytes of metadata; at most {MOST_METADATA} are taken.")
    metadata: dict[str, MetadataValue] = {}
    for attribute in attributes:
        if not attribute.name:
            raise BadRequest(f"{frame} has metadata without a name; name it.")
        if attribute.name in metadata:
            raise BadRequest(f"{frame} has the metadata {attribute.name} twice; give each name once.")
        metadata[attribute.name] = _read_attribute(frame, attribute)
    return metadata


def _read_attribute(frame: str, attribute: plates_pb2.Attribute) -> MetadataValue:
    kind = attribute.WhichOneof("value")
    if kind is None:
        raise BadRequest(f"{frame} has the metadata {attribute.name} without a value; give it one.")
    if kind == "numbers":
        return tuple(attribute.numbers.values)
    value: MetadataValue = getattr(attribute, kind)
    return value
