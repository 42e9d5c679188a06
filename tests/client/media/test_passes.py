"""Blender's passes come in as Replate's motion and depth."""

from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from replate.depth import distances
from replate.frame import DATA, PixelType
from replate.media import open_plate

HEADER = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIP_COMPRESSION}
OURS = ("forward.u", "forward.v", "backward.u", "backward.v")
PASSES = {"Combined": "RGBA", "Vector": "XYZW", "Depth": "Z"}
NAMES = [f"Far Layer.{name}.{channel}" for name, channels in PASSES.items() for channel in channels]


def written(path: Path, value: float = 0.0, blender: bool = True) -> tuple[Path, dict[str, np.ndarray]]:
    """A file with passes as Blender writes it; every channel's second pixel is `value`."""
    channels = dict(zip(NAMES, np.random.default_rng(2).random((len(NAMES), 4, 6), np.float32) + 1, strict=True))
    for samples in channels.values():
        samples[0, 1] = value
    mark = {"BlenderMultiChannel": "Blender V2.55.1 and newer"} if blender else {}
    OpenEXR.File(HEADER | mark, dict(channels)).write(str(path))
    return path, channels


@pytest.mark.parametrize("choice", [{"layer": "Far Layer.Vector"}, {"channels": ["Far Layer.Vector"]}])
def test_a_vector_pass_is_motion_both_ways_with_y_down(tmp_path: Path, choice: dict[str, str]) -> None:
    path, channels = written(tmp_path / "r.0001.exr")
    plate = open_plate(path, **choice)  # type: ignore[arg-type]
    frame = plate.read(1)
    assert frame.spec == plate.spec(1)
    assert (frame.spec.channels, frame.spec.colour_space, frame.spec.pixel_type) == (OURS, DATA, PixelType.FLOAT)
    x, y, z, w = (channels[f"Far Layer.Vector.{axis}"] for axis in "XYZW")
    np.testing.assert_array_equal(frame.pixels, np.stack([-z, w, x, -y], axis=-1))
    assert not np.signbit(frame.pixels[0, 1]).any()


def test_where_no_vector_was_written_none_is_known(tmp_path: Path) -> None:
    frame = open_plate(written(tmp_path / "r.0001.exr", 1e4)[0], layer="Far Layer.Vector").read(1)
    assert np.isnan(frame.pixels[0, 1]).all() and np.isfinite(frame.pixels[1:]).all()


def test_a_depth_pass_says_that_it_is_a_distance(tmp_path: Path) -> None:
    path, channels = written(tmp_path / "r.0001.exr", 1e10)
    frame = open_plate(path, layer="Far Layer.Depth").read(1)
    assert (frame.spec.channels, frame.spec.colour_space) == (("depth.Z",), DATA)
    assert frame.spec.depth is not None and not frame.spec.depth.inverse
    far = distances(frame.pixels[..., 0], frame.spec.depth)
    assert far[0, 1] == np.inf
    np.testing.assert_array_equal(far[1:], channels["Far Layer.Depth.Z"][1:])


def test_the_beauty_is_what_is_taken_by_default(tmp_path: Path) -> None:
    path, channels = written(tmp_path / "r.0001.exr")
    frame = open_plate(path).read(1)
    assert frame.spec.channels == ("R", "G", "B", "A")
    np.testing.assert_array_equal(frame.channel("G"), channels["Far Layer.Combined.G"])


def test_a_distance_of_another_program_stays_as_it_is(tmp_path: Path) -> None:
    path, channels = written(tmp_path / "r.0001.exr", 1e10, blender=False)
    frame = open_plate(path, layer="Far Layer.Depth").read(1)
    assert frame.spec.depth is None and frame.spec.channels == ("Z",)
    np.testing.assert_array_equal(frame.channel("Z"), channels["Far Layer.Depth.Z"])
