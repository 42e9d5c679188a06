"""What a host that speaks the agent's lines can count on; `docs/agent.md` says the same in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
from PIL import Image

from replate.frame import DATA, Box, Frame, FrameSpec
from replate.media import open_plate, write_frame

MakeFrames = Callable[..., list[Frame]]


class Server(Protocol):
    address: str


class Host:
    """The other end of the agent's lines."""

    def __init__(self, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "replate.agent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
        )
        self.heard: list[dict[str, Any]] = []
        self._id = 0

    def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the agent ended"
        message: dict[str, Any] = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return message

    def ask(self, method: str, **params: Any) -> int:
        self._id += 1
        self.send(json.dumps({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}).encode())
        return self._id

    def answer(self, id: int | None) -> dict[str, Any]:
        """The answer to a request; notifications before it are kept in `heard`."""
        while True:
            message = self.read()
            if "method" not in message and message["id"] == id:
                return message
            self.heard.append(message)

    def call(self, method: str, **params: Any) -> Any:
        answer = self.answer(self.ask(method, **params))
        assert "result" in answer, answer
        return answer["result"]

    def refusal(self, method: str, **params: Any) -> dict[str, Any]:
        answer = self.answer(self.ask(method, **params))
        assert "error" in answer, answer
        error: dict[str, Any] = answer["error"]
        return error

    def until_end(self, job: str) -> list[dict[str, Any]]:
        """The job's notifications to its last."""
        told = [message for message in self.heard if message.get("params", {}).get("job") == job]
        while not told or told[-1]["method"] != "job/ended":
            message = self.read()
            if message.get("params", {}).get("job") == job:
                told.append(message)
        return told

    def close(self) -> int:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        rest = self.process.stdout.read()
        assert all(json.loads(line) for line in rest.splitlines())
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def host(server: Server) -> Iterator[Host]:
    host = Host()
    hello = host.call("initialize", protocol=1, address=server.address)
    assert hello["protocol"] == 1 and hello["address"] == server.address
    yield host
    host.close()


@pytest.fixture
def plate(tmp_path: Path, make_frames: MakeFrames) -> dict[int, Frame]:
    frames = make_frames()
    for frame in frames:
        write_frame(tmp_path / f"in.{frame.spec.number}.exr", frame)
    return {frame.spec.number: frame for frame in frames}


def identity(folder: Path, **more: Any) -> dict[str, Any]:
    return {
        "operation": "identity",
        "inputs": {"plate": {"path": str(folder / "in.####.exr"), "colour_space": "lin_rec709"}},
        "outputs": {"plate": str(folder / "out" / "copy.####.exr")},
        **more,
    }


def test_frames_are_written_as_they_come(host: Host, plate: dict[int, Frame], tmp_path: Path) -> None:
    job = host.call("submit", **identity(tmp_path))
    assert job["outputs"] == ["plate"]
    told = host.until_end(job["job"])
    written = [message["params"] for message in told if message["method"] == "job/frame"]
    assert [frame["number"] for frame in written] == sorted(plate)
    assert [frame["sequence"] for frame in written] == sorted({frame["sequence"] for frame in written})
    assert told[-1]["params"]["state"] == "done"
    assert json.loads(told[-1]["params"]["recipe"])["operation"] == "identity"
    back = open_plate(tmp_path / "out" / "copy.####.exr")
    for number, frame in plate.items():
        assert np.array_equal(back.read(number).pixels, frame.pixels)
        assert "replate:recipe" in back.read(number).spec.metadata


def test_an_output_goes_into_files_of_several_forms(host: Host, plate: dict[int, Frame], tmp_path: Path) -> None:
    spec = replace(next(iter(plate.values())).spec, channels=("dog.A", "cat.A"), colour_space=DATA)
    mattes = np.random.default_rng(4).random((*spec.shape[:2], 2)).astype(spec.pixel_type.dtype)
    for number in (1001, 1002):
        write_frame(tmp_path / f"mattes.{number}.exr", Frame(replace(spec, number=number), mattes))
    wishes = {"plate": "all", "plate/dog.A": "dog", "plate/cryptomatte": "crypto"}
    outputs = {wish: str(tmp_path / f"{name}.####.exr") for wish, name in wishes.items()}
    source = {"path": str(tmp_path / "mattes.####.exr"), "colour_space": DATA}
    job = host.call("submit", **identity(tmp_path, inputs={"plate": source}, outputs=outputs))["job"]
    told = [message["params"] for message in host.until_end(job) if message["method"] == "job/frame"]
    assert [(each["number"], each["output"]) for each in told] == [
        (number, wish) for number in (1001, 1002) for wish in wishes
    ]
    whole, dog, crypto = (open_plate(pattern).read(1002) for pattern in outputs.values())
    assert all(np.array_equal(each, mattes[..., 0]) for each in (whole.channel("dog.A"), dog.channel("Y")))
    assert crypto.spec.channels[:4] == tuple(f"CryptoReplate00.{channel}" for channel in "RGBA")
    assert all("replate:recipe" in each.spec.metadata for each in (whole, dog, crypto))
    # Watched on from the first of a frame's files, none of its others is missed.
    host.heard.clear()
    host.call("watch", job=job, outputs=outputs, after=told[3]["sequence"])
    rest = [message["params"] for message in host.until_end(job) if message["method"] == "job/frame"]
    assert [(each["number"], each["output"]) for each in rest] == [(1002, wish) for wish in wishes]


def test_a_form_that_an_output_cannot_have_ends_the_watching(
    host: Host, plate: dict[int, Frame], tmp_path: Path
) -> None:
    outputs = {"plate/bird.A": str(tmp_path / "bird.####.exr")}
    end = host.until_end(host.call("submit", **identity(tmp_path, outputs=outputs))["job"])[-1]["params"]
    assert end["error"]["message"].startswith("Frame 1001 has no channel bird.A: choose from R, G, B")


def test_the_catalog_is_enough_to_build_knobs_from(host: Host) -> None:
    catalog = host.call("catalog")
    operations = {operation["name"]: operation for operation in catalog["operations"]}
    assert operations["identity"]["default_model"] == "identity/copy"
    assert operations["identity"]["inputs"][0]["kind"] == "any"
    for each in (*catalog["operations"], *catalog["models"]):
        for parameter in each["parameters"]:
            assert {"name", "label", "type", "default", "tooltip", "choices", "group"} <= set(parameter)
    for model in catalog["models"]:
        assert isinstance(model["needs"], list)
        for preset in model["presets"]:
            assert {"name", "label", "tooltip", "values"} == set(preset)


def test_watching_goes_on_after_a_sequence(host: Host, plate: dict[int, Frame], tmp_path: Path) -> None:
    job = host.call("submit", **identity(tmp_path))["job"]
    frames = [message["params"] for message in host.until_end(job) if message["method"] == "job/frame"]
    host.heard.clear()
    outputs = {"plate": str(tmp_path / "again" / "copy.####.exr")}
    host.call("watch", job=job, outputs=outputs, after=frames[1]["sequence"])
    rest = [message["params"]["number"] for message in host.until_end(job) if message["method"] == "job/frame"]
    assert rest == [frame["number"] for frame in frames[2:]]


def test_without_outputs_nothing_is_fetched(host: Host, plate: dict[int, Frame], tmp_path: Path) -> None:
    job = host.call("submit", **identity(tmp_path, outputs={}))["job"]
    told = host.until_end(job)
    assert told[-1]["params"]["state"] == "done"
    assert not [message for message in told if message["method"] == "job/frame"]


def test_an_output_is_another_jobs_input(host: Host, plate: dict[int, Frame], tmp_path: Path) -> None:
    first = host.call("submit", **identity(tmp_path, outputs={}))["job"]
    source = {"plate": {"job": first, "output": "plate"}}
    second = host.call("submit", **identity(tmp_path, inputs=source, seed=4, range=[1002, 1003]))["job"]
    frames = [message["params"]["number"] for message in host.until_end(second) if message["method"] == "job/frame"]
    assert frames == [1002, 1003]


def test_finished_pictures_are_put_side_by_side(host: Host, plate: dict[int, Frame], tmp_path: Path) -> None:
    host.until_end(host.call("submit", **identity(tmp_path))["job"])
    plates = [
        {"label": "Plate", "path": str(tmp_path / "in.####.exr")},
        {"label": "1: seed 3", "path": str(tmp_path / "out" / "copy.####.exr"), "frames": "1002-1004"},
    ]
    files = {"sheet": str(tmp_path / "look" / "sheet.png"), "movie": str(tmp_path / "look" / "side_by_side.mp4")}
    assert host.call("sheet", plates=plates, title="shot", fps=12, **files) == files
    assert Image.open(files["sheet"]).size[0] > 900
    assert len(open_plate(files["movie"])) == 4
    assert "must end in .mp4" in host.refusal("sheet", plates=plates, movie=files["sheet"])["message"]
    assert "Say where to write" in host.refusal("sheet", plates=plates)["message"]
    assert "no frames" in host.refusal("sheet", plates=[], movie=files["movie"])["message"]


def test_jobs_are_listed_and_cancelled(host: Host, plate: dict[int, Frame], tmp_path: Path) -> None:
    job = host.call("submit", **identity(tmp_path, title="sh020"))["job"]
    host.until_end(job)
    assert job in [each["job"] for each in host.call("jobs")]
    assert host.call("cancel", job=job)["state"] == "done"


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        ({"operation": "fly"}, "NotFound", "fly"),
        ({"model": "identity/none"}, "NotFound", "identity/none"),
        ({"operation": None}, "BadRequest", "'operation' is missing"),
        ({"inputs": {"sky": {"path": "/x.exr"}}}, "BadRequest", "takes no input 'sky'"),
        ({"inputs": {"plate": {"path": "/none/x.####.exr"}}}, "NotFound", "/none"),
        ({"inputs": {"plate": {"path": "/x.exr", "colourspace": "a"}}}, "BadRequest", "unknown fields colourspace"),
        ({"inputs": {"plate": {}}}, "BadRequest", "'path' is missing"),
        ({"outputs": {"plate": "out.exr"}}, "BadRequest", "must be a whole path"),
        ({"parameters": {"speed": 1}}, "BadRequest", "no parameter 'speed'"),
        ({"preset": "bold"}, "NotFound", "The model identity/copy has no preset 'bold'; it has none."),
        ({"range": [1]}, "BadRequest", "'range' must be"),
        ({"range": [2001, 2002]}, "BadRequest", "2001"),
        ({"priority": "now"}, "BadRequest", "'priority' must be preview, normal, background"),
        ({"seed": "x"}, "BadRequest", "'seed' must be a whole number"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(
    change: dict[str, Any], kind: str, said: str, host: Host, plate: dict[int, Frame], tmp_path: Path
) -> None:
    error = host.refusal("submit", **{**identity(tmp_path), **change})
    assert error["data"]["kind"] == kind
    assert said in error["message"]
    assert "\n" not in error["message"]


def test_parameters_take_the_catalogs_types(host: Host, plate: dict[int, Frame], tmp_path: Path) -> None:
    sources = {"plate": {"path": str(tmp_path / "in.####.exr")}, "style": {"path": str(tmp_path / "in.1001.exr")}}
    error = host.refusal("submit", operation="restyle", inputs=sources, outputs={}, parameters={"strength": "much"})
    assert "'strength' must be a real, not 'much'" in error["message"]


def test_keyframes_bring_the_plate_as_far_as_they_lie(host: Host, tmp_path: Path, make_frames: MakeFrames) -> None:
    (tmp_path / "keys").mkdir()
    for frame in make_frames(range(1001, 1007)):
        write_frame(tmp_path / f"in.{frame.spec.number}.exr", frame)
        if frame.spec.number in (1001, 1002, 1005):
            write_frame(tmp_path / "keys" / f"painted_{frame.spec.number}.png", frame)
    inputs = {
        "plate": {"path": str(tmp_path / "in.####.exr"), "frames": "1003-1004", "colour_space": "lin_rec709"},
        "keyframes": {"path": str(tmp_path / "keys")},
    }
    asked = {"operation": "restyle", "model": "restyle/keyframes", "preset": "adhere", "range": [1003, 1004]}
    outputs = {"plate": str(tmp_path / "out" / "x.####.exr")}
    job = host.call("submit", **asked, inputs=inputs, outputs=outputs, parameters={"strength": 1})["job"]
    told = host.until_end(job)
    assert [message["params"]["number"] for message in told if message["method"] == "job/frame"] == [1003, 1004]
    recipe = json.loads(told[-1]["params"]["recipe"])
    assert (recipe["inputs"]["keyframes"]["first"], recipe["inputs"]["keyframes"]["count"]) == (1002, 2)
    assert (recipe["inputs"]["plate"]["first"], recipe["inputs"]["plate"]["last"]) == (1002, 1005)
    assert (recipe["parameters"]["strength"], recipe["parameters"]["keep_colour"]) == (1.0, True)


def test_what_was_measured_of_the_frames_is_told_at_the_end(host: Host, tmp_path: Path) -> None:
    box = Box(0, 0, 96, 54)
    rows, columns = np.mgrid[:54, :96]
    for number in range(1001, 1004):
        waves = 0.5 + 0.2 * np.sin((columns + number - 1001) / 4) + 0.2 * np.cos(rows / 5 + columns / 11)
        pixels = np.repeat(waves[..., None], 3, axis=2).astype(np.float16)
        frame = Frame(FrameSpec(number, box, box, ("R", "G", "B"), colour_space="lin_rec709"), pixels)
        write_frame(tmp_path / f"in.{number}.exr", frame)
    plate = {"path": str(tmp_path / "in.####.exr"), "colour_space": "lin_rec709"}
    asked = {"operation": "restyle", "model": "restyle/keyframes", "parameters": {"strength": 0.5}}
    inputs = {"plate": plate, "keyframes": {**plate, "frames": "1001"}}
    job = host.call("submit", **asked, inputs=inputs, outputs={"plate": str(tmp_path / "out" / "x.####.exr")})["job"]
    measured = host.until_end(job)[-1]["params"]["figures"]["plate"]
    assert {"warping_error", "warping_ratio", "structure"} <= measured["means"].keys()
    assert measured["looks"] == []
    assert measured["told"][0].startswith("Measured: changes from frame to frame")


def test_lines_that_are_no_requests_are_answered_and_survived(host: Host) -> None:
    for line, code in (
        (b"nonsense", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 100_000, -32700),
        (b"[1, 2]", -32600),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "jobs"}', -32600),
        (b'"' + b"x" * (17 << 20) + b'"', -32600),
    ):
        host.send(line)
        answer = host.answer(None)
        assert answer["error"]["code"] == code
        assert answer["error"]["message"].endswith(".")
    assert host.refusal("fly")["code"] == -32601
    host.send(b'{"jsonrpc": "2.0", "id": 99, "method": "jobs", "params": [1]}')
    assert host.answer(99)["error"]["code"] == -32602
    assert isinstance(host.call("jobs"), list)


def test_a_request_in_flight_is_cancelled(host: Host, tmp_path: Path, make_frames: MakeFrames) -> None:
    for frame in make_frames(range(1, 101), 320, 180):
        write_frame(tmp_path / f"in.{frame.spec.number:04d}.exr", frame)
    before = {job["job"] for job in host.call("jobs", open=True)}
    id = host.ask("submit", **identity(tmp_path))
    host.send(json.dumps({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": id}}).encode())
    answer = host.answer(id)
    assert answer["error"]["code"] == -32800
    assert answer["error"]["data"]["kind"] == "Cancelled"
    assert {job["job"] for job in host.call("jobs", open=True)} <= before


def test_frames_that_cannot_be_written_end_the_watching_with_a_reason(
    host: Host, plate: dict[int, Frame], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")
    job = host.call("submit", **identity(tmp_path))["job"]
    end = host.until_end(job)[-1]["params"]
    assert "out" in end["error"]["message"]
    assert end["error"]["message"].endswith(".")


def test_the_end_of_its_input_ends_the_agent_and_not_the_job(
    server: Server, plate: dict[int, Frame], tmp_path: Path
) -> None:
    first = Host()
    first.call("initialize", address=server.address)
    job = first.call("submit", **identity(tmp_path))["job"]
    assert first.close() == 0
    second = Host()
    second.call("initialize", address=server.address)
    second.call("watch", job=job, outputs={})
    assert second.until_end(job)[-1]["params"]["state"] == "done"
    second.close()


def test_shutdown_is_answered_last(server: Server) -> None:
    host = Host()
    host.call("initialize", address=server.address)
    assert host.call("shutdown") == {}
    assert host.process.wait(timeout=60) == 0


def test_nothing_works_before_it_is_connected() -> None:
    host = Host()
    assert host.refusal("jobs")["data"]["kind"] == "Unmet"
    error = host.refusal("initialize", protocol=2)
    assert "upgrade the agent" in error["message"]
    assert host.refusal("initialize", address="no address")["data"]["kind"] == "BadRequest"
    host.close()


def test_what_libraries_print_stays_out_of_the_lines(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from replate.agent.lines import standard_lines\n"
        "lines = standard_lines()\n"
        "print('from python'); os.write(1, b'from a library'); os.system('echo from a child')\n"
        "lines.write({'id': 1})\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert run.stdout == b'{"id":1}\n'
    assert b"from python" in run.stderr and b"from a library" in run.stderr
