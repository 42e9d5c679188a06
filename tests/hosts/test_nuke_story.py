"""An artist's day with Replate in Nuke, from `replate install nuke` to the frames that the farm writes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest
from numpy.typing import NDArray

from in_nuke import ROOT, Nuke
from nuke_plates import read, write_plate
from serving import Server, Studio, serving, until

FRAMES = range(1001, 1007)
MADE = range(1001, 1005)
"""Those that the artist had processed."""
SIZE = (160, 96)
OVERSCAN = (8, 4)
"""Pixels on each side beyond the format."""
STYLE = ROOT / "client" / "replate" / "demo" / "style.jpg"
SECONDS = 240.0
"""For each part of the day; on an idle machine it takes ten in all."""
CONFIGURED = {"NUKE_PATH": "", "REPLATE_AGENT": ""}
"""What an artist has who sets nothing: the installed plugin finds its agent itself."""


@dataclass(frozen=True)
class Day:
    """What the artist left in the evening."""

    nuke: Nuke
    """The artist's; others have the same home and so the same installation."""
    server: Server
    plate: Path
    folder: Path
    """The script's, with its results."""
    said: dict[str, Any]

    def moved(self, folder: Path) -> Path:
        """The script as on a machine that has nothing but the plates; what it writes goes to `folder`/final."""
        text = (self.folder / "shot.nk").read_text("utf-8").replace(self.folder.as_posix(), folder.as_posix())
        script = folder / "shot.nk"
        script.write_text(text, "utf-8")
        return script

    def jobs(self) -> int:
        """How many the server was ever asked for."""
        with self.server.connect() as client:
            return len(client.jobs())


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio.install(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, studio: Studio, weights_dir: Path) -> Iterator[Server]:
    settings = {**studio.settings, "REPLATE_WEIGHTS__FOLDER": str(weights_dir)}
    with serving(tmp_path_factory.mktemp("server"), settings=settings) as server:
        yield server


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, server: Server, studio: Studio) -> Day:
    home, shot, signs = (tmp_path_factory.mktemp(name) for name in ("home", "shot", "signs"))
    plate, style = (tmp_path_factory.mktemp("plates") / name for name in ("plate.%04d.exr", "style.exr"))
    out = shot / "said.json"
    write_plate(plate, FRAMES, SIZE, OVERSCAN, pixel_aspect=1.0)
    painting(style)
    nuke = installed(home, server)
    gate = studio.gate("day", allowed=1)
    arguments = (out, plate, style, shot / "final" / "final.%04d.exr", shot / "shot.nk", gate.name, signs)
    artist = ThreadPoolExecutor(1).submit(nuke.scenario, "story_day", *arguments, gui=True)

    def reached(sign: str) -> None:
        until(lambda: (signs / sign).exists() or artist.done(), f"the day is as far as '{sign}'", SECONDS)

    reached("cancelled")
    # The first frame once more, and the second.
    gate.allow(gate.finished + 2)
    reached("second")
    server.kill()
    reached("away")
    gate.open()
    server.start()
    done = artist.result()
    assert done.code == 0 and out.is_file(), done.said
    return Day(nuke, server, plate, shot, json.loads(out.read_text("utf-8")))


def installed(home: Path, server: Server) -> Nuke:
    """`replate install nuke`, as an artist does it who sets nothing else."""
    command = [sys.executable, "-c", "from replate.cli import main; main()", "install", "nuke", "--path"]
    (home / ".nuke").mkdir()
    subprocess.run([*command, str(home / ".nuke")], check=True, capture_output=True, timeout=60)
    return Nuke(home, server.address, more=CONFIGURED, seconds=4 * SECONDS)


def painting(file: Path) -> None:
    """The demonstration's style, small, its values linear."""
    small = oiio.ImageBufAlgo.resize(oiio.ImageBuf(str(STYLE)), roi=oiio.ROI(0, 96, 0, 64, 0, 1, 0, 3))
    assert oiio.ImageBufAlgo.colorconvert(small, "srgb_tx", "lin_srgb").write(str(file))


def test_what_the_artist_saw(day: Day) -> None:
    said, four = day.said, list(MADE)
    # The plate and the matte of each frame are rendered once, and the style.
    assert said["preview"] == [[1003], 3]
    once = 3 + 2 * 3
    text, came, rendered = said["cancelled"]
    assert (text, len(came), rendered) == ("Cancelled; frames that came stay.", 1, once)
    assert said["done"] == ["4 frames done", four, once]
    assert said["strength"] == ["4 frames done", four, once]
    assert [item.split(":")[0] for item in said["items"]] == ["none, the plate", "3", "2", "1"]
    assert said["shown"] == 2
    assert [version[:3] for version in said["versions"]] == [[1003, 1003, 1.0], [1001, 1004, 1.0], [1001, 1004, 0.4]]
    preview, full, weak = (read(version[3].replace("####", "1003"))[1] for version in said["versions"])
    assert np.array_equal(preview, full), "cancelled, and the server killed: the frame is what it would have been"
    inside = matte(1003)
    plate = read(str(day.plate) % 1003)[1]
    assert distance(weak, plate, inside) < distance(full, plate, inside)


def test_what_is_there_renders_without_a_server(day: Day) -> None:
    offline = replace(day.nuke, server="127.0.0.1:1")
    assert_rendered(offline, day.folder / "shot.nk", MADE)
    for frame in MADE:
        assert_restyled(day, day.folder, frame)


def test_an_empty_cache_is_filled_by_the_job(day: Day, tmp_path: Path) -> None:
    jobs, script = day.jobs(), day.moved(tmp_path)
    assert_rendered(day.nuke, script, MADE)
    for frame in MADE:
        assert_restyled(day, tmp_path, frame)
    assert day.jobs() == jobs, "nothing was asked for anew"


def test_frames_beyond_the_artists_are_processed_then_and_there(day: Day, tmp_path: Path) -> None:
    script = day.moved(tmp_path)
    assert_rendered(day.nuke, script, FRAMES)
    for frame in FRAMES:
        assert_restyled(day, tmp_path, frame)


@pytest.mark.parametrize("version", ["3.9", "3.10"])
def test_it_goes_on_in_the_pythons_of_older_nukes(day: Day, version: str, tmp_path: Path) -> None:
    older, script, out = day.nuke.older(version), day.moved(tmp_path), tmp_path / "said.json"
    done = older.scenario("story_later", out, script, gui=True)
    assert done.code == 0 and out.is_file(), done.said
    said = json.loads(out.read_text("utf-8"))
    gone = "4 of its frames are not on disk: process the range to have them"
    assert said["chosen"] == [gone, []]
    assert said["processed"] == ["4 frames done", list(MADE)]
    assert (said["preview"], said["versions"]) == ([1006], 4)
    assert len(said["rendered"]) == 2 * 5 + 1, "plate and matte of five frames, and the style"
    assert_rendered(older, script, [1006])
    assert_restyled(day, tmp_path, 1006)


def assert_rendered(nuke: Nuke, script: Path, frames: Sequence[int]) -> None:
    done = nuke.run("-x", "-F", f"{frames[0]}-{frames[-1]}", script)
    assert done.code == 0, done.said


def assert_restyled(day: Day, folder: Path, frame: int) -> None:
    """The file that the script wrote: the plate bit for bit outside the matte, and restyled within."""
    (before, plate), (after, final) = read(str(day.plate) % frame), read(folder / "final" / f"final.{frame}.exr")
    inside = matte(frame)
    assert np.array_equal(final[~inside], plate[~inside]), "HDR, negatives and overscan stay"
    assert np.array_equal(final[..., 3], plate[..., 3])
    assert (final[inside][:, :3] != plate[inside][:, :3]).any(axis=-1).mean() > 0.99
    assert after.channelnames == before.channelnames
    for window in ("x", "y", "width", "height", "full_x", "full_y", "full_width", "full_height"):
        assert getattr(after, window) == getattr(before, window), window
    for name in ("smpte:TimeCode", "comment"):
        assert after.getattribute(name) == before.getattribute(name), name


def matte(frame: int) -> NDArray[np.bool_]:
    """Where the scenario's matte is 1, over the plate's data window, from the top."""
    found = np.zeros((SIZE[1] + 2 * OVERSCAN[1], SIZE[0] + 2 * OVERSCAN[0]), np.bool_)
    left, low = 40 + 4 * (frame - 1001) + OVERSCAN[0], 20 + OVERSCAN[1]
    found[::-1][low : low + 50, left : 100 + OVERSCAN[0]] = True
    return found


def distance(one: NDArray[np.float32], other: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    return float(np.abs(np.clip(one, 0, 1) - np.clip(other, 0, 1))[where].mean())
