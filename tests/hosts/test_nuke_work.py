"""What a node does in Nuke: it sends what feeds it, once; shows what comes back; and renders without an artist."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from in_nuke import Nuke
from nuke_plates import read, write_plate
from serving import Server, Studio, serving, until

FRAMES = (1001, 1002, 1003)


@pytest.fixture
def nuke(tmp_path: Path, server: Server) -> Nuke:
    return Nuke(tmp_path / "home", server.address)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """Three frames as bad as plates get: HDR, negatives, alpha, overscan, anamorphic, timecode."""
    pattern = tmp_path / "plates" / "plate.%04d.exr"
    write_plate(pattern, FRAMES)
    return pattern


def found(nuke: Nuke, scenario: str, tmp_path: Path, *arguments: object, gui: bool = False) -> dict[str, Any]:
    """What a scenario reports."""
    out = tmp_path / f"{scenario}.json"
    done = nuke.scenario(scenario, out, *arguments, gui=gui)
    assert done.code == 0, done.said
    assert out.is_file(), done.said
    report: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return report


def test_digests_change_with_pixels_and_with_nothing_else(nuke: Nuke, plate: Path, tmp_path: Path) -> None:
    said = found(nuke, "work_digest", tmp_path, plate, tmp_path)
    digests = {name: each[0] for name, each in said.items()}
    assert digests["as it was made"] == digests["looks"]
    rising = [
        "looks",
        "expression",
        "expression on another node",
        "the other node's knob",
        "animation",
        "format",
        "working space",
        "held",
        "group",
        "inside the group",
    ]
    assert len({digests[name] for name in rising}) == len(rising)
    assert said["animation"] == said["saved and opened"]
    assert said["inside the group"] == said["looks inside the group"]
    before, after = said["saved and opened"], said["a file"]
    assert before[0] == after[0], "files have no part in the graph's digest"
    assert before[1] == after[1], "the frame whose file was not touched is the same"
    assert before[2] != after[2]
    assert said["held"][1] != said["another file, held"][1], "behind a FrameHold any file may be what is seen"


def test_identity_gives_the_plate_back(nuke: Nuke, plate: Path, tmp_path: Path) -> None:
    result = tmp_path / "results" / "final.%04d.exr"
    said = found(nuke, "work_identity", tmp_path, plate, result)
    assert said["first"]["rendered"] == 3, said
    assert said["there"] == list(FRAMES), said
    for name in ("again", "looks changed", "in proxy"):
        assert said[name] == {
            "rendered": 0,
            "said": "3 frames there already, nothing has changed",
            "versions": 1,
        }
    assert said["proxy is on still"]
    seeded = said["another seed"]
    assert (seeded["rendered"], seeded["bytes"], seeded["state"]) == (0, 0, "done"), "the server has the frames"
    assert said["graded"]["rendered"] == 3 and said["graded"]["versions"] == 3
    for frame in FRAMES:
        (before, pixels), (after, rendered) = read(str(plate) % frame), read(str(result) % frame)
        assert np.array_equal(pixels, rendered)
        assert (after.x, after.y, after.full_width, after.full_height) == (-3, -2, 20, 12)
        assert after.getattribute("PixelAspectRatio") == before.getattribute("PixelAspectRatio")
        assert after.getattribute("smpte:TimeCode") == before.getattribute("smpte:TimeCode")


def test_a_plate_comes_out_larger_and_so_does_the_format(nuke: Nuke, plate: Path, tmp_path: Path) -> None:
    result = tmp_path / "results" / "final.%04d.exr"
    said = found(nuke, "work_upscaled", tmp_path, plate, result)
    assert said["there"] == [1002], said
    assert said["sent"] == list(FRAMES), "the frames around are looked at, too"
    (before, pixels), (after, rendered) = read(str(plate) % 1002), read(str(result) % 1002)
    assert rendered.shape == (3 * pixels.shape[0], 3 * pixels.shape[1], pixels.shape[2])
    assert (after.x, after.y, after.full_width, after.full_height) == (-9, -6, 60, 36)
    assert after.getattribute("PixelAspectRatio") == before.getattribute("PixelAspectRatio")
    assert after.getattribute("smpte:TimeCode") == before.getattribute("smpte:TimeCode")


def test_a_script_renders_without_an_artist(nuke: Nuke, server: Server, plate: Path, tmp_path: Path) -> None:
    result, script = tmp_path / "final" / "final.%04d.exr", tmp_path / "shot [wip]" / "shot.nk"
    script.parent.mkdir()
    made = found(nuke, "work_made", tmp_path, plate, result, script)
    assert (made["state"], made["there"]) == ("done", [1001, 1002]), made
    assert json.loads(made["recipe"])["model"] == "restyle/invert"
    assert made["pattern"].startswith(f"{script.parent.as_posix()}/replate/results/")

    alone = Nuke(nuke.home, "127.0.0.1:1", more={"REPLATE_AGENT": str(tmp_path / "nowhere" / "python")})
    done = alone.run("-x", "-F", "1001-1002", script)
    assert done.code == 0, f"what is there needs neither server nor agent: {done.said}"
    first, second = (read(str(result) % frame)[1] for frame in (1001, 1002))
    assert not np.array_equal(first, read(str(plate) % 1001)[1])

    done = alone.run("-x", "-F", "1003-1003", script)
    assert done.code != 0
    assert "Restyle1 has no result at frame 1003: " in done.said and "nowhere" in done.said, done.said
    assert not Path(str(result) % 1003).exists(), "no plate passes for a result"

    Path(made["pattern"].replace("####", "1001")).unlink()
    done = nuke.run("-X", "Deliver.Final", "-F", "1001-1003", script)
    assert done.code == 0, done.said
    assert np.array_equal(read(str(result) % 1001)[1], first), "had from the server by the job's id"
    assert np.array_equal(read(str(result) % 1002)[1], second)
    assert not np.array_equal(read(str(result) % 1003)[1], read(str(plate) % 1003)[1]), "processed then and there"


def test_frames_of_a_result_are_keyframes_of_the_next(nuke: Nuke, plate: Path, tmp_path: Path) -> None:
    result = tmp_path / "results" / "final.%04d.exr"
    said = found(nuke, "work_keyed", tmp_path, plate, result, tmp_path / "shot.nk")
    assert (said["model"], said["state"], said["there"]) == ("restyle/keyframes", "done", list(FRAMES)), said
    assert said["rendered"] == [["send_keyframes", 1001], ["send_keyframes", 1003]]
    inputs = json.loads(said["recipe"])["inputs"]
    assert [inputs["keyframes"][each] for each in ("first", "last", "count")] == [1001, 1003, 2]
    for frame in (1001, 1003):
        chosen, carried = (
            read(path)[1] for path in (said["keyframes"].replace("####", str(frame)), str(result) % frame)
        )
        # The plate has overscan, of 3 columns and 2 rows on each side.
        assert np.array_equal(chosen[2:-2, 3:-3], carried[2:-2, 3:-3])


def test_two_at_once_and_one_cancelled(nuke: Nuke, server: Server, studio: Studio, plate: Path, tmp_path: Path) -> None:
    gate = studio.gate("held", allowed=1)
    studio.gate("free").open()
    try:
        said = found(nuke, "work_cancelled", tmp_path, plate, gui=True)
    finally:
        gate.open()
    assert "cancel it first" in said["refused"], said
    assert said["cancelled"].startswith("Cancelled"), said
    assert [len(frames) for frames in said["there"]] == [1, 2], said
    assert said["states"] == ["cancelled", "done"], said
    with server.connect() as client:
        until(lambda: client.job(said["job"]).state.ended, "the server knows of it")
        assert client.job(said["job"]).state.value == "cancelled"


def test_a_server_that_goes_and_comes_back(tmp_path: Path, studio: Studio, plate: Path) -> None:
    gate, first, away = studio.gate("gone", allowed=1), tmp_path / "first", tmp_path / "away"
    with serving(tmp_path / "server", settings=studio.settings) as server:
        nuke = Nuke(tmp_path / "home", server.address)
        artist = ThreadPoolExecutor(1).submit(found, nuke, "work_gone", tmp_path, plate, first, away, gui=True)
        until(lambda: first.exists() or artist.done(), "the first frame is there")
        server.kill()
        until(lambda: away.exists() or artist.done(), "the node says that the server is away")
        gate.open()
        server.start()
        said = artist.result()
    assert said["there"] == [1001, 1002], said
    assert said["said"] == "2 frames done", said


def test_a_job_is_taken_up_by_a_script_that_is_opened_again(
    nuke: Nuke, studio: Studio, plate: Path, tmp_path: Path
) -> None:
    gate, script = studio.gate("left", allowed=1), tmp_path / "shot.nk"
    try:
        left = found(nuke, "work_left", tmp_path, plate, script, gui=True)
    finally:
        gate.open()
    assert left["job"] and left["state"] == "running", left
    said = found(nuke, "work_resumed", tmp_path, script, gui=True)
    # Which frame is first is for their inputs' way to the server to say.
    assert len(left["there"]) == 1 and said["before"] == left["there"]
    assert (said["there"], said["job"], said["rendered"]) == ([1001, 1002], left["job"], []), said


def test_what_would_be_sent(nuke: Nuke, plate: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "config.ocio").write_text(CONFIG)
    said = found(nuke, "work_plans", tmp_path, plate, folder)
    assert said["flow"] == ["1001-1003", "1001-1003", "1002-1003"]
    assert said["no style"] == "Connect the input Style."
    assert said["restyle"] == {
        "plate": ["1001-1003", ["R", "G", "B", "A"]],
        "style": ["1001-1001", ["R", "G", "B", "A"]],
    }
    motion = ["backward.u", "backward.v", "forward.u", "forward.v"]
    assert said["guided"] == {"plate": ["1002-1002", ["R", "G", "B", "A"]], "motion": ["1002-1002", motion]}
    keyed = said["keyed"]
    assert keyed["sparse"] == keyed["painted"] == ["1001-1003", "1001-1001,1003-1003"]
    assert keyed["named"] == keyed["still"] == ["1002-1003", "1003-1003"], "those beyond the plate are none"
    assert keyed["joined"] == ["1002-1003", "1002-1003"]
    assert keyed["all"].startswith(
        "Every frame of the plate would be a keyframe: name those that are in 'Keyframes on'"
    )
    assert keyed["nobody says"].startswith("No frame of the plate would be a keyframe: name those")
    assert keyed["nobody says, and named"] == ["1002-1002", "1002-1002"]
    assert said["part of it"] == ["1002-1003", "1001-1001"], "the same style, whatever part is asked for"
    assert said["no alpha"] == ["R", "G", "B"]
    assert said["range"] == "The range 1001-1000 ends before it begins; turn it around."
    assert said["unprocessed"].startswith("Restyle1, which feeds the plate, has no result at frame 1001: process it")
    assert said["disabled"] == "1001-1003"
    assert (said["objects"]["channels"], said["objects"]["colour_space"]) == (["dog.A"], "data")
    assert said["linked"] == {"job": "0123456789abcdef", "output": "depth"}
    assert "Depth1, which feeds the depth, has no result at frame 1004" in said["linked, beyond"]
    assert said["command lines"] == [
        None,
        [[], []],
        [[], [[1001, 1002, 1003], [7]]],
        [["A", "B"], [[1, 5, 9]]],
        [[], [[1001, 1002]]],
    ]
    assert list(said["spaces"].values()) == [
        "Linear Rec.709 (sRGB)",
        "Linear Rec.709 (sRGB)",
        "ACES - ACEScg",
        "ACEScg",
        "Show Linear",
        "Show Linear",
    ]


def test_views_come_back_each_its_own(nuke: Nuke, tmp_path: Path) -> None:
    plate, result = tmp_path / "plates" / "shot.%V.%04d.exr", tmp_path / "final" / "shot.%V.%04d.exr"
    for seed, view in enumerate(("main", "right")):
        write_plate(of_view(plate, view), (1001, 1002), size=(20 + 2 * seed, 12))
    said = found(nuke, "work_stereo", tmp_path, plate, result)
    assert said["views"] == ["main", "right"]
    assert (said["state"], said["there"], len(set(said["jobs"]))) == ("done", [1001, 1002], 2), said
    assert said["pattern"].endswith("/plate.%V.####.exr")
    for view in ("main", "right"):
        for frame in (1001, 1002):
            before, after = read(str(of_view(plate, view)) % frame), read(str(of_view(result, view)) % frame)
            assert np.array_equal(before[1], after[1])


def of_view(pattern: Path, view: str) -> Path:
    return Path(str(pattern).replace("%V", view))


def test_seeds_side_by_side_and_two_ways_to_cancel(
    nuke: Nuke, server: Server, studio: Studio, plate: Path, tmp_path: Path
) -> None:
    studio.gate("varied").open()
    gates = [studio.gate(name, allowed=1) for name in ("barred", "deleted")]
    try:
        said = found(nuke, "work_varied", tmp_path, plate, gui=True)
    finally:
        for gate in gates:
            gate.open()
    assert sorted(said["varied"]) == [[0, 0.5, 1002, 1002], [3, 1.0, 1002, 1002]], said
    assert not said["shown"] and said["sheet"], said
    assert said["barred"].startswith("Cancelled"), said
    with server.connect() as client:
        until(lambda: client.job(said["job"]).state.ended, "the server knows that the node was deleted")
        assert client.job(said["job"]).state.value == "cancelled"


CONFIG = """\
ocio_profile_version: 2
roles:
  color_picking: sRGB
  scene_linear: Show Linear
displays: {}
colorspaces:
  - !<ColorSpace>
    name: Show Linear
"""
