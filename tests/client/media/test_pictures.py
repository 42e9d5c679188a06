"""Picture files come in as they are meant: judged against the OpenEXR library and OpenColorIO."""

from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio  # noqa: N813
import PyOpenColorIO as ocio  # noqa: N813
import pytest

from replate.errors import BadRequest, Damaged
from replate.frame import Box, PixelType
from replate.media import open_matte, open_plate

HEADER = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.ZIP_COMPRESSION}


def window(x: int, y: int, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    return np.array([x, y], np.int32), np.array([x + width - 1, y + height - 1], np.int32)


def noise(*shape: int, dtype: type = np.float16) -> np.ndarray:
    return (np.random.default_rng(1).random(shape) * 4 - 1).astype(dtype)


def save(path: Path, pixels: np.ndarray, **attributes: object) -> Path:
    """A picture by OpenImageIO, the alpha as it is given."""
    height, width, channels = pixels.shape
    header = oiio.ImageSpec(width, height, channels, str(pixels.dtype))
    header["oiio:UnassociatedAlpha"] = 1
    for name, value in attributes.items():
        header[name.replace("__", ":")] = value
    file = oiio.ImageOutput.create(str(path))
    assert file.open(str(path), header)
    assert file.write_image(pixels)
    assert file.close()
    return path


def linear_of(code: np.ndarray, space: str = "srgb_tx") -> np.ndarray:
    config = ocio.Config.CreateFromFile("ocio://default")
    pixels = np.ascontiguousarray(code, np.float32).copy()
    config.getProcessor(space, "lin_rec709").getDefaultCPUProcessor().applyRGB(pixels)
    return pixels


def test_half_stays_half_bit_for_bit_inside_its_windows(footage: Path) -> None:
    plate = open_plate(footage / "exr_beachball" / "singlepart.####.exr")
    assert plate.numbers == tuple(range(1, 9))
    frame = plate.read(3)
    truth = OpenEXR.File(str(footage / "exr_beachball" / "singlepart.0003.exr"), separate_channels=True)
    assert frame.spec.channels == ("R", "G", "B", "A")
    assert frame.spec.pixel_type is PixelType.HALF
    assert frame.spec.view == "right"
    low, high = truth.header()["dataWindow"]
    data = frame.spec.data_window
    assert (data.x, data.y, data.right - 1, data.bottom - 1) == (*low, *high)
    assert frame.spec.display_window == Box(0, 0, 2048, 1556)
    for name in frame.spec.channels:
        np.testing.assert_array_equal(frame.channel(name), truth.channels()[name].pixels)


def test_a_stereo_view_has_its_own_channels_under_their_plain_names(footage: Path) -> None:
    path = footage / "exr_beachball" / "singlepart.0001.exr"
    frame = open_plate(path, view="left", channels=["R", "Z", "forward", "whitebarmask"]).read(1)
    truth = OpenEXR.File(str(path), separate_channels=True).channels()
    assert frame.spec.channels == ("R", "Z", "forward.u", "forward.v", "whitebarmask.mask")
    assert frame.spec.view == "left"
    np.testing.assert_array_equal(frame.channel("R"), truth["left.R"].pixels)
    np.testing.assert_array_equal(frame.channel("forward.v"), truth["forward.left.v"].pixels)


def test_parts_are_chosen_by_view_layer_and_channel(tmp_path: Path) -> None:
    windows = {"dataWindow": window(-4, -5, 30, 20), "displayWindow": window(0, 0, 25, 15), "pixelAspectRatio": 2.0}
    left, right, depth = noise(20, 30, 4), noise(20, 30, 4) + 1, noise(20, 30, dtype=np.float32)
    OpenEXR.File(
        [
            OpenEXR.Part(HEADER | windows | {"view": "left"}, {"depth.Z": depth}, name="depth.left"),
            OpenEXR.Part(HEADER | windows | {"view": "left"}, {"RGBA": left}, name="rgba.left"),
            OpenEXR.Part(HEADER | windows | {"view": "right"}, {"RGBA": right}, name="rgba.right"),
        ]
    ).write(str(tmp_path / "parts.exr"))
    path = tmp_path / "parts.exr"
    frame = open_plate(path).read(1)
    assert frame.spec.data_window == Box(-4, -5, 30, 20)
    assert frame.spec.display_window == Box(0, 0, 25, 15)
    assert frame.spec.pixel_aspect == 2.0
    np.testing.assert_array_equal(frame.pixels, left)
    np.testing.assert_array_equal(open_plate(path, view="right").read(1).pixels, right)
    z = open_plate(path, channels=["depth.Z"]).read(1)
    assert (z.spec.channels, z.spec.pixel_type, z.spec.colour_space) == (("depth.Z",), PixelType.FLOAT, "data")
    np.testing.assert_array_equal(z.pixels[:, :, 0], depth)
    assert open_plate(path, layer="depth").spec(1).channels == ("Z",)
    with pytest.raises(BadRequest, match="views left, right"):
        open_plate(path, view="middle")
    with pytest.raises(BadRequest, match="one part of the file at a time"):
        open_plate(path, channels=["R", "depth.Z"])
    with pytest.raises(BadRequest, match="layers depth, rgba"):
        open_plate(path, layer="diffuse")


def test_layers_that_nuke_wrote_have_the_names_that_all_others_have(tmp_path: Path) -> None:
    matte = noise(6, 8)
    OpenEXR.File(dict(HEADER), {"RGB": noise(6, 8, 3), "dog.alpha": matte}).write(str(tmp_path / "a.exr"))
    for name in ("dog.A", "dog.alpha", "dog"):
        frame = open_plate(tmp_path / "a.exr", channels=[name]).read(1)
        assert frame.spec.channels == ("dog.A",)
        np.testing.assert_array_equal(frame.pixels[:, :, 0], matte)


def test_one_float_channel_among_those_chosen_makes_the_frame_float(tmp_path: Path) -> None:
    colour, depth = noise(6, 8, 3), noise(6, 8, dtype=np.float32)
    OpenEXR.File(dict(HEADER), {"RGB": colour, "Z": depth}).write(str(tmp_path / "mixed.exr"))
    both = open_plate(tmp_path / "mixed.exr", channels=["R", "G", "B", "Z"]).read(1)
    assert both.pixels.dtype == np.float32
    np.testing.assert_array_equal(both.channel("Z"), depth)
    np.testing.assert_array_equal(both.channel("G"), colour[:, :, 1].astype(np.float32))
    assert open_plate(tmp_path / "mixed.exr").read(1).pixels.dtype == np.float16


@pytest.mark.parametrize(
    ("attributes", "space"),
    [
        ({}, "scene_linear"),
        ({"acesImageContainerFlag": 1}, "ACES2065-1"),
        ({"colorInteropID": "lin_ap1_scene"}, "ACEScg"),
        ({"chromaticities": (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)}, "ACEScg"),
        ({"chromaticities": (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)}, "lin_rec709"),
        ({"chromaticities": (0.6, 0.3, 0.2, 0.7, 0.1, 0.1, 0.3, 0.3)}, "scene_linear"),
    ],
)
def test_the_header_says_the_colour_space(tmp_path: Path, attributes: dict[str, object], space: str) -> None:
    OpenEXR.File(HEADER | attributes, {"RGB": noise(4, 5, 3)}).write(str(tmp_path / "a.exr"))
    assert open_plate(tmp_path / "a.exr").spec(1).colour_space == space
    assert open_plate(tmp_path / "a.exr", colour_space="my_linear").spec(1).colour_space == "my_linear"


def test_metadata_is_kept_or_listed(tmp_path: Path) -> None:
    attributes = {"owner": "Ada", "shot:take": 3, "gain": 0.5, "offsets": [1.0, 2.0, 3.0], "names": ["a", "b"]}
    OpenEXR.File(HEADER | attributes, {"RGB": noise(4, 5, 3)}).write(str(tmp_path / "a.exr"))
    metadata = open_plate(tmp_path / "a.exr").spec(1).metadata
    assert metadata["Copyright"] == "Ada"
    assert (metadata["shot:take"], metadata["gain"], metadata["offsets"]) == (3, 0.5, (1.0, 2.0, 3.0))
    assert metadata["replate:unkept"] == "names (string[2])"
    assert "compression" not in metadata


@pytest.mark.parametrize(
    ("name", "dtype", "result"), [("a.png", np.uint8, np.float16), ("a.tif", np.uint16, np.float32)]
)
def test_integer_pictures_become_linear_and_premultiplied(tmp_path: Path, name: str, dtype: type, result: type) -> None:
    code = np.random.default_rng(2).integers(0, np.iinfo(dtype).max, (5, 7, 4), dtype, endpoint=True)
    frame = open_plate(save(tmp_path / name, code)).read(1)
    assert (frame.spec.colour_space, frame.pixels.dtype) == ("lin_rec709", result)
    values = code.astype(np.float32) / np.iinfo(dtype).max
    expected = np.concatenate([linear_of(values[:, :, :3]) * values[:, :, 3:], values[:, :, 3:]], axis=2)
    np.testing.assert_allclose(frame.pixels, expected, rtol=1e-3, atol=1e-5)


def test_an_integer_picture_in_another_space_is_decoded_from_there(tmp_path: Path) -> None:
    code = np.random.default_rng(3).integers(0, 65535, (5, 7, 3), np.uint16)
    path = save(tmp_path / "a.tif", code)
    frame = open_plate(path, colour_space="ACEScct").read(1)
    expected = linear_of(code.astype(np.float32) / 65535, "ACEScct")
    np.testing.assert_allclose(frame.pixels, expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(BadRequest, match='"nonsense" is not in'):
        open_plate(path, colour_space="nonsense").read(1)


def test_a_matte_goes_through_no_colour_curve(tmp_path: Path) -> None:
    code = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    grey = open_matte(save(tmp_path / "grey.png", code)).read(1)
    assert (grey.spec.channels, grey.spec.colour_space) == (("Y",), "data")
    np.testing.assert_allclose(grey.pixels, code / 255, atol=5e-4)
    picture = np.concatenate([code, code, code, 255 - code], axis=2)
    alpha = open_matte(save(tmp_path / "alpha.png", picture)).read(1)
    assert alpha.spec.channels == ("A",)
    np.testing.assert_allclose(alpha.pixels, (255 - code) / 255, atol=5e-4)


def test_a_grey_picture_is_a_picture_of_three_equal_channels(tmp_path: Path) -> None:
    code = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    frame = open_plate(save(tmp_path / "grey.png", code)).read(1)
    assert frame.spec.channels == ("R", "G", "B")
    np.testing.assert_allclose(frame.pixels, linear_of((code / 255).repeat(3, axis=2)), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_stands_upright(tmp_path: Path, orientation: int) -> None:
    code = np.zeros((32, 64, 3), np.uint8)
    code[:16, :32] = 255
    path = save(tmp_path / "a.tif", code, Orientation=orientation)
    upright = oiio.ImageBufAlgo.reorient(oiio.ImageBuf(str(path))).get_pixels(oiio.FLOAT)
    np.testing.assert_array_equal(open_plate(path).read(1).pixels, upright)


def test_scanned_film_is_decoded_from_printing_density(tmp_path: Path) -> None:
    codes = np.array([95, 468, 685, 1023], np.float32)
    pixels = np.repeat((codes / 1023)[np.newaxis, :, np.newaxis], 3, axis=2)
    header = oiio.ImageSpec(4, 1, 3, "uint16")
    header["oiio:BitsPerSample"] = 10
    header["dpx:Transfer"] = "Printing density"
    file = oiio.ImageOutput.create("dpx")
    assert file.open(str(tmp_path / "a.dpx"), header)
    assert file.write_image(pixels)
    assert file.close()
    red = open_plate(tmp_path / "a.dpx").read(1).channel("R")[0].astype(np.float32)
    # Black, mid-grey (colour-science gives 0.4573 for 0.18), white, and the brightest that fits.
    np.testing.assert_allclose(red, [0, 0.18, 1, 13.52], atol=0.004)


def test_deep_pictures_are_refused_with_what_to_do(footage: Path) -> None:
    with pytest.raises(BadRequest, match="deep picture: flatten it"):
        open_plate(footage / "exr_misc" / "v2_LowResLeftView_Balls.exr")


@pytest.mark.parametrize("kept", [0, 100, 5000, 30000])
def test_a_truncated_picture_is_said_to_be(tmp_path: Path, kept: int) -> None:
    OpenEXR.File(dict(HEADER), {"RGBA": noise(90, 120, 4)}).write(str(tmp_path / "whole.exr"))
    (tmp_path / "cut.0001.exr").write_bytes((tmp_path / "whole.exr").read_bytes()[:kept])
    with pytest.raises(Damaged, match=r"^cut.0001.exr cannot be read") as error:
        open_plate(tmp_path / "cut.####.exr").read(1)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["a.exr", "a.png", "a.jpg", "a.dpx", "a.tif", "a.mov"])
def test_what_is_no_picture_is_said_to_be(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not a picture at all")
    with pytest.raises(Damaged, match="cannot be read"):
        open_plate(tmp_path / name).read(1)


def test_a_picture_over_the_limit_is_refused_from_its_header(tmp_path: Path) -> None:
    attributes = {"dataWindow": window(0, 0, 5, 4), "displayWindow": window(0, 0, 20000, 10000)}
    OpenEXR.File(HEADER | attributes, {"RGB": noise(4, 5, 3)}).write(str(tmp_path / "big.exr"))
    with pytest.raises(BadRequest, match="20000 x 10000, over the limit of 100 megapixels"):
        open_plate(tmp_path / "big.exr")
    assert open_plate(tmp_path / "big.exr", most_pixels=300_000_000).read(1).pixels.shape == (4, 5, 3)


def test_an_empty_window_is_refused(tmp_path: Path) -> None:
    OpenEXR.File(dict(HEADER), {"RGB": noise(4, 5, 3)}).write(str(tmp_path / "a.exr"))
    whole = (tmp_path / "a.exr").read_bytes()
    place = whole.index(b"displayWindow\0box2i\0") + len(b"displayWindow\0box2i\0") + 4
    empty = whole[:place] + np.array([0, 0, -1, -1], "<i4").tobytes() + whole[place + 16 :]
    (tmp_path / "empty.exr").write_bytes(empty)
    with pytest.raises((BadRequest, Damaged), match=r"empty.exr"):
        open_plate(tmp_path / "empty.exr")


def test_more_than_64_channels_must_be_chosen_from(tmp_path: Path) -> None:
    planes = {f"crypto.c{index:02d}": noise(2, 3, dtype=np.float32) for index in range(70)}
    OpenEXR.File(dict(HEADER), dict(planes)).write(str(tmp_path / "many.exr"))
    with pytest.raises(BadRequest, match="choose at most 64"):
        open_plate(tmp_path / "many.exr")
    frame = open_plate(tmp_path / "many.exr", channels=["crypto.c69", "crypto.c00"]).read(1)
    np.testing.assert_array_equal(frame.channel("crypto.c69"), planes["crypto.c69"])
