"""A plugin that carries the agent in a folder: found, and run by the host's Python with no other package in sight."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from typing import Protocol

import pytest

CLIENT = Path(__file__).resolve().parents[3] / "client"


class Server(Protocol):
    address: str


START = """\
import sys
assert sys.flags.isolated and sys.flags.no_site
assert not [path for path in sys.path if "site-packages" in path], sys.path
sys.path += {packages!r}
from replate.agent.__main__ import main
sys.exit(main())
"""


def test_the_agent_carried_beside_the_package_is_run_alone(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = tmp_path / "carrying"
    shutil.copytree(CLIENT / "replate_host", plugin / "replate_host")
    (plugin / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("REPLATE_AGENT", raising=False)
    environment = importlib.import_module("carrying.replate_host.environment")
    # A folder that is no program is passed over.
    (plugin / "replate_agent").mkdir()
    with pytest.raises(environment.AgentError, match="not installed"):
        environment.agent_command({"PATH": ""})
    packages = [str(CLIENT), *(path for path in sys.path if "site-packages" in path)]
    (plugin / "replate_agent" / "__main__.py").write_text(START.format(packages=packages), "utf-8")
    assert environment.agent_command({}, ["other"]) == ["other"]
    agent = importlib.import_module("carrying.replate_host").Agent(address=server.address)
    try:
        assert "identity" in {operation["name"] for operation in agent.call("catalog")["operations"]}
    finally:
        agent.close()
