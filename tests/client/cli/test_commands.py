"""The commands, run as an artist runs them, against a server that they start by themselves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest

import replate as package
from replate.media import open_plate, write_frame

COMMAND = [sys.executable, "-c", "from replate.cli import main; main()"]
Run = Callable[..., Any]


def test_a_plate_goes_in_and_its_motion_comes_out_with_the_recipe(replate: Run, plate: Path, tmp_path: Path) -> None:
    said = replate("flow", plate, "--frames", "1002-1004", "-o", "out/noise.####.exr", "-p", "preset=fast", "--json")
    assert said.code == 0, said.err
    answer = said.json
    assert (answer["state"], answer["model"]) == ("done", "flow/dis")
    assert [Path(file).name for file in answer["files"]["motion"]] == [
        f"noise.motion.{number}.exr" for number in (1002, 1003, 1004)
    ]
    header = OpenEXR.File(str(tmp_path / "out" / "noise.motion.1004.exr")).header()
    assert json.loads(header["replate:recipe"]) == answer["recipe"]
    assert answer["recipe"]["parameters"]["preset"] == "fast"
    # The neighbours were sent along: motion at the ends of the range is measured and not made up.
    motion = open_plate(tmp_path / "out" / "noise.motion.####.exr").read(1004)
    assert abs(float(np.median(motion.channel("forward.u")[20:50, 20:80])) + 1) < 0.25


def test_a_job_may_be_left_and_fetched_and_built_upon(replate: Run, plate: Path, tmp_path: Path) -> None:
    left = replate("flow", plate, "--no-wait", "--json")
    assert left.code == 0, left.err
    job = left.json["job"]
    assert replate("jobs", "watch", job).code == 0
    fetched = replate("fetch", job, "--out", "got/{output}.%04d.exr")
    assert fetched.code == 0, fetched.err
    assert (tmp_path / "got" / "occlusion.1006.exr").is_file()
    assert job in replate("jobs").out
    assert job in replate("jobs", "list", "--limit", "1000").out
    assert replate("jobs", "show", job, "--json").json["frames_done"] == 6
    assert replate("jobs", "cancel", job, "--json").json["state"] == "done"
    assert any(each["job"] == job for each in replate("jobs", "--json").json["jobs"])


def test_keyframes_are_carried_to_the_frames_that_are_asked_for(replate: Run, plate: Path, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    write_frame(tmp_path / "keys" / "key.1001.exr", open_plate(plate).read(1001))
    write_frame(tmp_path / "keys" / "key.1005.exr", open_plate(plate).read(1005))
    write_frame(tmp_path / "painted.exr", open_plate(plate).read(1006))
    arguments = ("--keyframes", "keys/key.####.exr", "--keyframes", "painted.exr@1006", "-m", "keyframes")
    said = replate(
        "restyle", plate, *arguments, "-f", "1003-1004", "-o", "out/x.####.exr", "--preset", "flex", "--json"
    )
    assert said.code == 0, said.err
    answer = said.json
    assert [Path(file).name for file in answer["files"]["plate"]] == ["x.1003.exr", "x.1004.exr"]
    inputs = answer["recipe"]["inputs"]
    assert [inputs["keyframes"][each] for each in ("first", "last", "count")] == [1001, 1005, 2]
    assert [inputs["plate"][each] for each in ("first", "last", "count")] == [1001, 1005, 5]
    assert answer["recipe"]["parameters"]["strength"] == 0.8
    # What was painted is the plate itself: so is what comes of it.
    made, like = (open_plate(path).read(1003).pixels for path in (tmp_path / "out" / "x.####.exr", plate))
    assert np.abs(made[8:-8, 8:-8, :3] - like[8:-8, 8:-8, :3]).mean() < 0.05


def test_models_are_listed_with_their_parameters(replate: Run) -> None:
    assert "flow/dis" in replate("models").out
    assert "preset" in replate("models", "flow").out
    listed = replate("models", "restyle/keyframes").out
    assert "needs: keyframes" in listed
    assert all(name in listed for name in ("adhere", "flex", "reimagine", "strength=0.8"))
    listed = replate("models", "flow/dis", "--json").json
    assert [model["name"] for model in listed["models"]] == ["flow/dis"]
    assert replate("models", "nothing").code == 1


def test_the_doctor_finds_a_healthy_server_healthy(replate: Run) -> None:
    said = replate("doctor", "--json")
    assert said.code == 0, said.out
    found = {finding["name"]: finding for finding in said.json["findings"]}
    assert said.json["healthy"]
    assert found["a frame"]["health"] == "ok"
    assert package.__version__ in found["versions"]["text"]


def test_the_doctor_says_what_to_do_about_a_server_that_is_not_there(replate: Run) -> None:
    said = replate("doctor", "--json", REPLATE_SERVER="127.0.0.1:9")
    assert said.code == 1
    broken = [finding for finding in said.json["findings"] if finding["health"] == "broken"]
    assert [finding["name"] for finding in broken] == ["server"]
    assert "127.0.0.1:9" in broken[0]["remedy"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("flow", "nowhere.####.exr"), "There is no frame of nowhere.####.exr in .: check the path."),
        (("flow", "in/noise.####.exr", "-f", "1005-1008"), "Frames 1007-1008 of noise.####.exr are missing"),
        (("flow", "in/noise.####.exr", "-o", "x.exr"), "x.exr has no place for the frame number"),
        (("flow", "in/noise.####.exr", "-o", "x.####.xyz"), 'x.motion.####.xyz ends in ".xyz"'),
        (("flow", "in/noise.####.exr", "-p", "force=1"), "There is no parameter force"),
        (("flow", "in/noise.####.exr", "-m", "magic"), "flow/magic"),
        (("flow", "in/noise.####.exr", "--preset", "bold"), "The model flow/dis has no preset 'bold'; it has none."),
        (("segment", "in/noise.####.exr", "--click", "here"), '"here" cannot be read'),
        (("restyle", "in/noise.####.exr", "--keyframes", "in/lost.png@1"), "There is no file in/lost.png"),
        (("flow", "job:0a1b"), "job:ID/OUTPUT"),
        (("fetch", "0a1b"), "0a1b"),
    ],
)
def test_a_failure_is_one_sentence(replate: Run, plate: Path, arguments: tuple[str, ...], sentence: str) -> None:
    said = replate(*arguments)
    assert said.code == 1
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert said.out == ""
    assert replate(*arguments, "--json").json["error"]["message"] == said.err.strip()


def test_a_truncated_frame_ends_the_command_before_a_job_is_made(replate: Run, plate: Path) -> None:
    file = plate.parent / "noise.1003.exr"
    file.write_bytes(file.read_bytes()[:3000])
    said = replate("flow", plate)
    assert said.code == 1
    assert said.err.startswith("noise.1003.exr cannot be read")
    assert len(said.err.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [("inpaint", "a.exr"), ("flow",), ("nonsense",), ("flow", "a", "--nonsense")])
def test_a_command_line_that_makes_no_sense_exits_with_two(replate: Run, arguments: tuple[str, ...]) -> None:
    assert replate(*arguments).code == 2


def test_debugging_lets_the_traceback_through(replate: Run) -> None:
    assert "Traceback" in replate("flow", "nowhere.####.exr", REPLATE_DEBUG="1").err


@pytest.mark.skipif(sys.platform == "win32", reason="a test cannot press Ctrl-C there")
def test_ctrl_c_cancels_the_job(replate: Run, surroundings: Mapping[str, str], footage: Path, tmp_path: Path) -> None:
    movie = footage / "dog" / "01_dog.mp4"
    process = subprocess.Popen(
        [*COMMAND, "flow", str(movie), "-f", "1-60", "-o", "out/dog.####.exr", "--title", "interrupted"],
        env=dict(surroundings),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(tmp_path.glob("out/*.exr")):
        assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "is cancelled" in said
    job = next(each for each in replate("jobs", "--json").json["jobs"] if each["title"] == "interrupted")
    assert job["state"] == "cancelled"


def test_the_agent_answers_on_stdin(surroundings: Mapping[str, str]) -> None:
    asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "nothing"}) + "\n"
    done = subprocess.run(
        [*COMMAND, "agent"], env=dict(surroundings), input=asked, capture_output=True, text=True, timeout=60
    )
    assert json.loads(done.stdout.splitlines()[0])["error"]["code"] == -32601
