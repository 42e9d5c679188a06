"""A pipeline as diffusers writes it comes from a hub, goes into a bundle, and loads where that is carried to."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from replate_server.weights import Policy, WeightStore
from replate_server.weights.cli import app_for
from server.operations.diffusion import checkpoints
from server.weights.conftest import PackageRegistry, read


def test_wan_vace_is_pulled_and_carried_and_loads(tmp_path: Path, registry: PackageRegistry) -> None:
    files = read(checkpoints.wan_vace(tmp_path / "published"))
    here, there = (WeightStore(tmp_path / name, Policy()) for name in ("here", "there"))
    (source,) = here.weight("wan-vace-1.3b").sources
    repository, revision = source.label.removeprefix("hub repository ").split(" at ")
    registry.publish(repository, files | {"README.md": b"", "assets/sheet.png": b""}, revision)
    bundle = str(tmp_path / "wan.tar")
    _run(here, "pull", "wan-vace-1.3b")
    _run(here, "export", bundle, "wan-vace-1.3b")
    assert "with --unpinned it would come in as the bundle says it is" in _run(there, "import", bundle)
    assert _run(there, "import", bundle, "--unpinned") == "Took in wan-vace-1.3b.\n"
    assert read(there.get("wan-vace-1.3b")) == files
    from diffusers import WanVACEPipeline

    pipeline = WanVACEPipeline.from_pretrained(there.path("wan-vace-1.3b"), local_files_only=True)
    assert sum(parameter.numel() for parameter in pipeline.transformer.parameters()) > 1000


def _run(store: WeightStore, *arguments: str) -> str:
    result = CliRunner().invoke(app_for(lambda: store), arguments)
    assert result.exit_code == 0, result.output
    return result.stdout
