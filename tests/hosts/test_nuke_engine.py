"""The engine of Nuke's stand-in: each class of node against numbers that were worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest

from nuke_engine import RGBA, Engine, Refused, constant, node, opened, pixel, ramp, read, save

# Sources and single values


def test_a_constant_fills_its_format(engine: Engine) -> None:
    seen = engine.seen(constant("0.1 2 -3 0.5", 6, 2, 2.0))
    assert seen.format == (6, 2, 2.0) and seen.box == (0, 0, 6, 2)
    np.testing.assert_array_equal(seen.rgba(), np.full((2, 6, 4), [0.1, 2, -3, 0.5], np.float32))


def test_a_checkerboard_has_its_middle_where_the_lines_cross(engine: Engine) -> None:
    board = 'boxsize 4\n color0 0.1\n color1 0.5\n color2 0.2\n color3 0.6\n centerlinewidth 0\n format "16 16"'
    red = engine.seen(f"CheckerBoard2 {{\n inputs 0\n {board}\n name C\n}}\n").planes["R"]
    assert len(np.unique(red)) == 4 and len(np.unique(red[8:12, 8:12])) == 1
    assert red[8, 8] != red[7, 8] != red[7, 7] != red[8, 7]
    np.testing.assert_array_equal(red[:8], red[8:])


@pytest.mark.parametrize(
    ("knobs", "expected"),
    [
        ("white 2", [0.5, 1.0, 3.0, 0.5]),
        ("white {1 2 3 4}", [0.25, 1.0, 4.5, 0.5]),
        ("add 0.5\n multiply 2", [1.0, 1.5, 3.5, 0.5]),
        ("blackpoint 0.25\n whitepoint 0.75", [0.0, 0.5, 2.5, 0.5]),
        ("black 1\n channels rgba", [1.0, 1.0, 1.0, 1.0]),
        ("gamma 2", [0.5, 0.7071068, 1.2247449, 0.5]),
        ("multiply -1", [0.0, 0.0, 0.0, 0.5]),
        ("multiply -1\n black_clamp false", [-0.25, -0.5, -1.5, 0.5]),
        ("white 2\n white_clamp true\n channels rgba.blue", [0.25, 0.5, 1.0, 0.5]),
        ("white 3\n mix 0.5", [0.5, 1.0, 3.0, 0.5]),
        ("white 3\n disable true", [0.25, 0.5, 1.5, 0.5]),
    ],
)
def test_grade(engine: Engine, knobs: str, expected: list[float]) -> None:
    seen = engine.seen(constant("0.25 0.5 1.5 0.5") + node("Grade", knobs))
    assert pixel(seen) == pytest.approx(expected)


def test_invert(engine: Engine) -> None:
    script = constant("0.25 0.5 1.5 0.5")
    assert pixel(engine.seen(script + node("Invert"))) == [0.75, 0.5, -0.5, 0.5]
    assert pixel(engine.seen(script + node("Invert", "channels alpha\n clamp true"))) == [0.25, 0.5, 1.5, 0.5]
    assert pixel(engine.seen(script + node("Invert", "clamp true"))) == [0.75, 0.5, 0.0, 0.5]


def test_a_mask_limits(engine: Engine) -> None:
    script = constant("0 0 0 0.25", 4, 3) + constant("1 1 1 1", 5, 3)
    seen = engine.seen(script + node("Grade", "multiply 3", "1+1"))
    assert pixel(seen) == pytest.approx([1.5, 1.5, 1.5, 1])
    seen = engine.seen(script + node("Grade", "multiply 3\n invert_mask true", "1+1"))
    assert pixel(seen) == pytest.approx([2.5, 2.5, 2.5, 1])


def test_premult_and_unpremult(engine: Engine) -> None:
    assert pixel(engine.seen(constant("1 2 4 0.5") + node("Premult"))) == [0.5, 1, 2, 0.5]
    assert pixel(engine.seen(constant("1 2 4 0.5") + node("Unpremult"))) == [2, 4, 8, 0.5]
    assert pixel(engine.seen(constant("1 2 4 0") + node("Unpremult"))) == [1, 2, 4, 0]


# Where pictures lie


def test_crop(engine: Engine, tmp_path: Path) -> None:
    source = read(save(tmp_path / "a.exr", ramp(), RGBA))
    seen = engine.seen(source + node("Crop", "box {1 1 3 3}"))
    assert seen.box == (1, 1, 3, 3) and seen.format[:2] == (4, 3)
    np.testing.assert_array_equal(seen.rgba(), ramp()[1:3, 1:3])
    seen = engine.seen(source + node("Crop", "box {1 1 3 3}\n reformat true"))
    assert seen.box == (0, 0, 2, 2) and seen.format[:2] == (2, 2)
    seen = engine.seen(source + node("Crop", "box {-2 -2 9 9}\n intersect true"))
    assert seen.box == (0, 0, 4, 3)


def test_transform_moves_whole_pixels_exactly(engine: Engine, tmp_path: Path) -> None:
    source = read(save(tmp_path / "a.exr", ramp(), RGBA))
    seen = engine.seen(source + node("Transform", "translate {2 -1}"))
    assert seen.box == (2, -1, 6, 2)
    np.testing.assert_array_equal(seen.rgba(), ramp())


def test_transform_filters_between_pixels(engine: Engine, tmp_path: Path) -> None:
    """A quarter of a pixel: the cubic's 2 x^3 - 3 x^2 + 1 is 0.84375 there, and black is outside."""
    source = read(save(tmp_path / "a.exr", np.ones((1, 4, 4), np.float32), RGBA))
    seen = engine.seen(source + node("Transform", "translate {0.25 0}"))
    assert seen.box == (0, 0, 5, 1)
    np.testing.assert_allclose(seen.planes["R"][0], [0.84375, 1, 1, 1, 0.15625], atol=1e-6)


def test_transform_turns_about_its_centre(engine: Engine, tmp_path: Path) -> None:
    picture = np.zeros((4, 4, 4), np.float32)
    picture[0, 3] = 1
    source = read(save(tmp_path / "a.exr", picture, RGBA))
    seen = engine.seen(source + node("Transform", "rotate 90\n center {2 2}"))
    assert np.argwhere(seen.planes["R"] > 0.99).tolist() == [[3, 3]] and seen.box == (0, 0, 4, 4)
    doubled = engine.seen(source + node("Transform", "scale 2\n center {4 0}\n filter impulse"))
    assert doubled.box == (-4, 0, 4, 8)
    assert np.argwhere(doubled.planes["R"]).tolist() == [[0, 6], [0, 7], [1, 6], [1, 7]]


def test_reformat_keeps_circles_round(engine: Engine) -> None:
    """8 x 4 of pixels twice as wide as high become square ones: 16 x 4 of them, as wide as they look."""
    source = constant("1 1 1 1", 8, 4, 2.0)
    seen = engine.seen(source + node("Reformat", 'format "16 16 0 0 16 16 1 "'))
    assert seen.format == (16, 16, 1.0) and seen.box == (0, 6, 16, 10)
    seen = engine.seen(source + node("Reformat", 'format "8 8 0 0 8 8 1 "\n resize fill'))
    assert seen.box == (0, 0, 8, 8)
    seen = engine.seen(source + node("Reformat", 'format "8 8 0 0 8 8 1 "\n resize fill\n pbb true'))
    assert seen.box == (-12, 0, 20, 8)
    assert engine.seen(source + node("Reformat", 'format "8 8 0 0 8 8 1 "\n resize distort')).box == (0, 0, 8, 8)
    half = engine.seen(source + node("Reformat", "type scale\n scale 0.5"))
    assert half.format == (4, 2, 2.0) and half.box == (0, 0, 4, 2)
    box = engine.seen(
        source + node("Reformat", 'type "to box"\n box_width 20\n box_height 6\n box_fixed true\n resize none')
    )
    assert box.format == (20, 6, 1.0) and box.box == (6, 1, 14, 5)


def test_reformat_averages_what_it_makes_smaller(engine: Engine, tmp_path: Path) -> None:
    stripes = np.zeros((4, 16, 4), np.float32)
    stripes[:, ::2] = 1
    source = read(save(tmp_path / "a.exr", stripes, RGBA))
    seen = engine.seen(source + node("Reformat", 'format "4 1 0 0 4 1 1 "'))
    np.testing.assert_allclose(seen.planes["R"][0, 1:3], 0.5, atol=0.02)
    flopped = engine.seen(read(save(tmp_path / "b.exr", ramp(), RGBA)) + node("Reformat", 'flop true\n format "4 3"'))
    np.testing.assert_allclose(flopped.rgba(), ramp()[:, ::-1], atol=1e-6)


def test_a_contact_sheet_fills_its_rows_from_below(engine: Engine) -> None:
    script = "".join(constant(f"{value} {value} {value} 1", 4, 4) for value in (3, 2, 1))
    sheet = node("ContactSheet", "width 20\n height 20\n rows 2\n columns 2", "3")
    seen = engine.seen(script + sheet)
    assert seen.box == (0, 0, 20, 20)
    assert [seen.planes["R"][row, column] for row, column in ((5, 5), (5, 15), (15, 5), (15, 15))] == [1, 2, 3, 0]
    top = engine.seen(script + sheet.replace("rows 2", "rows 2\n roworder TopBottom\n gap 2"))
    assert [top.planes["R"][row, column] for row, column in ((15, 5), (15, 15), (5, 5), (5, 15))] == [1, 2, 3, 0]
    assert top.planes["A"][0].max() == 0 and top.planes["A"][:, 9:11].max() == 0


def test_outside_of_its_box_a_plate_goes_on_and_an_overscanned_one_is_black(engine: Engine, tmp_path: Path) -> None:
    whole = read(save(tmp_path / "a.exr", ramp(), RGBA))
    beyond = node("Crop", "box {-1 0 5 3}")
    assert engine.seen(whole + beyond).planes["R"][0].tolist() == [0, 0, 1, 2, 3, 3]
    assert engine.seen(whole + node("BlackOutside") + beyond).planes["R"][0].tolist() == [0, 0, 1, 2, 3, 0]
    part = read(save(tmp_path / "b.exr", ramp(), RGBA, data=(0, 0), display=(6, 3)))
    assert engine.seen(part + beyond).planes["R"][0].tolist() == [0, 0, 1, 2, 3, 0]
    assert engine.seen(part.replace("raw", "edge_pixels repeat\n raw") + beyond).planes["R"][0, -1] == 3


# Time, groups, expressions


def test_time(engine: Engine) -> None:
    script = 'Constant {\n inputs 0\n channels rgba\n color {{frame} 0 0 1}\n format "4 3"\n name C\n}\n'
    assert pixel(engine.seen(script, 7))[0] == 7
    assert pixel(engine.seen(script + node("FrameHold", "firstFrame 3"), 7))[0] == 3
    assert pixel(engine.seen(script + node("FrameHold", "firstFrame 3\n increment 2"), 8))[0] == 7
    assert pixel(engine.seen(script + node("TimeOffset", "time_offset 5"), 7))[0] == 2


@pytest.mark.parametrize(
    ("which", "frame", "expected"),
    [
        ("1", 1, 1),
        ("9", 1, 2),
        ("{{curve K x1001 1 x1003 0}}", 1002, 1),
        ("{{curve K x1001 1 x1003 0}}", 1003, 0),
        ("{{curve L x1 0 x5 2}}", 3, 1),
        ("{{frame>3?2:0}}", 4, 2),
        ('{{"frame == 4 && 1"}}', 4, 1),
        ("{{min(made4.color.r, 5) + 1}}", 1, 1),
        ("{{parent.first_frame - 10}}", 1, 2),
    ],
)
def test_a_switch_heeds_curves_and_expressions(engine: Engine, which: str, frame: int, expected: int) -> None:
    """Of three inputs; only the chosen one is evaluated: the others are files that are not there."""
    inputs = [constant(f"{value} 0 0 1") if value == expected else read("/nowhere.exr") for value in (2, 1, 0)]
    more = constant("0 0 0 1") if expected else ""
    script = "Root {\n inputs 0\n first_frame 12\n}\n" + more + "".join(inputs)
    assert pixel(engine.seen(script + node("Switch", f"which {which}", "3"), frame))[0] == expected


def test_a_group_is_what_its_output_is(engine: Engine) -> None:
    script = (
        constant("5 0 0 1", 5)
        + constant("1 0 0 1")
        + """Group {
 inputs 2
 name Restyle1
 addUserKnob {20 replate l Replate}
 addUserKnob {7 gain l gain}
 gain {{curve L x1 1 x11 3}}
 addUserKnob {4 model l model M {small large}}
 model large
}
 Input {
  inputs 0
  name plate
 }
set plate [stack 0]
 Write {
  file "NAME"
  raw true
  channels all
  create_directories true
  name send_plate
 }
push $plate
 Grade {
  multiply {{parent.gain*(parent.model==1?1:100)}}
  name Grade1
 }
 Output {
  name Output1
 }
 Input {
  inputs 0
  number 1
  name matte
 }
end_group
"""
    )
    assert pixel(engine.seen(script, 6))[0] == 2
    value = engine.ask(script, "Restyle1.Grade1", 11, what="sample", channel="rgba.red", x=1.5, y=1.5)["value"]
    assert value == 3
    assert engine.ask(script, "Restyle1.matte", 1, what="info")["format"][:4] == [0, 0, 5, 3]


def test_a_write_in_a_group_can_be_rendered(engine: Engine, tmp_path: Path) -> None:
    file = (tmp_path / "new" / "plate.%04d.exr").as_posix()
    script = (
        constant("0.5 0 0 1")
        + "Group {\n name G\n}\n Input {\n  inputs 0\n  name plate\n }\n"
        + f' Write {{\n  file "{file}"\n  raw true\n  create_directories true\n  name send\n }}\nend_group\n'
    )
    engine.ask(script, "G.send", 1001)
    written = opened(tmp_path / "new" / "plate.1001.exr")
    assert set(written.planes) == set("RGB") and written.planes["R"].max() == 0.5


def test_views(engine: Engine, tmp_path: Path) -> None:
    for view, value in (("left", 1), ("right", 2)):
        save(tmp_path / view / f"p.{view}.0007.exr", np.full((2, 2, 4), value, np.float32), RGBA)
    script = read(tmp_path / "%V" / "p.%V.####.exr", "first 7\n last 7")
    assert [pixel(engine.seen(script, 7, view))[0] for view in ("left", "right")] == [1, 2]
    assert pixel(engine.seen(script + node("OneView", "view right"), 7, "left"))[0] == 2
    joined = 'Root {\n inputs 0\n views "left #ff0000\nright #00ff00"\n}\n' + constant("4 0 0 1") + constant("3 0 0 1")
    join = node("JoinViews", "", "2")
    assert [pixel(engine.seen(joined + join, 1, view))[0] for view in ("left", "right")] == [3, 4]


# What is asked and answered


def test_info_and_samples(engine: Engine, tmp_path: Path) -> None:
    script = read(save(tmp_path / "a.exr", ramp(6, 5), RGBA, data=(-1, -2), display=(4, 3), owner="me"))
    told = engine.ask(script, "read", what="info")
    assert told["format"][:5] == [0, 0, 4, 3, 1.0] and told["bbox"] == [-1, 0, 5, 5]
    assert told["channels"] == ["rgba.red", "rgba.green", "rgba.blue", "rgba.alpha"]
    at = engine.ask(script, "read", what="sample", channel="red", x=0.5, y=0.5)["value"]
    assert at == 1
    mean = engine.ask(script, "read", what="sample", channel="rgba.red", x=1, y=1, dx=2, dy=2)["value"]
    assert mean == pytest.approx(np.mean(ramp(6, 5)[0:2, 1:3, 0]))


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("Vectorfield {\n inputs 0\n name V\n}\n", "does not evaluate nodes of this class"),
        (constant("1 1 1 1") + node("Grade", "unknown 3"), "sets unknown"),
        (constant("1 1 1 1") + node("Merge2", "operation color-burn"), "does not merge by color-burn"),
        (constant("{nothing.x} 0 0 1"), "nothing.x names nothing"),
        (constant("{frame+} 0 0 1"), "more than the stand-in evaluates"),
        (constant("1 1 1 1") + node("Reformat", 'format "8 8"\n filter Lanczos4'), "no filter Lanczos4"),
        ('Read {\n inputs 0\n file "\\[exec ls]/a.exr"\n name R\n}\n', "more Tcl than"),
        ("Grade {", "no Tcl"),
    ],
)
def test_what_it_does_not_know_is_refused_in_a_sentence(engine: Engine, script: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence.replace("(", r"\(")):
        engine.seen(script)
    # And it goes on.
    assert pixel(engine.seen(constant("1 0 0 1"))) == [1, 0, 0, 1]


def test_a_png_is_decoded_unless_it_is_raw(engine: Engine, tmp_path: Path) -> None:
    picture = oiio.ImageBuf(oiio.ImageSpec(2, 2, 3, oiio.UINT8))
    picture.set_pixels(oiio.ROI(), np.full((2, 2, 3), 128 / 255, np.float32))
    assert picture.write(str(tmp_path / "a.png"))
    told = f'Read {{\n inputs 0\n file "{(tmp_path / "a.png").as_posix()}"\n name R\n}}\n'
    assert engine.seen(told).planes["R"][0, 0] == pytest.approx(0.21586, abs=1e-5)
    assert engine.seen(told.replace("name R", "raw true\n name R")).planes["R"][0, 0] == pytest.approx(128 / 255)
    with pytest.raises(Refused, match="does not convert"):
        engine.seen(told.replace("name R", "colorspace Cineon\n name R"))
