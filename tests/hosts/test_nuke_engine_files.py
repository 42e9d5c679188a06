"""Reads and Writes of Nuke's stand-in: real EXRs, as Nuke's own reader and writer take them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813
import pytest

from nuke_engine import RGBA, Engine, Refused, constant, node, opened, pixel, ramp, read, save


def test_a_plate_comes_back_bit_for_bit(engine: Engine, tmp_path: Path) -> None:
    """Half floats, an overscan that is not even, pixels that are no squares, all that a half can hold."""
    rng = np.random.default_rng(7)
    pixels = rng.normal(0, 100, (9, 11, 4)).astype(np.float16)
    pixels[0, 0] = [65504, -65504, 6e-8, 0]
    file = save(tmp_path / "in.exr", pixels, RGBA, data=(-3, -2), display=(6, 5), PixelAspectRatio=2.0)
    seen = engine.seen(read(file), write='datatype "16 bit half"')
    np.testing.assert_array_equal(seen.rgba(), pixels.astype(np.float32))
    assert seen.header.format == oiio.HALF
    source = oiio.ImageBuf(str(file)).spec()
    for name in ("x", "y", "width", "height", "full_x", "full_y", "full_width", "full_height"):
        assert getattr(seen.header, name) == getattr(source, name)
    assert seen.format == (6, 5, 2.0)


def test_a_display_window_begins_at_the_formats_corner(engine: Engine, tmp_path: Path) -> None:
    file = save(tmp_path / "in.exr", ramp(), RGBA)
    picture = oiio.ImageBuf(str(file))
    picture.specmod().full_x, picture.specmod().full_y = -2, -1
    picture.specmod().full_width, picture.specmod().full_height = 8, 6
    assert picture.write(str(file))
    seen = engine.seen(read(file))
    # 2 pixels in from the left; 1 row from the top, so 2 from the bottom.
    assert seen.box == (2, 2, 6, 5) and seen.format[:2] == (8, 6)
    np.testing.assert_array_equal(seen.rgba(), ramp())


def test_layers_have_nukes_names(engine: Engine, tmp_path: Path) -> None:
    """As `ExrChannelNameToNuke.cpp` says it."""
    names = ["R", "G", "B", "A", "Z", "pole.R", "pole.A", "2nd.light-a.Green", "forward.u", "noise"]
    pixels = np.stack([np.full((2, 2), index, np.float32) for index in range(len(names))], axis=2)
    script = read(save(tmp_path / "in.exr", pixels, names))
    told = engine.ask(script, "read", what="info")["channels"]
    others = ["depth.Z", "forward.u", "nd_light_a.green", "other.noise", "pole.red", "pole.alpha"]
    assert told == ["rgba.red", "rgba.green", "rgba.blue", "rgba.alpha", *others]
    seen = engine.seen(script)
    assert {name: plane[0, 0] for name, plane in seen.planes.items()} == {
        **dict(zip("RGBA", range(4), strict=True)),
        "depth.Z": 4,
        "pole.red": 5,
        "pole.alpha": 6,
        "nd_light_a.green": 7,
        "forward.u": 8,
        "other.noise": 9,
    }


def test_views_in_one_file(engine: Engine, tmp_path: Path) -> None:
    """In the channels' names, or in parts; a layer's name may be its part's alone, as Nuke itself writes it."""
    plain, file = np.ones((2, 2), np.float16), tmp_path / "in.exr"
    kind = {"type": OpenEXR.scanlineimage}
    stereo = {"R": plain, "right.R": plain * 2, "pole.R": plain * 3, "right.pole.R": plain * 4}
    OpenEXR.File({**kind, "multiView": ["left", "right"]}, stereo).write(str(file))
    for view, red, pole in (("left", 1, 3), ("right", 2, 4), ("main", 1, 3)):
        planes = engine.seen(read(file), view=view).planes
        assert {name: plane[0, 0] for name, plane in planes.items()} == {"R": red, "pole.red": pole}
    parts = [
        OpenEXR.Part({**kind, "view": view}, {"R": plain * value}, f"{layer}.{view}")
        for value, (layer, view) in enumerate(
            [("rgba", "left"), ("pole", "left"), ("rgba", "right"), ("pole", "right")], 1
        )
    ]
    OpenEXR.File(parts).write(str(file))
    os.utime(file, ns=(1, 1))
    for view, red, pole in (("left", 1, 2), ("right", 3, 4)):
        planes = engine.seen(read(file), view=view).planes
        assert {name: plane[0, 0] for name, plane in planes.items()} == {"R": red, "pole.red": pole}


def test_luminance_is_grey_but_raw_it_is_red(engine: Engine, tmp_path: Path) -> None:
    script = read(save(tmp_path / "in.exr", ramp()[:, :, :1], ["Y"]))
    assert set(engine.seen(script).planes) == {"R"}
    assert set(engine.seen(script.replace("raw true", "raw false")).planes) == {"R", "G", "B"}


def sequence(folder: Path, *frames: int) -> Path:
    for frame in frames:
        save(folder / f"p.{frame:04d}.exr", np.full((2, 2, 4), frame, np.float32), RGBA)
    return folder / "p.%04d.exr"


@pytest.mark.parametrize(
    ("knobs", "frame", "expected"),
    [
        ("", 12, 12),
        ("", 5, 11),
        ("", 20, 13),
        ("before loop\n after loop", 10, 13),
        ("before loop\n after loop", 15, 12),
        ("after bounce", 14, 12),
        ("after bounce", 15, 11),
        ("after black", 14, 0),
        ("frame frame+2", 10, 12),
        ('frame_mode "start at"\n frame 101', 102, 12),
    ],
)
def test_which_file_a_frame_is(engine: Engine, tmp_path: Path, knobs: str, frame: int, expected: int) -> None:
    file = sequence(tmp_path, 11, 12, 13)
    more = f"first 11\n last 13\n origfirst 11\n origlast 13\n origset true\n {knobs}"
    assert pixel(engine.seen(read(file, more), frame))[0] == expected
    if not knobs:
        assert pixel(engine.seen(read(str(file).replace("%04d", "####"), more), frame))[0] == expected


def test_frames_that_are_not_there(engine: Engine, tmp_path: Path) -> None:
    file = sequence(tmp_path, 11, 14)
    script = read(file, 'first 10\n last 15\n format "6 4 0 0 6 4 1 "\n on_error black')
    black = engine.seen(script, 12)
    assert black.format[:2] == (6, 4) and black.rgba().max() == 0 and set(black.planes) == set("RGBA")
    assert [pixel(engine.seen(script.replace("black", '"nearest frame"'), frame))[0] for frame in (12, 13, 15)] == [
        11,
        14,
        14,
    ]
    assert engine.seen(script.replace("black", "checkerboard"), 12).rgba().max() > 0
    with pytest.raises(Refused, match=r"read \(Read\): .*p.0012.exr is not there"):
        engine.seen(script.replace("black", "error"), 12)


def test_a_file_that_changed_is_read_again(engine: Engine, tmp_path: Path) -> None:
    file = sequence(tmp_path, 1)
    assert pixel(engine.seen(read(file)))[0] == 1
    once = (tmp_path / "p.0001.exr").stat().st_mtime_ns
    save(tmp_path / "p.0001.exr", np.full((2, 2, 4), 5, np.float32), RGBA)
    os.utime(tmp_path / "p.0001.exr", ns=(once + 1, once + 1))
    assert pixel(engine.seen(read(file)))[0] == 5


def test_a_file_that_is_no_exr_says_so(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "p.exr").write_bytes(b"half a frame")
    with pytest.raises(Refused, match=r"p.exr cannot be read"):
        engine.seen(read(tmp_path / "p.exr"))


def written(engine: Engine, script: str, file: Path, knobs: str, frame: int = 1) -> None:
    engine.ask(f'{script}Write {{\n file "{file.as_posix()}"\n raw true\n {knobs}\n name W\n}}\n', "W", frame)


def test_channels_and_types_of_a_write(engine: Engine, tmp_path: Path) -> None:
    script = constant("1 2 3 4") + "AddChannels {\n channels depth\n channels2 forward\n color 1e5\n name D\n}\n"
    for knobs, names in (
        ("", set("RGB")),
        ("channels rgba", set("RGBA")),
        ("channels all", {*"RGBA", "depth.Z", "forward.u", "forward.v"}),
        ("channels {rgba.red depth}", {"R", "depth.Z"}),
        ("channels motion", {"forward.u", "forward.v"}),
    ):
        written(engine, script, tmp_path / "a.exr", knobs)
        assert set(opened(tmp_path / "a.exr").planes) == names
    assert opened(tmp_path / "a.exr").header.format == oiio.HALF
    written(engine, script, tmp_path / "b.exr", 'datatype "32 bit float"\n compression "PIZ Wavelet (32 scanlines)"')
    seen = opened(tmp_path / "b.exr").header
    assert seen.format == oiio.FLOAT and seen.getattribute("compression") == "piz"
    with pytest.raises(Refused, match="no channels to write"):
        written(engine, script, tmp_path / "c.exr", "channels backward")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.exr", "b.exr"]


def test_autocrop_and_a_picture_of_nothing(engine: Engine, tmp_path: Path) -> None:
    script = constant("1 1 1 1") + node("Crop", "box {1 1 3 2}") + constant("0 0 0 0", 8, 6) + node("Merge2", "", "2")
    written(engine, script, tmp_path / "a.exr", "channels all\n autocrop true")
    assert opened(tmp_path / "a.exr").box == (1, 1, 3, 2)
    written(engine, constant("0 0 0 0", 8, 6), tmp_path / "b.exr", "autocrop true")
    assert opened(tmp_path / "b.exr").box == (0, 0, 1, 1) and opened(tmp_path / "b.exr").format[:2] == (8, 6)


def test_metadata_as_far_as_the_write_says(engine: Engine, tmp_path: Path) -> None:
    source = save(tmp_path / "in.exr", ramp(), RGBA, shot="sh010", take=3)
    picture = oiio.ImageBuf(str(source))
    picture.specmod().attribute("smpte:TimeCode", oiio.TypeDesc("timecode"), (0x01020304, 0))
    picture.specmod().attribute("framesPerSecond", oiio.TypeDesc("rational"), (24000, 1001))
    assert picture.write(str(source))
    told = engine.ask(read(source), "read", what="info")["metadata"]
    assert told["exr/shot"] == "sh010" and told["exr/take"] == 3 and told["input/timecode"] == "01:02:03:04"
    assert told["input/frame_rate"] == pytest.approx(23.976, abs=1e-3)
    kept = {}
    for mode in ("no metadata", "default metadata", "default metadata and exr/*", "all metadata"):
        written(engine, read(source), tmp_path / "out.exr", f'metadata "{mode}"')
        header = opened(tmp_path / "out.exr").header
        names = ("smpte:TimeCode", "framesPerSecond", "shot", "take", "nuke/input/filename")
        kept[mode] = [name for name in names if header.getattribute(name) is not None]
        if "smpte:TimeCode" in kept[mode]:
            assert header.getattribute("smpte:TimeCode")[0] == 0x01020304
            assert header.getattribute("framesPerSecond") == (24000, 1001)
    assert kept == {
        "no metadata": [],
        "default metadata": ["smpte:TimeCode", "framesPerSecond"],
        "default metadata and exr/*": ["smpte:TimeCode", "framesPerSecond", "shot", "take"],
        "all metadata": ["smpte:TimeCode", "framesPerSecond", "shot", "take", "nuke/input/filename"],
    }


def test_names_of_what_is_written(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="create_directories is off"):
        written(engine, constant("1 1 1 1"), tmp_path / "new" / "a.exr", "")
    script = constant("1 1 1 1")
    file = tmp_path / "new" / "a.%V.####.exr"
    written(engine, script, file, "create_directories true\n views {main left}", 12)
    assert (tmp_path / "new" / "a.main.0012.exr").is_file()
    with pytest.raises(Refused, match="put %V into its name"):
        written(engine, script, tmp_path / "a.%04d.exr", "views {left right}")
    with pytest.raises(Refused, match="proxy mode"):
        written(engine, "Root {\n inputs 0\n proxy true\n}\n" + script, tmp_path / "a.exr", "")
    with pytest.raises(Refused, match="writes EXR files"):
        written(engine, script, tmp_path / "a.png", "file_type png")


def test_a_write_that_is_not_raw_converts_or_says_that_it_cannot(engine: Engine, tmp_path: Path) -> None:
    for space, expected in (("default", 0.5), ("linear", 0.5), ("sRGB", 0.735357)):
        written(
            engine, constant("0.5 0.5 0.5 1"), tmp_path / "a.exr", f"raw false\n colorspace {space}\n channels rgba"
        )
        assert pixel(opened(tmp_path / "a.exr"))[0] == pytest.approx(expected, abs=3e-4)
    with pytest.raises(Refused, match="does not convert"):
        written(engine, constant("0.5 0.5 0.5 1"), tmp_path / "a.exr", "raw false\n colorspace AlexaV3LogC")


def test_a_config_of_opencolorio_converts(engine: Engine, tmp_path: Path) -> None:
    """ACEScg's red in ACES2065-1: the first column of AP1 to AP0."""
    ocio = pytest.importorskip("PyOpenColorIO")
    config = tmp_path / "config.ocio"
    config.write_text(ocio.Config.CreateFromBuiltinConfig("cg-config-v1.0.0_aces-v1.3_ocio-v2.1").serialize())
    root = (
        f'Root {{\n inputs 0\n colorManagement OCIO\n OCIO_config custom\n customOCIOConfigPath "{config.as_posix()}"\n'
        " workingSpaceLUT ACEScg\n}\n"
    )
    script = root + constant("1 0 0 1")
    knobs = 'raw false\n colorspace ACES2065-1\n channels rgba\n datatype "32 bit float"'
    written(engine, script, tmp_path / "a.exr", knobs)
    assert pixel(opened(tmp_path / "a.exr")) == pytest.approx([0.6954522, 0.0447946, -0.0055259, 1], abs=1e-6)
    back = root + read(tmp_path / "a.exr").replace("raw true", "raw false\n colorspace ACES2065-1")
    assert pixel(engine.seen(back)) == pytest.approx([1, 0, 0, 1], abs=1e-6)
    with pytest.raises(Refused, match="no colour space Nowhere"):
        written(engine, script, tmp_path / "a.exr", "raw false\n colorspace Nowhere")
