"""One artist with one machine sets up nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

import replate
from replate import embedded
from replate.errors import Failed, Unmet


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder; the server that was started in it is ended."""
    folder = tmp_path / "data"
    yield folder
    if (folder / embedded.RECORD).exists():
        process = psutil.Process(server_pid(folder))
        process.send_signal(signal.SIGTERM)
        psutil.wait_procs([process], timeout=20)


def server_pid(folder: Path) -> int:
    return int(json.loads((folder / embedded.RECORD).read_text())["pid"])


def test_many_clients_at_once_start_one_server(data: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: embedded.ensure(data), range(4)))
    assert len(set(found)) == 1
    with replate.connect(data=data) as client:
        assert client.catalog().operation("identity")


def test_its_address_is_for_its_user_alone(data: Path) -> None:
    where = embedded.ensure(data)
    assert where.token
    if os.name == "posix":
        assert (data / embedded.RECORD).stat().st_mode & 0o777 == 0o600
    with replate.connect(where.address, token="another") as client, pytest.raises(replate.errors.Unauthenticated):
        client.catalog()


def test_a_server_that_was_killed_is_started_again(data: Path) -> None:
    with replate.connect(data=data) as client:
        client.catalog()
        first = server_pid(data)
        psutil.Process(first).kill()
        assert client.catalog().operation("identity")
        assert server_pid(data) != first


def test_the_server_outlives_the_client_that_started_it(data: Path) -> None:
    start = "import sys; from pathlib import Path; from replate import embedded; embedded.ensure(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", start, str(data)], check=True)
    pid = server_pid(data)
    assert psutil.pid_exists(pid)
    with replate.connect(data=data) as client:
        client.catalog()
    assert server_pid(data) == pid


def test_a_server_that_cannot_start_says_why(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLATE_STORE__LIMIT_GB", "-1")
    with pytest.raises(Failed, match=r"The server did not start: .*limit_gb"):
        embedded.ensure(data)


def test_a_server_is_started_by_the_program_that_is_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for an agent that a host carries, beside which no server is installed."""
    with pytest.raises(Unmet, match="is no program: name the Python"):
        embedded.ensure(data, str(tmp_path / "python"))
    monkeypatch.setattr(embedded, "SERVER_NEEDS", ("no_such_module",))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unmet, match="none is installed here"):
        embedded.ensure(data)
    monkeypatch.setenv(embedded.PROGRAM, sys.executable)
    assert embedded.find(data) is None
    with replate.connect(data=data, program=str(Path(sys.executable).with_name("replate-server"))) as client:
        assert client.catalog().operation("identity")
    assert embedded.ensure(data) == embedded.find(data)


def test_without_the_servers_software_it_says_what_to_do(data: Path) -> None:
    script = (
        "import sys; sys.modules['replate_server'] = None\n"
        "from pathlib import Path; from replate import embedded; from replate.errors import Unmet\n"
        "try: embedded.ensure(Path(sys.argv[1]))\n"
        "except Unmet as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", script, str(data)], check=True, capture_output=True, text=True).stdout
    assert "set REPLATE_SERVER" in said
    assert 'pip install "replate[server]"' in said


def test_the_environment_names_the_folder(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLATE_DATA", str(data))
    assert embedded.folder_of() == data.resolve()
    assert embedded.folder_of(data / "other") == (data / "other").resolve()


def test_a_record_that_nobody_answers_to_is_stale(tmp_path: Path) -> None:
    assert embedded.find(tmp_path) is None
    (tmp_path / embedded.RECORD).write_text("{")
    assert embedded.find(tmp_path) is None
    (tmp_path / embedded.RECORD).write_text(json.dumps({"address": "127.0.0.1:1", "token": "", "pid": 1}))
    assert embedded.find(tmp_path) is None
