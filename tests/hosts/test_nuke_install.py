"""`replate install nuke`, and the next Nuke that starts has it; `replate uninstall nuke`, and the next has it not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from in_nuke import Nuke
from replate.install import nuke
from serving import serving


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server")) as server:
        yield server.address


@pytest.mark.parametrize("gui", [True, False], ids=["with a window", "without"])
def test_nuke_finds_what_was_installed(gui: bool, address: str, tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".nuke"
    folder.mkdir(parents=True)
    (folder / "init.py").write_text("import nuke\nnuke.tprint('MINE')")
    nuke.install(folder)
    found = Nuke(tmp_path / "home", address, more={"NUKE_PATH": "", "REPLATE_AGENT": ""})
    done = found.scenario("installed", gui=gui)
    assert done.code == 0 and "MINE" in done.said, done.said
    told = json.loads(done.said.split("TOLD ")[1].splitlines()[0])
    assert told["problem"] == "" and told["operations"] > 0
    assert Path(told["plugin"]).is_relative_to(folder / "replate")
    assert Path(told["host"]).is_relative_to(folder / "replate")
    assert told["menu"] is (True if gui else None)
    nuke.uninstall(folder)
    gone = found.scenario("installed", gui=gui)
    assert "MINE" in gone.said and "No module named 'replate_host'" in gone.said
