"""The engine of Nuke's stand-in: nodes of two pictures, and of channels, against numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nuke_engine import RGBA, Engine, constant, node, pixel, ramp, read, save


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("over", [0.2 + 0.4 * 0.5, 0.5 + 0.8 * 0.5]),
        ("under", [0.2 * 0.2 + 0.4, 0.5 * 0.2 + 0.8]),
        ("copy", [0.2, 0.5]),
        ("plus", [0.6, 1.3]),
        ("minus", [-0.2, -0.3]),
        ("from", [0.2, 0.3]),
        ("multiply", [0.08, 0.4]),
        ("mask", [0.2, 0.4]),
        ("stencil", [0.2, 0.4]),
        ("in", [0.16, 0.4]),
        ("out", [0.04, 0.1]),
        ("max", [0.4, 0.8]),
        ("min", [0.2, 0.5]),
        ("screen", [0.52, 0.9]),
        ("atop", [0.2 * 0.8 + 0.4 * 0.5, 0.5 * 0.8 + 0.8 * 0.5]),
        ("difference", [0.2, 0.3]),
    ],
)
def test_merge(engine: Engine, operation: str, expected: list[float]) -> None:
    """The first input, on top of the stack, is B."""
    script = constant("0.2 0.2 0.2 0.5") + constant("0.4 0.4 0.4 0.8") + node("Merge2", f"operation {operation}", "2")
    seen = engine.seen(script)
    assert [pixel(seen)[0], pixel(seen)[3]] == pytest.approx(expected)


def test_a_merge_keeps_both_boxes_and_bs_format(engine: Engine, tmp_path: Path) -> None:
    wide = save(tmp_path / "a.exr", ramp(6, 5), RGBA, data=(-1, -1), display=(4, 3))
    script = read(wide) + constant("1 1 1 1", 4, 3) + node("Merge2", "", "2")
    seen = engine.seen(script)
    assert seen.box == (-1, -1, 5, 4) and seen.format[:2] == (4, 3)
    expected = ramp(6, 5)
    expected[1:4, 1:5] += 0.5
    np.testing.assert_allclose(seen.rgba(), expected)
    for bbox, box in (("A", (-1, -1, 5, 4)), ("B", (0, 0, 4, 3)), ("intersection", (0, 0, 4, 3))):
        assert engine.seen(script.replace("Merge2 {", f"Merge2 {{\n bbox {bbox}")).box == box


def test_also_merge_takes_other_layers_along(engine: Engine) -> None:
    depth = "AddChannels {\n channels depth\n color 0.5\n name D\n}\n"
    script = (
        constant("0 0 0 0") + depth + constant("1 1 1 1") + node("Merge2", "operation plus\n also_merge depth", "2")
    )
    seen = engine.seen(script)
    assert float(seen.planes["depth.Z"][0, 0]) == 0.5 and pixel(seen) == [1, 1, 1, 1]


def test_a_masked_merge(engine: Engine) -> None:
    mask = constant("0 0 0 0.25", 5)
    script = mask + constant("1 1 1 1") + constant("0 0 0 0", 6, 3) + node("Merge2", "", "2+1")
    assert pixel(engine.seen(script)) == [0.25, 0.25, 0.25, 0.25]


def test_copy_brings_channels_of_the_second_input(engine: Engine) -> None:
    front = constant("1 2 3 4") + "AddChannels {\n channels depth\n color 7\n name D\n}\n"
    back = constant("0.1 0.2 0.3 0.5", 5)
    seen = engine.seen(front + back + node("Copy", "", "2"))
    assert pixel(seen) == [0.1, 0.2, 0.3, 4] and "depth.Z" not in seen.planes
    seen = engine.seen(
        front + back + node("Copy", "from0 rgba.red\n to0 rgba.green\n from1 depth.Z\n to1 depth.Z", "2")
    )
    assert pixel(seen) == [0.1, 1, 0.3, 0.5] and seen.planes["depth.Z"][0, 0] == 7
    seen = engine.seen(front + back + node("Copy", "from0 none\n to0 none\n channels depth", "2"))
    assert pixel(seen) == [0.1, 0.2, 0.3, 0.5] and seen.planes["depth.Z"][0, 0] == 7
    # The other format's pixels that A lacks are black.
    assert seen.planes["depth.Z"].shape == (3, 5) and seen.planes["depth.Z"][0, 4] == 0


def test_shuffle(engine: Engine) -> None:
    mappings = (
        "4 rgba.alpha 0 3 rgba.red 0 0 white -1 -1 rgba.green 0 1 black -1 -1 rgba.blue 0 2 rgba.red 0 0 rgba.alpha 0 3"
    )
    seen = engine.seen(constant("1 2 3 4") + node("Shuffle2", f'fromInput1 {{{{0}} B}}\n mappings "{mappings}"'))
    assert pixel(seen) == [4, 1, 0, 1]
    to_depth = 'in1 rgba\n out1 depth\n mappings "1 rgba.blue 0 2 depth.Z 0 0"'
    seen = engine.seen(constant("1 2 3 4") + node("Shuffle2", to_depth))
    assert pixel(seen) == [1, 2, 3, 4] and seen.planes["depth.Z"][0, 0] == 3
    from_a = 'fromInput2 {{1} A}\n in2 rgba\n mappings "1 rgba.green 1 1 rgba.alpha 0 3"'
    seen = engine.seen(constant("5 6 7 8") + constant("1 2 3 4") + node("Shuffle2", from_a, "2"))
    # Of an output layer nothing goes to the others.
    assert pixel(seen) == [0, 0, 0, 6]


def test_channels_are_added_and_removed(engine: Engine) -> None:
    layer = "add_layer {pole pole.red pole.alpha}\n"
    script = layer + constant("1 2 3 4") + "AddChannels {\n channels pole\n channels2 forward\n color 9\n name A\n}\n"
    seen = engine.seen(script)
    assert set(seen.planes) == {*"RGBA", "pole.red", "pole.alpha", "forward.u", "forward.v"}
    assert set(engine.seen(script + node("Remove", "channels rgba")).planes) == set(seen.planes) - set("RGBA")
    kept = engine.seen(script + node("Remove", "operation keep\n channels {rgba.red -rgba.green pole}"))
    assert set(kept.planes) == {"R", "pole.red", "pole.alpha"}
