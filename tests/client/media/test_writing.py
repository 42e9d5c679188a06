"""What is written is what was given: read back by the OpenEXR library and by OpenImageIO."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from replate.depth import Depth
from replate.errors import BadRequest
from replate.frame import Box, Figure, Frame, FrameSpec, PixelType
from replate.media import PlateWriter, open_plate, write_frame


def frame_like(spec: FrameSpec, seed: int = 0) -> Frame:
    pixels = np.random.default_rng(seed).normal(0.5, 2, spec.shape)
    return Frame(spec, pixels.astype(spec.pixel_type.dtype))


def test_an_exr_holds_all_of_a_frame(tmp_path: Path) -> None:
    metadata = {
        "smpte:TimeCode": (float(0x01020304), 0.0),
        "framesPerSecond": (24000.0, 1001.0),
        "Copyright": "Ada",
        "shot:take": 3,
        "gain": 0.25,
        "camera": tuple(float(value) for value in range(16)),
    }
    spec = FrameSpec(
        1001,
        Box(-4, -3, 12, 9),
        Box(0, 0, 6, 5),
        ("R", "G", "B", "A", "depth.Z"),
        PixelType.FLOAT,
        "ACEScg",
        2.0,
        "left",
        metadata,
    )
    frame = frame_like(spec)
    write_frame(tmp_path / "a.exr", frame, recipe='{"seed": 1}')
    file = OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True)
    header = file.header()
    assert [tuple(corner) for corner in header["dataWindow"]] == [(-4, -3), (7, 5)]
    assert [tuple(corner) for corner in header["displayWindow"]] == [(0, 0), (5, 4)]
    assert header["pixelAspectRatio"] == 2.0
    assert header["view"] == "left"
    assert header["owner"] == "Ada"
    assert header["framesPerSecond"] == Fraction(24000, 1001)
    assert str(header["timeCode"]).startswith("(1, 2, 3, 4")
    assert header["colorInteropID"] == "lin_ap1_scene"
    assert header["replate:recipe"] == '{"seed": 1}'
    for name in spec.channels:
        np.testing.assert_array_equal(file.channels()[name].pixels, frame.channel(name))
    again = open_plate(tmp_path / "a.exr", channels=spec.channels).read(1).spec
    assert {name: again.metadata[name] for name in metadata} == metadata
    assert (again.colour_space, again.view, again.pixel_type) == ("ACEScg", "left", PixelType.FLOAT)


boxes = st.builds(Box, st.integers(-50, 50), st.integers(-50, 50), st.integers(1, 40), st.integers(1, 40))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=boxes,
    display=boxes,
    kind=st.sampled_from(PixelType),
    channels=st.sampled_from([("R", "G", "B"), ("R", "G", "B", "A"), ("forward.u", "forward.v"), ("A",), ("Z",)]),
    space=st.sampled_from(["ACEScg", "lin_rec709", "scene_linear", "data", "studio linear", "ACES2065-1"]),
)
def test_any_frame_survives_a_round_trip(
    tmp_path: Path, data: Box, display: Box, kind: PixelType, channels: tuple[str, ...], space: str
) -> None:
    if "R" not in channels:
        space = "data"
    frame = frame_like(FrameSpec(1, data, display, channels, kind, space))
    write_frame(tmp_path / "a.exr", frame)
    again = open_plate(tmp_path / "a.exr", channels=channels).read(1)
    np.testing.assert_array_equal(again.pixels, frame.pixels)
    for field in ("data_window", "display_window", "channels", "pixel_type", "colour_space"):
        assert getattr(again.spec, field) == getattr(frame.spec, field)


def test_footage_is_the_same_after_a_round_trip(footage: Path, tmp_path: Path) -> None:
    everything = ["R", "G", "B", "A", "Z", "disparityL", "forward", "whitebarmask"]
    plate = open_plate(footage / "exr_beachball" / "singlepart.####.exr", "1-2", view="left", channels=everything)
    writer = PlateWriter(tmp_path / "deeper" / "%V" / "ball.%04d.exr")
    files = [writer.write(frame) for frame in plate]
    assert files[1] == tmp_path / "deeper" / "left" / "ball.0002.exr"
    for frame, again in zip(plate, open_plate(writer.pattern, view="left", channels=everything), strict=True):
        # OpenEXR files get the time of their writing.
        kept = {name: value for name, value in again.spec.metadata.items() if name != "DateTime"}
        assert frame.spec == replace(again.spec, metadata=kept)
        np.testing.assert_array_equal(frame.pixels, again.pixels)


def test_an_exr_says_what_was_measured_of_its_frame(tmp_path: Path) -> None:
    box = Box(0, 0, 4, 3)
    figures = (Figure("style_distance", 0.75), Figure("warping_error", 0.0625))
    frame = frame_like(FrameSpec(7, box, box, ("R", "G", "B"), figures=figures))
    PlateWriter(tmp_path / "measured.####.exr").write(frame)
    again = open_plate(tmp_path / "measured.0007.exr").read(7)
    assert again.spec.figures == figures
    assert not [name for name in again.spec.metadata if "figure" in name]
    header = OpenEXR.File(str(tmp_path / "measured.0007.exr")).header()
    assert header["replate/figure/warping_error"] == 0.0625


@pytest.mark.parametrize(
    "depth", [Depth(False, True, 0.75, float("inf")), Depth(True, False, 0.375, 9.25, -1.0, 812.5)]
)
def test_an_exr_says_what_its_depth_means(tmp_path: Path, depth: Depth) -> None:
    box = Box(0, 0, 4, 3)
    frame = frame_like(FrameSpec(7, box, box, ("depth.Z",), PixelType.FLOAT, "data", depth=depth))
    write_frame(tmp_path / "z.0007.exr", frame)
    again = open_plate(tmp_path / "z.0007.exr").read(7)
    assert again.spec.depth == depth
    np.testing.assert_array_equal(again.pixels, frame.pixels)
    write_frame(tmp_path / "again.0007.exr", again)
    assert OpenEXR.File(str(tmp_path / "again.0007.exr")).header()["replate:depth_near"] == depth.near


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg"])
def test_a_preview_read_back_is_the_picture(tmp_path: Path, name: str) -> None:
    ramp = np.linspace(0, 1, 64 * 48, dtype=np.float32).reshape(48, 64, 1)
    alpha = np.full_like(ramp, 0.5)
    spec = FrameSpec(1, Box(0, 0, 64, 48), Box(0, 0, 64, 48), ("R", "G", "B", "A"), PixelType.FLOAT, "lin_rec709")
    frame = Frame(spec, np.concatenate([ramp * 0.5, ramp * 0.4, ramp * 0.3, alpha], axis=2))
    write_frame(tmp_path / name, frame)
    again = open_plate(tmp_path / name).read(1)
    if name == "a.jpg":
        assert again.spec.channels == ("R", "G", "B")
    else:
        np.testing.assert_allclose(again.channel("A"), 0.5, atol=0.002)
    np.testing.assert_allclose(again.pixels[:, :, :3], frame.pixels[:, :, :3], atol=0.012)


def test_a_preview_shows_the_format_and_nothing_beside_it(tmp_path: Path) -> None:
    spec = FrameSpec(1, Box(-2, 1, 4, 2), Box(0, 0, 5, 4), ("A",), colour_space="data")
    write_frame(tmp_path / "a.png", Frame(spec, np.full(spec.shape, 0.5, np.float16)))
    shown = oiio.ImageInput.open(str(tmp_path / "a.png")).read_image(oiio.UINT8)[:, :, 0]
    expected = np.zeros((4, 5), np.uint8)
    expected[1:3, :2] = 128
    np.testing.assert_array_equal(shown, expected)


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"before")
    spec = FrameSpec(1, Box(0, 0, 2, 2), Box(0, 0, 2, 2), ("R", "G", "B"), colour_space="no such space")
    with pytest.raises(BadRequest, match="no such space"):
        write_frame(tmp_path / "a.png", frame_like(spec))
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_bytes() == b"before"


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    spec = FrameSpec(1, Box(0, 0, 2, 2), Box(0, 0, 2, 2), ("u", "v"), colour_space="data")
    for name, said in (("a.xyz", "write .exr"), ("a.png", "write EXR"), ("no/a.exr", "cannot be written")):
        with pytest.raises(BadRequest, match=said):
            write_frame(tmp_path / name, frame_like(spec))
    with pytest.raises(BadRequest, match="choose zip"):
        write_frame(tmp_path / "a.exr", frame_like(spec), compression="rar")
    assert list(tmp_path.iterdir()) == []
