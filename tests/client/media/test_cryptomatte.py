"""A Cryptomatte holds the mattes it was made of, as Psyop's specification has it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replate.errors import BadRequest
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate.media import PlateWriter, open_plate
from replate.media.cryptomatte import cryptomatte, id_of
from replate.media.forms import form_of

KEY = "cryptomatte/a3f6a01"


def mattes(**planes: np.ndarray) -> Frame:
    """A matte an object, on a plate with overscan, a view and metadata."""
    height, width = next(iter(planes.values())).shape
    window, channels = Box(-2, -1, width, height), tuple(f"{name}.A" for name in planes)
    spec = FrameSpec(
        1001, window, Box(0, 0, 8, 6), channels, PixelType.HALF, DATA, 2.0, "left", {"smpte:TimeCode": (1.0, 0.0)}
    )
    return Frame(spec, np.stack(list(planes.values()), axis=-1).astype(np.float16))


def pulled(pixels: np.ndarray, name: str) -> np.ndarray:
    """An object's matte, as any reader pulls it: the coverage of the ranks that have its id."""
    ids, coverage = pixels[..., 0::2], pixels[..., 1::2]
    wanted = np.array([id_of(name)], np.uint32).view(np.float32)
    return np.where(ids == wanted, coverage, 0).sum(axis=-1)


@pytest.mark.parametrize(
    ("name", "bits"), [("bunny", 0x13851A76), ("default", 0x42C9679F), ("bunny_porcelain_mat", 0xB24B26D4)]
)
def test_ids_are_those_of_the_specification(name: str, bits: int) -> None:
    assert id_of(name) == bits


@given(st.text(min_size=1, max_size=12))
def test_an_id_is_a_number_that_any_host_keeps(name: str) -> None:
    (number,) = np.array([id_of(name)], np.uint32).view(np.float32)
    assert np.isfinite(number) and abs(number) >= np.finfo(np.float32).tiny


def test_a_file_has_what_readers_look_for(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    dog = generator.random((9, 14)).astype(np.float16)
    frame = mattes(dog=dog, cat=(1 - dog) * np.float16(0.5))
    writer = PlateWriter(tmp_path / "crypto.####.exr", recipe="{}", form=form_of("matte/cryptomatte")[1])
    path = writer.write(frame)
    assert path.name == "crypto.1001.exr"
    file = OpenEXR.File(str(path), separate_channels=True)
    header, channels = file.header(), file.channels()
    layers = [f"CryptoReplate{layer}" for layer in ("00", "01", "02")]
    assert set(channels) == {f"{layer}.{channel}" for layer in layers for channel in "RGBA"}
    assert {channel.pixels.dtype for channel in channels.values()} == {np.dtype(np.float32)}
    assert {name: header[f"{KEY}/{name}"] for name in ("name", "hash", "conversion")} == {
        "name": "CryptoReplate", "hash": "MurmurHash3_32", "conversion": "uint32_to_float32"
    }  # fmt: skip
    assert json.loads(header[f"{KEY}/manifest"]) == {name: f"{id_of(name):08x}" for name in ("dog", "cat")}
    assert [tuple(corner) for corner in header["dataWindow"]] == [(-2, -1), (11, 7)]
    assert [tuple(corner) for corner in header["displayWindow"]] == [(0, 0), (7, 5)]
    assert (header["view"], header["pixelAspectRatio"], header["replate:recipe"]) == ("left", 2.0, "{}")
    assert str(header["timeCode"]).startswith("(0, 0, 0, 1")
    seen = oiio.ImageBuf(str(path))
    assert seen.spec().channelnames == tuple(f"{layer}.{channel}" for layer in layers for channel in "RGBA")
    pixels = seen.get_pixels(oiio.FLOAT)
    for name in ("dog", "cat"):
        assert np.array_equal(pulled(pixels, name), frame.channel(f"{name}.A"))
    assert np.array_equal(pixels[..., 1], np.maximum(frame.channel("dog.A"), frame.channel("cat.A")))


def test_what_is_smaller_lies_in_front_and_nothing_is_covered_twice() -> None:
    wearer, jacket, ball = np.zeros((3, 6, 8))
    wearer[:, 1:7], jacket[1:5, 2:6], ball[0:2, 6:8] = 1, 1, 1
    wearer[:, 6] = ball[:, 6] = 0.75
    frame = mattes(wearer=wearer, jacket=jacket, ball=ball)
    pixels = cryptomatte(frame).pixels
    found = {name: pulled(pixels, name) for name in ("wearer", "jacket", "ball")}
    assert np.array_equal(found["jacket"], jacket) and np.array_equal(found["ball"], ball)
    assert np.array_equal(found["wearer"], np.where(jacket == 1, 0, np.minimum(wearer, 1 - ball)))
    assert np.array_equal(sum(found.values()), np.minimum(wearer + jacket + ball, 1).clip(0, 1))
    assert (np.diff(pixels[..., 1::2], axis=-1) <= 0).all()
    assert not pixels[..., 0::2][pixels[..., 1::2] == 0].any()


def test_more_objects_than_ranks_leave_those_that_cover_most() -> None:
    planes = {f"part{number}": np.full((2, 2), (8 - number) / 64) for number in range(8)}
    pixels = cryptomatte(mattes(**planes)).pixels
    assert pixels.shape == (2, 2, 12)
    assert [bool(pulled(pixels, name).any()) for name in planes] == [True] * 6 + [False] * 2


def test_a_lone_matte_is_the_subjects_and_a_picture_is_none() -> None:
    frame = mattes(x=np.eye(4))
    lone = Frame(FrameSpec(1, frame.spec.data_window, frame.spec.display_window, ("A",)), frame.pixels)
    assert np.array_equal(pulled(cryptomatte(lone).pixels, "subject"), np.eye(4))
    picture = Frame(FrameSpec(1, frame.spec.data_window, frame.spec.display_window, ("Y",)), frame.pixels)
    with pytest.raises(BadRequest, match="none of the channels Y is one"):
        cryptomatte(picture)


def test_a_channel_alone_is_a_grey_picture(tmp_path: Path) -> None:
    frame = mattes(dog=np.eye(4), cat=1 - np.eye(4))
    output, form = form_of("matte/cat.A")
    assert output == "matte"
    PlateWriter(tmp_path / "cat.####.exr", form=form).write(frame)
    back = open_plate(tmp_path / "cat.####.exr").read(1001)
    assert back.spec.channels == ("Y",) and back.spec.pixel_type is PixelType.HALF
    assert np.array_equal(back.pixels[..., 0], frame.channel("cat.A"))
    with pytest.raises(BadRequest, match=r"no channel bird.A: choose from dog.A, cat.A"):
        form_of("matte/bird.A")[1](frame)
