"""--vary, --preview and choose, as an artist runs them, against a server with a studio's models."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from replate.media import open_plate
from serving import Server, Studio, serving, until

COMMAND = [sys.executable, "-c", "from replate.cli import main; main()"]
PLATE, STYLE = "in/noise.####.exr", "style.png"
HOLD = ("-p", "hold=frames")
Run = Callable[..., Any]


@dataclass(frozen=True)
class House:
    server: Server
    studio: Studio


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, weights_dir: Path) -> Iterator[House]:
    studio = Studio.install(tmp_path_factory.mktemp("studio"))
    settings = {**studio.settings, "REPLATE_WEIGHTS__FOLDER": str(weights_dir)}
    with serving(tmp_path_factory.mktemp("server"), settings=settings) as server:
        yield House(server, studio)


@pytest.fixture
def ask(replate: Run, house: House, plate: Path, tmp_path: Path) -> Run:
    """Runs a command against that server, in a folder with a plate and a style."""
    colours = np.random.default_rng(3).integers(0, 255, (8, 8, 3), np.uint8)
    Image.fromarray(colours).resize((64, 64)).save(tmp_path / STYLE)
    return lambda *arguments, **more: replate(
        *arguments, REPLATE_SERVER=house.server.address, REPLATE_TOKEN="secret-of-mine", **more
    )


def test_what_was_tried_small_becomes_the_full_job(ask: Run, tmp_path: Path) -> None:
    tried = ask(
        *("restyle", PLATE, "--style", STYLE, "--vary", "strength=0.3,1", "--vary", "keep-colour=no,yes"),
        *("--preview", "first=4,every=3,half", "--json"),
    )
    assert tried.code == 0, tried.err
    folder = tmp_path / "out" / "noise.restyle.vary"
    assert [each["label"] for each in tried.json["variations"]] == [
        "strength 0.3 · keep colour no",
        "strength 0.3 · keep colour yes",
        "strength 1 · keep colour no",
        "strength 1 · keep colour yes",
    ]
    small = open_plate(folder / "04" / "noise.restyle.####.exr", "1001,1004").read(1001)
    assert len(list(folder.glob("*/*.exr"))) == 8
    assert len(open_plate(folder / "side_by_side.mp4")) == 2
    assert Image.open(folder / "sheet.png").height > 5 * 200
    assert "secret-of-mine" not in (folder / "variations.json").read_text("utf-8")

    chosen = ask("choose", folder, 4, "--frames", "1001-1002", "--out", "full/a.####.exr", "--json")
    assert chosen.code == 0, chosen.err
    direct = ask(
        *("restyle", PLATE, "--style", STYLE, "-p", "strength=1", "-p", "keep_colour=yes", "--frames", "1001-1002"),
        *("--out", "direct/a.####.exr"),
    )
    assert direct.code == 0, direct.err
    for number in (1001, 1002):
        full, wanted = (open_plate(tmp_path / name / "a.####.exr").read(number) for name in ("full", "direct"))
        np.testing.assert_array_equal(full.pixels, wanted.pixels)
        assert full.spec.display_window == small.spec.display_window
        assert number != 1001 or np.abs(full.pixels - small.pixels).max() > 0.01


def test_a_choice_finds_its_files_from_anywhere_or_says_which_are_gone(ask: Run, tmp_path: Path) -> None:
    said = ask("restyle", PLATE, "--style", STYLE, *HOLD, "-m", "invert", "--vary", "seed=1,2", "--preview", "first=1")
    assert said.code == 0, said.err
    # A single frame makes no movie.
    folder = tmp_path / "out" / "noise.restyle.vary"
    assert not (folder / "side_by_side.mp4").exists()
    away = ask("choose", "noise.restyle.vary", 2, "--no-wait", "--json", where=tmp_path / "out")
    assert away.json["recipe"]["seed"] == 2
    assert "choose 1 to 2" in ask("choose", folder, 3).err
    assert "name a folder that --vary wrote" in ask("choose", "in", 1).err
    (tmp_path / STYLE).rename(tmp_path / "moved.png")
    gone = ask("choose", folder, 1)
    assert gone.code == 1
    assert "style.png: check the path." in gone.err
    assert len(gone.err.strip().splitlines()) == 1
    (folder / "variations.json").write_text('{"version": 2, "replate": "9.0"}')
    assert "upgrade this one" in ask("choose", folder, 1).err
    (folder / "variations.json").write_text('{"version": 1}')
    assert "cannot be read" in ask("choose", folder, 1).err


def test_inputs_and_models_are_varied_and_one_that_fails_spares_the_others(ask: Run, tmp_path: Path) -> None:
    Image.new("RGB", (32, 32), (200, 40, 30)).save(tmp_path / "red.png")
    said = ask(
        *("restyle", PLATE, "--style", STYLE, *HOLD, "--vary", f"style={STYLE},red.png"),
        *("--vary", "model=invert,raise", "--preview", "first=2", "--out", "tries", "--json"),
    )
    assert said.code == 1
    assert said.json["variations"][0]["label"] == "style style.png · model invert"
    assert "2 of 4 variations failed; number 2:" in said.err
    assert sorted(path.name for path in (tmp_path / "tries").iterdir() if path.is_dir()) == ["01", "03"]
    assert (tmp_path / "tries" / "side_by_side.mp4").is_file()
    record = json.loads((tmp_path / "tries" / "variations.json").read_text("utf-8"))
    assert [bool(each["error"]) for each in record["variations"]] == [False, True, False, True]


def test_other_operations_are_varied_too(ask: Run, tmp_path: Path) -> None:
    said = ask("flow", PLATE, "--vary", "preset=fast,medium", "--preview", "first=2", "-o", "flows")
    assert said.code == 0, said.err
    assert len(list((tmp_path / "flows").glob("02/noise.motion.flow.*.exr"))) == 2
    said = ask("flow", PLATE, "--vary", "preset=fast,medium", "--preview", "first=2,half", "-o", "flows")
    assert "always works at full size" in said.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--vary", "strenght=1,2"), 'There is no "strenght" to vary: did you mean strength?'),
        (("--vary", "xyz=1"), 'There is no "xyz" to vary: choose seed, model, preset,'),
        (("--vary", "strength"), "write it as NAME=VALUE,VALUE"),
        (("--vary", "seed=one"), 'A seed is a whole number, not "one".'),
        (("--vary", "strength=0.5,much"), "strength is a number"),
        (("--vary", "seed=1,2,3,4,5,6,7,8,9,10,11", "--vary", "strength=0,.2,.4,.6,.8,1"), "66 variations"),
        (("--vary", "seed=1", "--preview", "firts=2s"), '"firts=2s" is no preview'),
        (("--vary", "seed=1", "--preview", "first=0"), '"first=0" is no preview'),
        (
            ("--vary", "seed=1", "--motion", "job:0a/motion", "--preview", "every=2"),
            "With motion every frame is needed",
        ),
        (("--vary", "keyframes=a.png@1001,b.png@1001", "--preview", "every=2"), "With keyframes every frame is"),
        (("--vary", "seed=1", "--out", "x.####.exr"), "With --vary, --out is a folder: write x."),
        (("--vary", "seed=1", "--no-wait"), "leave out --no-wait"),
    ],
)
def test_what_cannot_be_tried_is_said_in_a_sentence(
    ask: Run, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    said = ask("restyle", PLATE, "--style", STYLE, *arguments)
    assert said.code == 1
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a test cannot press Ctrl-C there")
def test_ctrl_c_cancels_all_of_them(ask: Run, house: House, surroundings: Mapping[str, str], tmp_path: Path) -> None:
    gate = house.studio.gate("varied")
    process = subprocess.Popen(
        [
            *(*COMMAND, "restyle", PLATE, "--style", STYLE, *HOLD, "-m", "invert", "-p", "gate=varied"),
            *("--vary", "seed=1,2,3,4,5,6", "--title", "interrupted"),
        ],
        env={**surroundings, "REPLATE_SERVER": house.server.address},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    gate.wait_started(1)
    with house.server.connect() as client:
        mine = lambda: [job for job in client.jobs() if job.info.title.startswith("interrupted")]  # noqa: E731
        until(lambda: len(mine()) == 6, "all jobs are asked for")
        os.kill(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "The jobs are cancelled" in said
        assert {job.state.value for job in mine()} == {"cancelled"}
        assert {job.info.title.split(":")[0] for job in mine()} == {f"interrupted {number}/6" for number in range(1, 7)}
