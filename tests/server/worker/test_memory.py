"""What is let go of is free again, measured; and a lack of memory costs a window a try, not its job."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from replate.connection import Client
from replate.errors import Failed
from replate.frame import Frame
from replate.jobs import Job
from replate_server.operations.contract import MEGABYTE, Card
from replate_server.operations.memory import out_of_memory
from replate_server.weights import Policy, WeightStore
from replate_server.worker.device import prepare
from replate_server.worker.host import ModelHost
from serving import BY_FRAMES, Server, Studio, digests, noise, serving, until

HELD = 100 * MEGABYTE
"""What `restyle/hoard` holds, and takes at work beside."""
TOLERANCE = 15 * MEGABYTE

TURNS = "restyle/stubborn lacks memory on {}, so its parts take turns on the device: slower, same pixels."
TILES = "restyle/stubborn lacks memory on {}, so pictures are decoded in tiles: slower, and pixels differ a little."


@pytest.fixture(scope="module", params=["cpu", "cuda:0"])
def device(request: pytest.FixtureRequest) -> str:
    if request.param != "cpu" and not pytest.importorskip("torch").cuda.is_available():
        pytest.skip("there is no GPU here")
    return str(request.param)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, studio: Studio, device: str) -> Iterator[Server]:
    """A server whose worker nobody else uses, and whose models may take 5 GiB."""
    settings = studio.settings | {"REPLATE_WORKER__MEMORY_GB": "5", "REPLATE_WORKER__DEVICES": json.dumps([device])}
    with serving(tmp_path_factory.mktemp("alone"), settings=settings) as server:
        yield server


@pytest.fixture
def client(alone: Server) -> Iterator[Client]:
    with alone.connect() as client:
        yield client


def run(client: Client, model: str) -> None:
    client.submit("restyle", {"plate": noise(), "style": noise()}, model=f"restyle/{model}").wait()


def taken(server: Server, device: str) -> int:
    """Bytes of the worker's on a processor, and of all processes together on a GPU."""
    if device != "cpu":
        import torch

        free, total = torch.cuda.mem_get_info(device)
        return total - free
    (worker,) = server.workers()
    return int(worker.memory_info().rss)


def loads(studio: Studio, model: str) -> int:
    file = studio.gates / f"loaded.{model}"
    return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture
def empty(alone: Server, client: Client, device: str) -> int:
    """What is taken when no large model is held, PyTorch's code included."""
    run(client, "hoard")
    run(client, "bulkier")
    return taken(alone, device)


def test_an_evicted_models_memory_is_free(alone: Server, client: Client, device: str, empty: int) -> None:
    run(client, "hoard")
    assert taken(alone, device) - empty > HELD - TOLERANCE
    run(client, "bulkier")
    assert taken(alone, device) - empty < TOLERANCE


def test_a_cancelled_windows_memory_is_free(
    alone: Server, client: Client, studio: Studio, device: str, empty: int
) -> None:
    gate = studio.gate("hoard")
    job = client.submit(
        "restyle", {"plate": noise(), "style": noise()}, model="restyle/hoard", parameters=gate.parameters
    )
    gate.wait_started(1)
    at_work = taken(alone, device)
    job.cancel()
    assert at_work - empty > 2 * HELD - TOLERANCE
    until(lambda: taken(alone, device) - empty < HELD + TOLERANCE, "the window's memory is free")
    run(client, "hoard")


def test_memory_that_did_not_suffice_is_free(alone: Server, client: Client, device: str, empty: int) -> None:
    with pytest.raises(Failed, match=r"restyle/glut ran out of memory on .* at frame 1001: ask for smaller frames"):
        run(client, "glut")
    assert taken(alone, device) - empty < TOLERANCE
    run(client, "hoard")


def test_a_model_that_lacks_memory_is_had_in_a_smaller_way_and_the_artist_is_told(
    client: Client, studio: Studio, device: str
) -> None:
    turns, tiles = TURNS.format(device), TILES.format(device)
    before = loads(studio, "stubborn")

    def ask(inputs: Mapping[str, list[Frame]]) -> Job:
        return client.submit("restyle", inputs, model="restyle/stubborn", parameters=BY_FRAMES)

    def inputs() -> dict[str, list[Frame]]:
        return {"plate": noise((1001, 1002, 1003)), "style": noise()}

    def loaded() -> int:
        return loads(studio, "stubborn") - before

    first = inputs()
    job = ask(first)
    means = [float(frame.pixels.astype(np.float32).mean()) for _, frame in job.frames()]
    assert job.warnings == (turns, tiles)
    # The first frame was made before memory ran out, and is not made again.
    assert means[0] > 1.5 * means[1] and means[0] > 1.5 * means[2]
    # What came of a lack of memory is not taken for what the recipe gives.
    repeated = ask(first)
    assert digests(repeated) == digests(job) and repeated.warnings == (tiles,)
    assert loaded() == 3
    again = ask(inputs()).wait()
    assert (again.warnings, loaded()) == ((tiles,), 3)
    for model in ("bulky", "bulkier"):
        run(client, model)
    evicted = ask(inputs()).wait()
    assert (evicted.warnings, loaded()) == ((tiles,), 4)


def test_a_model_that_lacks_memory_in_every_way_fails_its_job_and_no_other(client: Client, studio: Studio) -> None:
    before = loads(studio, "hopeless")
    for attempt in (1, 2):
        with pytest.raises(Failed, match=r"restyle/hopeless ran out of memory on .* at frame 1001: ask for smaller"):
            run(client, "hopeless")
        # From the first way again: what the one job lacked may be enough for another.
        assert loads(studio, "hopeless") - before == 3 * attempt
    run(client, "invert")


def test_what_lacks_memory_in_the_middle_of_another_window_waits_for_its_end(
    alone: Server, client: Client, studio: Studio
) -> None:
    gate, style = studio.gate("crowd"), noise()
    long = client.submit(
        "restyle",
        {"plate": noise((1001, 1002)), "style": style},
        model="restyle/invert-fours",
        parameters=gate.parameters,
    )
    gate.wait_started(1)
    preview = client.submit(
        "restyle", {"plate": noise(), "style": style}, model="restyle/crowded", parameters=gate.parameters
    )
    until(lambda: any("put off" in line for line in alone.log), "the preview is put off")
    gate.open()
    assert (len(digests(preview)), len(digests(long))) == (1, 2)


def test_a_gpus_allocator_is_set_unless_the_studio_did(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "PYTORCH_CUDA_ALLOC_CONF"
    for other in (name, "PYTORCH_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF"):
        monkeypatch.delenv(other, raising=False)
    prepare("cpu")
    assert name not in os.environ
    monkeypatch.setenv("PYTORCH_ALLOC_CONF", "backend:native")
    prepare("cuda:0")
    assert name not in os.environ
    monkeypatch.delenv("PYTORCH_ALLOC_CONF")
    # Undone with the test.
    monkeypatch.setenv(name, "")
    monkeypatch.delenv(name)
    prepare("cuda:0")
    assert os.environ.get(name) == ("expandable_segments:True" if sys.platform == "linux" else None)


@pytest.mark.parametrize("device", ["cuda:0"], indirect=True)
def test_a_gpu_refuses_what_goes_over_the_budget(device: str, tmp_path: Path) -> None:
    import torch

    class Liar:
        """Says that it needs little, and takes 2 GiB."""

        card = Card("restyle/liar", "Liar", "For tests.", "1", "CC0-1.0", memory_bytes=MEGABYTE)

        def load(self, weights: Mapping[str, Path], device: str) -> None:
            self.held = torch.empty(2 << 30, dtype=torch.uint8, device=device)

    host = ModelHost({"liar": Liar}, WeightStore(tmp_path, Policy()), device, 1 << 30, enforced=True)
    try:
        with pytest.raises(RuntimeError) as raised, host.at_work("liar", lambda *_: None):
            pass
        assert out_of_memory(raised.value)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)
