"""Movies are plates: every frame by its number, its colours right."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from replate.errors import BadRequest, Damaged, NotFound
from replate.frame import Box, Frame, FrameSpec, PixelType
from replate.media import open_plate, picture_of, write_movie
from replate.media.timecode import Timecode

SIZE = 48
COLOURS = ((0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (200, 100, 50))
MATRICES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}


def ramp(number: int, width: int = 64, height: int = 48) -> Frame:
    """A frame that says its number: the code value of its grey is ten times that."""
    spec = FrameSpec(
        number, Box(0, 0, width, height), Box(0, 0, width, height), ("R", "G", "B"), PixelType.FLOAT, "lin_rec709"
    )
    code = number * 10 / 255
    light = code / 12.92 if code <= 0.04045 else ((code + 0.055) / 1.055) ** 2.4
    return Frame(spec, np.full(spec.shape, light, np.float32))


def number_in(frame: Frame) -> int:
    return round(float(picture_of(frame).mean()) / 10)


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("movie") / "count.mp4"
    write_movie(path, (ramp(number) for number in range(1, 26)), Fraction(24000, 1001))
    return path


def test_every_frame_is_found_in_any_order(movie: Path) -> None:
    plate = open_plate(movie)
    assert plate.numbers == tuple(range(1, 26))
    order = [*range(1, 26), 3, 25, 24, 1, 13, 13, 14, 2]
    assert [number_in(plate.read(number)) for number in order] == order
    assert plate.read(5).spec.metadata["framesPerSecond"] == (24000.0, 1001.0)


def test_a_movie_may_start_at_any_number(movie: Path) -> None:
    plate = open_plate(movie, "1003-1005", start=1001)
    assert [(frame.spec.number, number_in(frame)) for frame in plate] == [(1003, 3), (1004, 4), (1005, 5)]
    assert open_plate(movie, "1003-1005", start=1001, handles=5).numbers == tuple(range(1001, 1011))
    with pytest.raises(NotFound, match=r"has frames 1001 to 1025: frame 1026"):
        open_plate(movie, "1020-1030", start=1001)


def test_real_movies_are_read_frame_by_frame_as_in_one_go(footage: Path) -> None:
    path = footage / "dog" / "01_dog.mp4"
    plate = open_plate(path)
    wanted = (1, 2, 60, 150, 149, 289)
    with av.open(str(path)) as container:
        truth = {
            at: picture.to_ndarray(format="gray")
            for at, picture in enumerate(container.decode(video=0), 1)
            if at in wanted
        }
    assert len(plate) == 289
    for number in wanted:
        grey = picture_of(plate.read(number)).astype(np.float32) @ (0.2126, 0.7152, 0.0722)
        assert np.corrcoef(grey.ravel(), truth[number].ravel())[0, 1] > 0.999
    assert plate.spec(2).metadata["smpte:TimeCode"] == (1.0, 0.0)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("full", [False, True])
def test_known_colours_come_back_whatever_the_matrix_and_range(tmp_path: Path, matrix: int, full: bool) -> None:
    colours = np.array(COLOURS, float)
    path = tmp_path / "bars.mkv"
    write_bars(path, ycbcr(colours / 255, matrix, full), matrix, full)
    shown = picture_of(open_plate(path).read(1))
    middles = shown[SIZE // 2, SIZE // 2 :: SIZE].astype(float)
    np.testing.assert_allclose(middles, colours, atol=1.01)


def test_odd_sizes_are_padded_and_colours_kept(tmp_path: Path) -> None:
    frame = ramp(12, 65, 47)
    write_movie(tmp_path / "a.mp4", [frame, frame.with_pixels(frame.pixels)], 25)
    again = open_plate(tmp_path / "a.mp4").read(1)
    assert again.spec.display_window == Box(0, 0, 66, 48)
    np.testing.assert_allclose(picture_of(again).astype(int), 120, atol=1)


def test_a_movie_as_data_keeps_its_code_values(movie: Path) -> None:
    frame = open_plate(movie, colour_space="data").read(20)
    assert frame.spec.colour_space == "data"
    np.testing.assert_allclose(frame.pixels, 200 / 255, atol=0.005)


def test_a_movie_cut_short_is_said_to_be(movie: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.mp4").write_bytes(movie.read_bytes()[:700])
    with pytest.raises(Damaged, match=r"cut.mp4 cannot be read"):
        list(open_plate(tmp_path / "cut.mp4"))


def test_a_movie_needs_frames_of_one_format(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no frames"):
        write_movie(tmp_path / "a.mp4", [])
    with pytest.raises(BadRequest, match="Frame 2 has another format"):
        write_movie(tmp_path / "a.mp4", [ramp(1), ramp(2, 32)])
    assert list(tmp_path.iterdir()) == []


def test_timecode_counts_as_smpte_says() -> None:
    def later(text: str, frames: int, rate: Fraction) -> str:
        start = Timecode.parse(text)
        assert start is not None
        return str(start.later(frames, rate))

    ntsc = Fraction(30000, 1001)
    assert later("01:00:00:00", 25, Fraction(24)) == "01:00:01:01"
    assert later("23:59:59:23", 1, Fraction(24)) == "00:00:00:00"
    assert later("00:00:59;29", 1, ntsc) == "00:01:00;02"
    assert later("00:09:59;29", 1, ntsc) == "00:10:00;00"
    assert later("00:00:00;00", 107892, ntsc) == "01:00:00;00"
    assert later("00:59:59;29", 1, ntsc) == "01:00:00;00"
    assert Timecode.parse("later") is None
    assert Timecode(1, 2, 3, 4).packed() == (float(0x01020304), 0.0)


def ycbcr(rgb: np.ndarray, matrix: int, full: bool) -> np.ndarray:
    """ITU-R BT.709 section 3, BT.601 section 2.5, BT.2020 table 4, quantised to 8 bits."""
    kr, kb = MATRICES[matrix]
    red, green, blue = rgb.T
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = np.stack([(blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))])
    coded = (
        np.stack([255 * luma, *(128 + 255 * chroma)]) if full else np.stack([16 + 219 * luma, *(128 + 224 * chroma)])
    )
    return np.clip(np.rint(coded), 0, 255).astype(np.uint8).T


def write_bars(path: Path, codes: np.ndarray, matrix: int, full: bool) -> None:
    """Bars of these YCbCr codes in a lossless movie whose tags say what they are."""
    width = SIZE * len(codes)
    picture = av.VideoFrame(width, SIZE, "yuv444p")
    for index, plane in enumerate(picture.planes):
        rows = np.zeros((SIZE, plane.line_size), np.uint8)
        rows[:, :width] = codes[:, index].repeat(SIZE)
        plane.update(rows.tobytes())
    picture.colorspace, picture.color_range = matrix, 2 if full else 1
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = width, SIZE, "yuv444p"
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, 2 if full else 1
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
