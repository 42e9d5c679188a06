"""Nodes in Nuke: built from a server's catalog, kept by the script, and harmless where something is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest

from in_nuke import ROOT, Nuke
from replate.frame import DATA, Box, Frame, FrameSpec, PixelType
from replate.media import write_frame
from serving import serving


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server.address


@pytest.fixture(scope="module")
def nuke(address: str, tmp_path_factory: pytest.TempPathFactory) -> Nuke:
    """An artist's, whose cache has the catalog from the first test on."""
    return Nuke(tmp_path_factory.mktemp("home"), address)


def passes(nuke: Nuke, name: str, *arguments: object, gui: bool = False) -> str:
    """What a scenario printed; the test fails with all of it if the scenario did."""
    done = nuke.scenario(name, *arguments, gui=gui)
    assert done.code == 0, f"{name}: {done.said[-6000:]}"
    return done.said


def test_a_node_of_each_operation_keeps_its_knobs_in_a_script_that_opens_without_the_plugin(
    nuke: Nuke, tmp_path: Path
) -> None:
    script, record = tmp_path / "nodes.nk", tmp_path / "set.json"
    passes(nuke, "nodes_made", script, record)
    passes(replace(nuke, more={"NUKE_PATH": ""}), "nodes_reopened", script, record)


def test_models_catalogs_and_settings_change_and_keep_what_the_artist_set(nuke: Nuke, tmp_path: Path) -> None:
    passes(nuke, "nodes_changed", tmp_path)


def test_presets_fill_the_knobs_and_the_menu_says_where_these_stand(nuke: Nuke, tmp_path: Path) -> None:
    passes(nuke, "nodes_preset", tmp_path / "preset.nk")


@pytest.mark.parametrize("version", ["3.9", "3.10"])
def test_they_run_in_the_pythons_of_nuke(version: str, nuke: Nuke, tmp_path: Path) -> None:
    older = nuke.older(version)
    passes(older, "nodes_made", tmp_path / "nodes.nk", tmp_path / "set.json")
    passes(older, "nodes_changed", tmp_path)


def test_points_and_boxes_are_told_as_the_wire_has_them(nuke: Nuke, tmp_path: Path) -> None:
    passes(nuke, "nodes_pointed", tmp_path / "points.nk")


def test_a_studios_defaults_change_nothing_of_a_node(nuke: Nuke) -> None:
    passes(nuke, "nodes_of_a_studio")


def test_versions_are_looked_at_frame_by_frame_and_layer_by_layer(nuke: Nuke, tmp_path: Path) -> None:
    folder = tmp_path / "results [wip]"
    folder.mkdir()
    for stem, frames in (("matte1", (1001, 1003)), ("matte2", (1001,))):
        for number in frames:
            write_frame(folder / f"{stem}.{number}.exr", flat(number, **{"dog.A": 0.5, "subject.A": 0.5}))
    said = passes(nuke, "nodes_looked_at", folder.as_posix(), tmp_path / "versions.nk")
    assert folder.as_posix() in said


def test_results_are_joined_to_the_stream_and_render_without_the_plugin(nuke: Nuke, tmp_path: Path) -> None:
    for number in (1001, 1002):
        write_frame(tmp_path / f"plate.{number}.exr", flat(number, R=2.0, G=-0.25, B=0.5, A=0.75))
    write_frame(tmp_path / "restyle_plate.1001.exr", flat(1001, R=0.1, G=0.2, B=7.0, A=0.75))
    write_frame(tmp_path / "inpaint_plate.1001.exr", flat(1001, R=0.5, G=0.5, B=1.5))
    write_frame(tmp_path / "depth_depth.1001.exr", flat(1001, **{"depth.Z": 0.125}))
    write_frame(tmp_path / "segment_matte.1001.exr", flat(1001, **{"dog.A": 0.25, "subject.A": 1.0}))
    motion = {"forward.u": 1.5, "forward.v": 2.5, "backward.u": -3.0, "backward.v": -4.0}
    write_frame(tmp_path / "flow_motion.1001.exr", flat(1001, **motion))
    write_frame(
        tmp_path / "flow_occlusion.1001.exr", flat(1001, **{"occluded_forward.A": 1.0, "occluded_backward.A": 0.5})
    )
    for number in (1, 2):
        write_frame(tmp_path / f"try{number}.1001.exr", flat(1001, R=number, G=0.0, B=0.5, A=1.0))
    passes(nuke, "nodes_joined", tmp_path.as_posix())
    done = replace(nuke, more={"NUKE_PATH": ""}).run("-x", "-F", "1001-1002", tmp_path / "joined.nk")
    assert done.code == 0, done.said

    own = {"R": 2.0, "G": -0.25, "B": 0.5, "A": 0.75}
    assert shown(tmp_path / "out_restyle.1001.exr") == {"R": 0.1, "G": 0.2, "B": 7.0, "A": 0.75}
    assert shown(tmp_path / "out_inpaint.1001.exr") == {"R": 0.5, "G": 0.5, "B": 1.5, "A": 0.75}
    assert shown(tmp_path / "out_depth.1001.exr") == {**own, "depth.Z": 0.125}
    # The first object's matte is the stream's alpha as well.
    mattes = {"dog.alpha": 0.25, "subject.alpha": 1.0}
    assert shown(tmp_path / "out_segment.1001.exr") == {**own, "A": 0.25, **mattes}
    # Nuke's y goes up.
    upwards = {"forward.u": 1.5, "forward.v": -2.5, "backward.u": -3.0, "backward.v": 4.0}
    occluded = {"occluded_forward.alpha": 1.0, "occluded_backward.alpha": 0.5}
    assert shown(tmp_path / "out_flow.1001.exr") == {**own, **upwards, **occluded}
    assert shown(tmp_path / "sent.1001.exr") == {**own, **motion, **occluded}
    sheet = oiio.ImageBuf(str(tmp_path / "sheet.1002.exr")).get_pixels(oiio.FLOAT)
    assert sheet.shape[:2] == (24, 32)
    # Left to right, then down, whatever frame is looked at; black where a variation is not there yet.
    assert [sheet[y, x, 0] for y, x in ((6, 8), (6, 24), (18, 8), (18, 24))] == [1, 2, 0, 0]
    # Where there is no result, the plate goes through as it is, whatever was asked for there.
    for operation in ("restyle", "inpaint", "depth", "segment", "flow"):
        assert shown(tmp_path / f"out_{operation}.1002.exr") == own


def test_the_menu_and_the_panel_at_the_keyboard(nuke: Nuke, tmp_path: Path) -> None:
    # Nothing is known of the server yet.
    passes(replace(nuke, home=tmp_path), "nodes_in_gui", gui=True)


def test_without_agent_or_server_there_is_one_sentence(tmp_path: Path) -> None:
    unreachable = Nuke(tmp_path, "127.0.0.1:9")
    missing = replace(unreachable, more={"REPLATE_AGENT": str(tmp_path / "nowhere" / "python")})
    for nuke in (missing, unreachable):
        said = passes(nuke, "nodes_refused")
        # A real Nuke says more.
        told = [line for line in said.splitlines() if line.startswith("Replate: ")]
        assert len(told) == 1 and told[0].endswith(".") and "Traceback" not in said, said


@pytest.mark.parametrize("broken", ["replate_host is missing", "a file of it is damaged"])
@pytest.mark.parametrize("gui", [False, True])
def test_a_broken_install_never_stops_nuke(broken: str, gui: bool, tmp_path: Path) -> None:
    plugin = tmp_path / "plugin"
    shutil.copytree(ROOT / "nuke_plugin", plugin)
    if broken.startswith("a file"):
        shutil.copytree(ROOT / "client" / "replate_host", plugin / "replate_host")
        (plugin / "replate_nuke" / "nodes" / "node.py").write_text("this is no Python")
    said = passes(Nuke(tmp_path / "home", more={"NUKE_PATH": str(plugin)}), "nodes_broken", gui=gui)
    told = [line for line in said.splitlines() if "Replate did not start" in line]
    assert "Nuke runs" in said and told and all("replate install nuke" in line for line in told), said
    assert "Traceback" not in said


def flat(number: int, **channels: float) -> Frame:
    """A frame of one value a channel."""
    window = Box(0, 0, 16, 12)
    spec = FrameSpec(number, window, window, tuple(channels), PixelType.FLOAT, DATA)
    return Frame(spec, np.broadcast_to(np.float32(list(channels.values())), (12, 16, len(channels))).copy())


def shown(file: Path) -> dict[str, float]:
    """The value of each channel of a file; fails where one has several."""
    picture = oiio.ImageBuf(str(file))
    assert not picture.has_error, picture.geterror()
    pixels = picture.get_pixels(oiio.FLOAT).reshape(-1, picture.nchannels)
    assert (pixels == pixels[0]).all()
    return {name: round(float(value), 6) for name, value in zip(picture.spec().channelnames, pixels[0], strict=True)}
